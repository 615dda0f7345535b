#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "publish/mail_providers.hpp"

namespace mta_sts::publish {

enum class MxNoteKind : std::uint8_t {
  placeholder,    ///< the name of an example
  sends_only,     ///< a host of a provider that takes mail from its users alone
  too_short,      ///< the provider's hosts have more labels than the pattern allows
  hosts_missing,  ///< some hosts of a set, and not all
};

/// Gives the word of docs/errors.md.
[[nodiscard]] std::string_view to_string(MxNoteKind kind);

/// What is to be said of one mx line, by what is known of mail providers.
struct MxNote {
  MxNoteKind kind = MxNoteKind::placeholder;
  std::size_t index = 0;                     ///< of the pattern among those looked at
  const MailProvider* provider = nullptr;    ///< null with placeholder
  std::vector<const ProviderHost*> lacks{};  ///< with too_short and hosts_missing: what no pattern covers
  std::optional<std::vector<std::string>>
      patterns{};  ///< what should stand in this one's place; empty: the line
                   ///< goes; nothing: only the domain's MX records tell
};

/// At most this many notes of one policy are given.
inline constexpr std::size_t mx_notes_limit = 100;

/// Looks at the mx patterns of a policy, which are valid. The notes are in the order of the patterns, at most
/// one each; a policy that names all hosts of its provider has none. RFC 8461 section 4.1.
[[nodiscard]] std::vector<MxNote> find_mx_notes(std::span<const std::string> patterns);

/// Says what is wrong, as a sentence whose subject is the pattern, without its end.
[[nodiscard]] std::string describe(const MxNote& note);

/// Says why, in sentences, with the provider's page.
[[nodiscard]] std::string explain(const MxNote& note, std::string_view pattern);

}  // namespace mta_sts::publish
