#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "postfix_request.hpp"
#include "sender/dns/mail_route.hpp"
#include "verdict/verdict.hpp"

namespace mta_sts::resolver {

/// The longest answer that Postfix reads, in bytes of payload (dict_sockmap.c).
inline constexpr std::size_t postfix_answer_limit_bytes = 100'000;

/// Tells whether the answer to this verdict depends on the destination's hosts: with DANE always, else where
/// a pattern has a star or a host is named itself.
[[nodiscard]] bool needs_route(const PostfixRequest& request, const Verdict& verdict, bool dane);

/// Gives Postfix's answer, without the framing. `domain` is the Policy Domain in A-labels; `route` null where
/// needs_route() says that none is needed.
///
/// - `NOTFOUND `: no policy, or one that demands nothing (testing, none): Postfix goes by its main.cf.
/// - `OK secure match=HOST:… servername=hostname`: TLS with a PKIX certificate for one of the hosts that the
///   policy names. A pattern with a star is given as the MX hosts that it names now, for in Postfix `.DOMAIN`
///   would be every host below, however deep (RFC 8461 section 4.1: one label).
/// - `OK dane-only`: the hosts have usable TLSA records, which `secure` would leave unasked (R119, R120).
/// - `TEMP WORD …`: nothing may be sent now; the word is of docs/errors.md.
[[nodiscard]] std::string postfix_answer(const PostfixRequest& request, const Verdict& verdict,
                                         std::string_view domain, const sender::MailRoute* route);

}  // namespace mta_sts::resolver
