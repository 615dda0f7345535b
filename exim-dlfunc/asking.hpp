#pragma once

#include <chrono>
#include <string>

#include "arguments.hpp"
#include "patience.hpp"
#include "recent_answers.hpp"

namespace mta_sts::exim {

/// How long an answer serves further questions of the same process. Exim asks for a domain once a recipient;
/// what the resolver answers changes no faster than this.
inline constexpr std::chrono::seconds answer_life{5};

/// How long a process that waited in vain does not ask again. Long enough for all recipients of a message,
/// short enough for an SMTP session that outlives the trouble; a process spends a seventh of its time waiting
/// at most.
inline constexpr std::chrono::seconds silence_life{60};

/// What a process knows of its resolver.
struct Memory {
  RecentAnswers recent;
  Patience patience;
};

/// Gives the verdict line for what the arguments ask: what the process remembers, else the resolver's, which
/// is kept. A resolver that was not reached, not understood or found silent is not asked for other domains
/// either: the line (`mode=temp`, reasons of resolver_client.hpp) is then kept for all of them. A deadline of
/// a resolver that still answers a simple question is that domain's own: a stranger's slow host holds up
/// nobody else's mail, and after it the process waits less for others (Patience).
[[nodiscard]] std::string find_verdict_line(const VerdictArguments& arguments, Memory& memory);

}  // namespace mta_sts::exim
