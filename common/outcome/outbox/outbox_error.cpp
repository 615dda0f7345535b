#include "outcome/outbox/outbox_error.hpp"

#include "base/enum_names.hpp"
#include "base/utf8.hpp"

namespace mta_sts::outcome {
namespace {

OutboxErrorCode code_of(SqliteTrouble trouble) {
  switch (trouble) {
    case SqliteTrouble::busy:
      return OutboxErrorCode::queue_busy;
    case SqliteTrouble::full:
      return OutboxErrorCode::queue_full;
    case SqliteTrouble::damaged:
      return OutboxErrorCode::queue_damaged;
    case SqliteTrouble::unavailable:
      break;
  }
  return OutboxErrorCode::queue_unavailable;
}

}  // namespace

std::string_view to_string(OutboxErrorCode code) {
  using enum OutboxErrorCode;
  static constexpr auto words = enum_names<OutboxErrorCode>({
      {queue_unavailable, "queue-unavailable"},
      {queue_busy, "queue-busy"},
      {queue_full, "queue-full"},
      {queue_damaged, "queue-damaged"},
      {queue_foreign, "queue-foreign"},
      {queue_locked, "queue-locked"},
  });
  return words[code];
}

OutboxError outbox_error(const std::string& path, const SqliteFailure& failure) {
  return {.code = code_of(trouble_of(failure)),
          .detail = text::escape_for_display(path) + ": " + text::escape_for_display(failure.detail)};
}

}  // namespace mta_sts::outcome
