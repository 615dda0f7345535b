#include "exceptions_file.hpp"

#include <utility>

#include "base/utf8.hpp"
#include "file/read_file.hpp"
#include "policy/policy.hpp"

namespace mta_sts::resolver {
namespace {

constexpr std::size_t file_limit_bytes = 16U << 20U;

std::expected<std::string, Fault> read(const std::string& path, std::size_t limit_bytes) {
  auto bytes = read_file(path, limit_bytes);
  if (!bytes) {
    return std::unexpected(Fault{"exceptions-wrong", to_message(bytes.error())});
  }
  return *std::move(bytes);
}

}  // namespace

std::expected<sender::Exceptions, Fault> read_exceptions(const std::string& path) {
  if (path.empty()) {
    return sender::Exceptions();
  }
  const auto lines = read(path, file_limit_bytes);
  if (!lines) {
    return std::unexpected(lines.error());
  }
  return sender::Exceptions::parse(*lines, text::escape_for_display(path), [](const std::string& policy) {
    return read(policy, policy_limit_bytes);
  });
}

}  // namespace mta_sts::resolver
