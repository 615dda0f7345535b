#pragma once

#include <compare>
#include <string>
#include <string_view>

namespace mta_sts::tlsrpt {

/// Where and how sessions failed, as far as their reports tell: what finds the one node that is broken. The
/// fields are those of RFC 8460, section 4.4; one that no report gave is empty.
struct FailurePlace {
  std::string_view result_type = {};
  std::string_view host = {};
  std::string_view receiving_ip = {};
  std::string_view sending_ip = {};
  std::string_view helo = {};
  std::string_view reason_code = {};
  std::string_view information = {};

  /// Tells whether it says more than type and host.
  [[nodiscard]] bool is_precise() const {
    return !receiving_ip.empty() || !sending_ip.empty() || !helo.empty() || !reason_code.empty() ||
           !information.empty();
  }
};

/// A place that owns its texts, in one string: reports name hundreds of thousands of them. A NUL in a text
/// becomes U+FFFD. The order is that of the fields.
class PackedFailurePlace {
 public:
  explicit PackedFailurePlace(const FailurePlace& place);

  /// Gives the place; its views last as long as this.
  [[nodiscard]] FailurePlace place() const;

  auto operator<=>(const PackedFailurePlace&) const = default;

 private:
  std::string packed_;
};

}  // namespace mta_sts::tlsrpt
