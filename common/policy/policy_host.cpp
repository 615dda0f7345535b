#include "policy/policy_host.hpp"

namespace mta_sts {

std::string record_name(const DomainName& domain) {
  return std::string(record_prefix) + domain.text();
}

std::string policy_host(const DomainName& domain) {
  return "mta-sts." + domain.text();
}

}  // namespace mta_sts
