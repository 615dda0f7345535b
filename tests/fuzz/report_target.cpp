// A URI of `rua`, as a stranger's record has it.
#include "outcome/report/report_target.hpp"

#include <algorithm>
#include <variant>

#include "base/domain_name.hpp"
#include "fuzz/fuzz.hpp"

using namespace mta_sts;
using namespace mta_sts::fuzz;
using namespace mta_sts::outcome;

namespace {

bool is_plain(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f'; });
}

// What is handed to sendmail and written into a header: one word that begins with no blank and has one "@".
void require_harmless(const MailTarget& target) {
  const std::string& address = target.address;
  require(is_plain(address));
  require(std::ranges::count(address, '@') == 1);
  require(address.find_first_of("\",;:<>()[]\\") == std::string::npos);
  require(DomainName::parse(address.substr(address.find('@') + 1)).has_value());
  require(parse_mail_address(address) == target);
}

void require_harmless(const PostTarget& target) {
  require(is_plain(target.url));
  require(target.url.starts_with("https://" + target.host + ":" + std::to_string(target.port) + "/"));
  require(target.url.find('#') == std::string::npos);
  require(DomainName::parse(target.host)->text() == target.host);
  require(std::get<PostTarget>(*parse_report_target(target.url)) == target);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (const auto target = parse_report_target(view_of(data, size))) {
    std::visit([](const auto& one) { require_harmless(one); }, *target);
  }
  return 0;
}
