#include "tlsrpt/model/duplicates.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "tlsrpt/model/report_values.hpp"

namespace mta_sts::tlsrpt {
namespace {

// Mixes length-prefixed fields, eight bytes at a time. Not against an enemy, who gains nothing by it that a
// plain repeat of the key would not give. It is kept in histories: a change of it makes every report there a
// conflict.
class Hash {
 public:
  explicit Hash(std::uint64_t seed) : state_(seed ^ 0xcbf29ce484222325U) {}

  Hash& add(std::string_view text) {
    add(std::uint64_t{text.size()});
    constexpr std::size_t word_bytes = sizeof(std::uint64_t);
    for (; text.size() >= word_bytes; text.remove_prefix(word_bytes)) {
      add(word_of(text.data(), word_bytes));
    }
    return text.empty() ? *this : add(word_of(text.data(), text.size()));
  }
  Hash& add(std::uint64_t value) {
    state_ = (state_ ^ value) * 0x9fb21c651e98df25U;
    state_ ^= state_ >> 32;
    return *this;
  }

  [[nodiscard]] std::uint64_t value() const {
    const std::uint64_t mixed = state_ * 0xd6e8feb86659fd93U;
    return mixed ^ (mixed >> 32);
  }

 private:
  // Little-endian, whatever the machine.
  static std::uint64_t word_of(const char* bytes, std::size_t length) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes, length);
    return std::endian::native == std::endian::little ? word : std::byteswap(word);
  }

  std::uint64_t state_;
};

std::string_view text_of(const std::optional<std::string>& text) {
  return text ? std::string_view(*text) : std::string_view();
}

std::string_view domain_of(const Report& report) {
  const auto first = std::ranges::min_element(report.policies, {}, &PolicyReport::counted_domain);
  return first == report.policies.end() ? std::string_view() : first->counted_domain;
}

// A ReportKey that copies nothing of the report, which must outlive it.
struct KeyParts {
  std::string_view organization;
  std::string_view id;
  std::string_view domain;
  std::string start;
  std::string own_id;

  explicit KeyParts(const Report& report)
      : organization(text_of(report.organization ? report.organization : report.contact)),
        id(text_of(report.id)),
        domain(domain_of(report)),
        start(report.start ? render_date_time(*report.start) : std::string()) {
    if (id.empty()) {
      own_id = "content:" + std::to_string(content_mark(report));
      id = own_id;
    }
  }
  KeyParts(const KeyParts&) = delete;
  KeyParts& operator=(const KeyParts&) = delete;
};

std::uint64_t hash_of(const KeyParts& key, std::uint64_t seed) {
  return Hash(seed).add(key.organization).add(key.id).add(key.start).add(key.domain).value();
}

std::uint64_t mark_of(const PolicyReport& policy) {
  Hash hash(1);
  hash.add(text_of(policy.type)).add(text_of(policy.domain)).add(policy.success).add(policy.failure);
  std::uint64_t details = 0;  // a sum: their order says nothing
  for (const FailureDetail& detail : policy.details) {
    details += Hash(2)
                   .add(detail.result_type)
                   .add(detail.host)
                   .add(detail.receiving_ip)
                   .add(detail.sending_ip)
                   .add(detail.count)
                   .value();
  }
  return hash.add(details).value();
}

}  // namespace

ReportKey key_of(const Report& report) {
  const KeyParts parts(report);
  return {.organization = std::string(parts.organization),
          .id = std::string(parts.id),
          .start = parts.start,
          .domain = std::string(parts.domain)};
}

std::uint64_t key_mark(std::string_view organization, std::string_view id, std::string_view start,
                       std::string_view domain) {
  return Hash(6).add(organization).add(id).add(start).add(domain).value();
}

std::uint64_t content_mark(const Report& report) {
  std::uint64_t policies = 0;
  for (const PolicyReport& policy : report.policies) {
    policies += mark_of(policy);
  }
  return Hash(3).add(report.policies.size()).add(policies).value();
}

Conflict conflict_of(const Report& report) {
  Conflict conflict{.key = key_of(report), .imported = {}, .authentication = report.authentication};
  for (const PolicyReport& policy : report.policies) {
    if (!policy.is_shadowed) {
      conflict.success = saturating_add(conflict.success, policy.success);
      conflict.failure = saturating_add(conflict.failure, policy.failure);
    }
  }
  return conflict;
}

Novelty Duplicates::judge(const Report& report) {
  const KeyParts key(report);
  SeenReport seen{.key = hash_of(key, seed_), .content = content_mark(report)};
  seen.check = hash_of(key, seed_ + 1) & 0xFFFF'FFFF'FFFFU;
  seen.authentication = static_cast<std::uint8_t>(report.authentication);
  const SeenReport* const before = seen_.find_or_add(seen);
  if (before == nullptr || before->check != seen.check) {
    return Novelty::fresh;
  }
  if (before->content == seen.content) {
    ++*left_out_.duplicates;
    return Novelty::duplicate;
  }
  ++left_out_.conflicts;
  if (conflicts_.size() < 10) {
    conflicts_.push_back(conflict_of(report));
    conflicts_.back().counted = static_cast<Authentication>(before->authentication);
  }
  return Novelty::conflict;
}

}  // namespace mta_sts::tlsrpt
