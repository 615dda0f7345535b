#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/fault.hpp"
#include "verdict/verdict.hpp"

namespace mta_sts::sender {

/// What the administrator of the sender has decided about one Policy Domain, whatever it publishes.
struct Exception {
  enum class Kind : std::uint8_t {
    off,      ///< no policy of it is looked for: its mail goes as without MTA-STS
    testing,  ///< an enforce policy counts as one in mode testing
    pinned    ///< the policy is this one, for ever
  };
  Kind kind = Kind::off;
  Verdict pinned{};  ///< with pinned, but for its expiry
  std::chrono::seconds max_age{0};

  /// Gives the verdict of `off` and `pinned`, which ask nobody; nothing for `testing`.
  [[nodiscard]] std::optional<Verdict> verdict(std::chrono::sys_seconds now) const;

  /// Gives what a verdict of the domain's own policy becomes, also one that was asked for before the
  /// exception was there.
  [[nodiscard]] Verdict applied_to(Verdict verdict, std::chrono::sys_seconds now) const;
};

/// The exceptions' file, read: domain -> Exception.
class Exceptions {
 public:
  /// Gives the text of a policy file, or why not: exceptions-wrong.
  using ReadFile = std::function<std::expected<std::string, Fault>(const std::string& path)>;

  static constexpr std::size_t domains_limit = 100000;

  /// Reads the text of a file `name`: a line each of `DOMAIN off`, `DOMAIN testing` or `DOMAIN policy=PATH`;
  /// `#` begins a comment line. A policy file is read as a fetched policy is. Error: exceptions-wrong, whose
  /// detail begins with `name:LINE:` and names the word and what is allowed; nothing is taken of such a file.
  [[nodiscard]] static std::expected<Exceptions, Fault> parse(std::string_view text, std::string_view name,
                                                              const ReadFile& read_file);

  [[nodiscard]] const Exception* find(std::string_view domain) const;
  [[nodiscard]] std::size_t size() const { return domains_.size(); }

 private:
  std::map<std::string, Exception, std::less<>> domains_;
};

}  // namespace mta_sts::sender
