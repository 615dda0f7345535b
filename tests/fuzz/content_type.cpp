// The Content-Type fields of an answer, one a line.
#include "policy/content_type.hpp"
#include "fuzz/fuzz.hpp"

using namespace mta_sts;
using namespace mta_sts::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto fields = split(view_of(data, size), '\n');
  const bool is_accepted = is_policy_content_type(fields);
  require(is_accepted ==
          is_policy_content_type(fields, MissingContentType::accept));  // the knob is for no field
  require(!is_accepted || fields.size() == 1);
  return 0;
}
