#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "policy/policy.hpp"
#include "publish/published_policy.hpp"

namespace mta_sts::store {

enum class RecordKind : std::uint8_t {
  policy,   ///< a policy of its own
  profile,  ///< the policy of a profile
  alias,    ///< whatever another domain has
};

[[nodiscard]] std::string_view to_string(RecordKind kind);

/// What the store holds for a domain or profile. It views the bytes that it was decoded from.
struct RecordView {
  RecordKind kind = RecordKind::policy;
  Mode mode = Mode::none;             ///< with policy
  std::uint32_t serial = 0;           ///< with policy: the operator's generation word
  std::chrono::sys_seconds since;     ///< when it was put in
  std::uint64_t max_age_seconds = 0;  ///< with policy
  std::string_view id;                ///< with policy: 20 hex digits
  std::string_view etag;              ///< with policy: 22 bytes, in double quotes
  std::string_view text;              ///< the policy's bytes, or the name of the profile or domain

  /// Tells whether both serve the same, whenever they were put in.
  [[nodiscard]] bool serves_same_as(const RecordView& other) const;
};

/// Views a policy as the record that serves it; `policy` must outlive it.
[[nodiscard]] RecordView record_of(const publish::PublishedPolicy& policy, std::uint32_t serial,
                                   std::chrono::sys_seconds since);

/// Gives the bytes of a record under `key`, at most 64 KiB and a hundred bytes: native numbers at fixed
/// places behind a sum of key and bytes, so that damage shows.
[[nodiscard]] std::string encode_record(std::string_view key, const RecordView& record);

/// Reads the bytes of a record of any content and address; nothing where a field, a length or the sum does
/// not hold. What it costs is part of every request: whether the id is that of the text, verify() tells.
[[nodiscard]] std::optional<RecordView> decode_record(std::string_view key, std::string_view bytes);

/// A former record: what was served until another, or nothing, took its place.
struct FormerRecordView {
  RecordView record;
  std::chrono::sys_seconds until;
};

/// Gives the bytes of a former record of `name`, whose own bytes are `record`; `key` is that of the history.
[[nodiscard]] std::string encode_former(std::string_view key, std::string_view record,
                                        std::chrono::sys_seconds until);

/// Reads the bytes of a former record; nothing where they do not hold.
[[nodiscard]] std::optional<FormerRecordView> decode_former(std::string_view key, std::string_view name,
                                                            std::string_view bytes);

}  // namespace mta_sts::store
