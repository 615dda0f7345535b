#include "publish/web_answer.hpp"

#include <algorithm>
#include <array>

#include "base/ascii.hpp"

namespace mta_sts::publish {
namespace {

// A table, since a store asks this of each request's host.
constexpr auto host_bytes = [] {
  std::array<bool, 256> bytes{};
  for (std::size_t byte = 0; byte < bytes.size(); ++byte) {
    const char c = static_cast<char>(byte);
    bytes[byte] = ascii::is_alnum(c) || c == '-' || c == '.' || c == '_';
  }
  return bytes;
}();

bool is_host_byte(char c) {
  return host_bytes[static_cast<unsigned char>(c)];
}

std::string_view without_port(std::string_view host) {
  if (host.find(':') == std::string_view::npos) {  // as a web server gives it; faster than from behind
    return host;
  }
  const std::size_t colon = host.rfind(':');
  return std::ranges::all_of(host.substr(colon + 1), ascii::is_digit) ? host.substr(0, colon) : host;
}

}  // namespace

std::optional<WebAnswer> answer_request(std::string_view method, std::string_view path,
                                        const PublishedPolicy& policy) {
  return answer_request(method, path, PolicyBytes{.body = policy.body, .etag = policy.etag});
}

std::optional<WebAnswer> answer_request(std::string_view method, std::string_view path,
                                        const PolicyBytes& policy) {
  if (path != policy_path) {  // R42, R43: exactly this path, its case counts
    return std::nullopt;
  }
  const bool is_head = method == "HEAD";
  if (method != "GET" && !is_head) {  // R45
    return WebAnswer{.status = 405,
                     .body = "The MTA-STS policy is read with GET or HEAD.\n",
                     .etag = {},
                     .allow = "GET, HEAD",
                     .send_body = true};
  }
  return WebAnswer{
      .status = 200, .body = policy.body, .etag = policy.etag, .allow = {}, .send_body = !is_head};
}

std::optional<WebAnswer> answer_without_policy(std::string_view method, std::string_view path,
                                               NoPolicy reason) {
  auto answer = answer_request(method, path, PolicyBytes{});
  if (answer && answer->status == 200) {
    const bool is_known = reason != NoPolicy::unknown_domain;
    answer->status = is_known ? 503 : 404;
    answer->body = is_known ? "The MTA-STS policy cannot be read at the moment.\n"
                            : "There is no MTA-STS policy for this domain here.\n";
  }
  return answer;
}

std::string_view policy_domain_of_host(std::string_view host) {
  constexpr std::string_view prefix = "mta-sts.";
  std::string_view name = without_port(host);
  if (name.ends_with('.')) {
    name.remove_suffix(1);
  }
  if (!name.starts_with(prefix) && !ascii::starts_with_ignoring_case(name, prefix)) {
    return {};
  }
  name.remove_prefix(prefix.size());
  return std::ranges::all_of(name, is_host_byte) ? name : std::string_view();
}

}  // namespace mta_sts::publish
