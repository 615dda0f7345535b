#include "check/details.hpp"

namespace mta_sts::check {

Details details_of(const Case& c, const Forecast& forecast) {
  return {.records = record_details(c),
          .policy = policy_text_details(c),
          .addresses = address_details(c),
          .senders = sender_details(c, forecast)};
}

}  // namespace mta_sts::check
