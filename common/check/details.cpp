#include "check/details.hpp"

namespace mta_sts::check {

Details details_of(const Case& c) {
  return {.records = record_details(c), .policy = policy_text_details(c), .addresses = address_details(c)};
}

}  // namespace mta_sts::check
