#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "cli/exit_code.hpp"
#include "steps/plan.hpp"

namespace mta_sts::cli {

/// Why nothing was done for a domain.
struct PublishFault {
  std::string word;    ///< kebab-case, of docs/errors.md
  std::string detail;  ///< safe to show
  ExitCode exit_code = ExitCode::at_fault;
};

/// What is asked for one domain.
struct PublishRequest {
  std::string domain;              ///< A-labels
  std::vector<std::string> words;  ///< of a policy; none, and no other's: the store stays as it is
  std::string profile;             ///< whose policy it has
  std::string alias;               ///< or the domain whose policy it has
  bool mx_auto = false;            ///< the policy must name every live MX; without mx= they become its mx
  bool remove = false;
  steps::Desired desired;
  std::vector<std::string> warnings{};  ///< of the request itself, once it was checked

  /// Tells whether the domain is to have the policy of a profile or of another domain.
  [[nodiscard]] bool takes_another() const { return !profile.empty() || !alias.empty(); }
};

/// Why a line asks for nothing that can be done, and of which domain (A-labels), where it names one.
struct RequestLineFault {
  PublishFault fault;
  std::string domain;
};

/// Checks what the command line or a line says, and writes names as DNS has them. Errors: bad-domain,
/// bad-option, bad-rua, usage-error.
[[nodiscard]] std::expected<PublishRequest, PublishFault> checked_request(PublishRequest request);

/// Reads one line of --from: a JSON object of the keys domain, mode, mx ("auto", a name or a list), max_age,
/// serial, profile, alias, remove, rua, host and address, each once. What it does not say of DNS is as in
/// `otherwise`. Errors: input-invalid, and those above.
[[nodiscard]] std::expected<PublishRequest, RequestLineFault> parse_request_line(
    std::string_view line, const PublishRequest& otherwise);

}  // namespace mta_sts::cli
