#include "publish/record_line.hpp"

namespace mta_sts {

std::string record_value(std::string_view id) {
  return "v=STSv1; id=" + std::string(id) + ";";
}

std::string record_zone_line(const DomainName& domain, std::string_view id, unsigned ttl_seconds) {
  return "_mta-sts." + domain.text() + ". " + std::to_string(ttl_seconds) + " IN TXT \"" + record_value(id) +
         "\"";
}

}  // namespace mta_sts
