#include "check/details.hpp"

namespace mta_sts::check {

Details details_of(const Case& c) {
  return {.addresses = address_details(c)};
}

}  // namespace mta_sts::check
