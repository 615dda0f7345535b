#include "store/record.hpp"

#include <cstring>

#include "base/domain_name.hpp"
#include "base/enum_names.hpp"
#include "store/checksum.hpp"

namespace mta_sts::store {
namespace {

constexpr std::size_t id_bytes = 20;
constexpr std::size_t etag_bytes = id_bytes + 2;
constexpr std::int64_t time_limit_seconds = 253402300799;  // the end of the year 9999

/// The fixed part of a record, as it lies in the file. The text follows.
struct Head {
  std::uint64_t sum = 0;
  std::int64_t since = 0;
  std::uint64_t max_age = 0;
  std::uint32_t serial = 0;
  std::uint32_t text_bytes = 0;
  std::uint8_t kind = 0;
  std::uint8_t mode = 0;
  char id[id_bytes] = {};
  char etag[etag_bytes] = {};
  char unused[4] = {};
};
static_assert(sizeof(Head) == 80, "no byte of it may be left to the compiler");

/// What stands before the bytes of a former record.
struct FormerHead {
  std::uint64_t sum = 0;
  std::int64_t until = 0;
};

bool is_time(std::int64_t seconds) {
  return seconds >= 0 && seconds <= time_limit_seconds;
}

std::chrono::sys_seconds to_time(std::int64_t seconds) {
  return std::chrono::sys_seconds(std::chrono::seconds(seconds));
}

std::uint64_t sum_of(std::string_view key, std::string_view bytes) {
  Checksum sum;
  sum.add(key);
  sum.add(bytes.substr(sizeof(std::uint64_t)));
  return sum.value();
}

template <typename Fixed>
std::string with_sum(const Fixed& head, std::string_view key, std::string_view rest) {
  std::string bytes;
  bytes.reserve(sizeof head + rest.size());
  bytes.append(reinterpret_cast<const char*>(&head), sizeof head);
  bytes.append(rest);
  const std::uint64_t sum = sum_of(key, bytes);
  std::memcpy(bytes.data(), &sum, sizeof sum);
  return bytes;
}

bool holds(const Head& head, std::string_view bytes) {
  if (head.kind > static_cast<std::uint8_t>(RecordKind::alias) || !is_time(head.since) ||
      bytes.size() - sizeof head != head.text_bytes || head.text_bytes == 0) {
    return false;
  }
  if (head.kind != static_cast<std::uint8_t>(RecordKind::policy)) {
    return head.text_bytes <= domain_name_limit_bytes;
  }
  return head.text_bytes <= policy_limit_bytes && head.mode <= static_cast<std::uint8_t>(Mode::none) &&
         head.max_age <= max_age_limit_seconds && head.etag[0] == '"' && head.etag[etag_bytes - 1] == '"';
}

}  // namespace

std::string_view to_string(RecordKind kind) {
  using enum RecordKind;
  static constexpr auto words = enum_names<RecordKind>({
      {policy, "policy"},
      {profile, "profile"},
      {alias, "alias"},
  });
  return words[kind];
}

bool RecordView::serves_same_as(const RecordView& other) const {
  return kind == other.kind && serial == other.serial && id == other.id && etag == other.etag &&
         text == other.text;
}

RecordView record_of(const publish::PublishedPolicy& policy, std::uint32_t serial,
                     std::chrono::sys_seconds since) {
  return {.kind = RecordKind::policy,
          .mode = policy.mode,
          .serial = serial,
          .since = since,
          .max_age_seconds = policy.max_age_seconds,
          .id = policy.id,
          .etag = policy.etag,
          .text = policy.body};
}

std::string encode_record(std::string_view key, const RecordView& record) {
  Head head;
  head.since = record.since.time_since_epoch().count();
  head.max_age = record.max_age_seconds;
  head.serial = record.serial;
  head.text_bytes = static_cast<std::uint32_t>(record.text.size());
  head.kind = static_cast<std::uint8_t>(record.kind);
  head.mode = static_cast<std::uint8_t>(record.mode);
  record.id.copy(head.id, id_bytes);
  record.etag.copy(head.etag, etag_bytes);
  return with_sum(head, key, record.text);
}

std::optional<RecordView> decode_record(std::string_view key, std::string_view bytes) {
  Head head;
  if (bytes.size() < sizeof head) {
    return std::nullopt;
  }
  std::memcpy(&head, bytes.data(), sizeof head);  // values lie at odd addresses
  if (!holds(head, bytes) || sum_of(key, bytes) != head.sum) {
    return std::nullopt;
  }
  RecordView record;
  record.kind = static_cast<RecordKind>(head.kind);
  record.since = to_time(head.since);
  record.text = bytes.substr(sizeof head);
  if (record.kind == RecordKind::policy) {
    record.mode = static_cast<Mode>(head.mode);
    record.serial = head.serial;
    record.max_age_seconds = head.max_age;
    record.id = bytes.substr(offsetof(Head, id), id_bytes);
    record.etag = bytes.substr(offsetof(Head, etag), etag_bytes);
  }
  return record;
}

std::string encode_former(std::string_view key, std::string_view record, std::chrono::sys_seconds until) {
  FormerHead head;
  head.until = until.time_since_epoch().count();
  return with_sum(head, key, record);
}

std::optional<FormerRecordView> decode_former(std::string_view key, std::string_view name,
                                              std::string_view bytes) {
  FormerHead head;
  if (bytes.size() < sizeof head) {
    return std::nullopt;
  }
  std::memcpy(&head, bytes.data(), sizeof head);
  const auto record = decode_record(name, bytes.substr(sizeof head));
  if (!record || !is_time(head.until) || sum_of(key, bytes) != head.sum) {
    return std::nullopt;
  }
  return FormerRecordView{.record = *record, .until = to_time(head.until)};
}

}  // namespace mta_sts::store
