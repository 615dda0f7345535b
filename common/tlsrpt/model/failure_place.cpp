#include "tlsrpt/model/failure_place.hpp"

#include <cstddef>

namespace mta_sts::tlsrpt {
namespace {

// Ends every field; sorts before all that a field may have.
constexpr char field_end = '\0';

// What stands for a NUL within a field.
constexpr std::string_view replacement = "\xEF\xBF\xBD";

void append_field(std::string& packed, std::string_view text) {
  for (std::size_t end = 0; (end = text.find(field_end)) != std::string_view::npos;) {
    packed.append(text.substr(0, end)).append(replacement);
    text.remove_prefix(end + 1);
  }
  packed.append(text).push_back(field_end);
}

std::string_view take_field(std::string_view& packed) {
  const std::string_view field = packed.substr(0, packed.find(field_end));
  packed.remove_prefix(field.size() + 1);
  return field;
}

}  // namespace

PackedFailurePlace::PackedFailurePlace(const FailurePlace& place) {
  const auto fields = {place.result_type, place.host,        place.receiving_ip, place.sending_ip,
                       place.helo,        place.reason_code, place.information};
  std::size_t size = 0;
  for (const std::string_view field : fields) {
    size += field.size() + 1;
  }
  packed_.reserve(size);
  for (const std::string_view field : fields) {
    append_field(packed_, field);
  }
}

FailurePlace PackedFailurePlace::place() const {
  std::string_view rest = packed_;
  FailurePlace place;
  for (std::string_view* const field :
       {&place.result_type, &place.host, &place.receiving_ip, &place.sending_ip, &place.helo,
        &place.reason_code, &place.information}) {
    *field = take_field(rest);
  }
  return place;
}

}  // namespace mta_sts::tlsrpt
