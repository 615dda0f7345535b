// A domain name in any form, a Host field, and text to show.
#include "base/domain_name.hpp"
#include "fuzz/fuzz.hpp"
#include "idna/idna.hpp"
#include "publish/web_answer.hpp"

using namespace mta_sts;
using namespace mta_sts::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = view_of(data, size);
  const auto plain = DomainName::parse(text);
  const auto domain = to_a_labels(text);
  require(!plain || (domain && *domain == *plain));
  if (domain) {
    require(domain->text().size() <= domain_name_limit_bytes);
    require(DomainName::parse(domain->text()) == *domain);
    require_safe(domain->text());
    require(!text::find_invalid_utf8(to_u_labels(*domain)));
  } else {
    require_safe(domain.error().detail);
  }
  require_safe(publish::policy_domain_of_host(text));
  require_safe(text::escape_for_display(text, size));
  return 0;
}
