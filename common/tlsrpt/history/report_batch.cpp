#include "tlsrpt/history/report_batch.hpp"

#include <algorithm>

#include "tlsrpt/history/columns.hpp"
#include "tlsrpt/model/duplicates.hpp"

namespace mta_sts::tlsrpt {
namespace {

enum class Part : std::uint8_t { end, session, failure };

// 0 is none; no time is before 1970.
std::uint64_t packed_time(const std::optional<std::chrono::sys_seconds>& imported) {
  return imported
             ? static_cast<std::uint64_t>(std::max<std::int64_t>(imported->time_since_epoch().count(), 0)) + 1
             : 0;
}

std::optional<std::chrono::sys_seconds> imported_from(std::uint64_t number) {
  return number == 0 ? std::nullopt : std::optional(second_from(static_cast<std::int64_t>(number - 1)));
}

constexpr unsigned bits_a_byte = 7;  // the eighth says that another one follows

/// Writes numbers in as few bytes as they need.
class Packer final : public RowSink {
 public:
  Packer(std::string& packed, TextTable& texts) : packed_(packed), texts_(texts) {}

  void number(std::uint64_t value) {
    for (; value >> bits_a_byte != 0; value >>= bits_a_byte) {
      packed_ += static_cast<char>((value & 0x7FU) | 0x80U);
    }
    packed_ += static_cast<char>(value);
  }
  void part(Part part) { number(static_cast<std::uint64_t>(part)); }
  void authentication(Authentication value) { number(static_cast<std::uint64_t>(value)); }

  /// A text that other reports have too.
  void shared(std::string_view text) { number(texts_.number_of(text)); }
  void text(std::string_view text) {
    number(text.size());
    packed_ += text;
  }

  void report(const BatchReport& report) {
    shared(report.organization);
    text(report.id);
    shared(report.start);
    shared(report.domain);
    shared(report.contact);
    number(static_cast<std::uint64_t>(report.content));
    number(report.sessions.success);
    number(report.sessions.failure);
    authentication(report.authentication);
    number(packed_time(report.imported));
    number(report.is_conflict ? 1 : 0);
  }

  void session(const SessionRow& row) override {
    part(Part::session);
    shared(row.domain);
    shared(row.organization);
    shared(row.policy_type);
    number(row.sessions.success);
    number(row.sessions.failure);
    number(row.in_details);
    number(row.is_shadowed ? 1 : 0);
  }

  void failure(const FailureRow& row) override {
    part(Part::failure);
    shared(row.domain);
    shared(row.organization);
    shared(row.result_type);
    shared(row.host);
    number(row.count);
    number(row.is_shadowed ? 1 : 0);
    shared(row.receiving_ip);
    text(row.sending_ip);
    shared(row.helo);
    shared(row.reason_code);
    text(row.information);
    number(row.is_outside_policy ? 1 : 0);
  }

 private:
  std::string& packed_;
  TextTable& texts_;
};

/// Reads what a Packer wrote.
class Unpacker {
 public:
  Unpacker(std::string_view packed, const TextTable& texts) : packed_(packed), texts_(texts) {}

  std::uint64_t number() {
    std::uint64_t value = 0;
    for (unsigned shift = 0;; shift += bits_a_byte) {
      const auto byte = static_cast<unsigned char>(packed_.front());
      packed_.remove_prefix(1);
      value |= std::uint64_t{byte & 0x7FU} << shift;
      if (byte < 0x80) {
        return value;
      }
    }
  }
  Part part() { return static_cast<Part>(number()); }
  Authentication authentication() { return static_cast<Authentication>(number()); }
  bool flag() { return number() != 0; }
  std::string_view shared() { return texts_.text(number()); }
  std::string_view text() {
    const std::size_t size = number();
    const std::string_view text = packed_.substr(0, size);
    packed_.remove_prefix(size);
    return text;
  }

  // Braces evaluate from left to right, in the order that was written.
  BatchReport report(const std::optional<std::chrono::sys_days>& day) {
    return {.day = day,
            .organization = shared(),
            .id = text(),
            .start = shared(),
            .domain = shared(),
            .contact = shared(),
            .content = static_cast<std::int64_t>(number()),
            .sessions = {.success = number(), .failure = number()},
            .authentication = authentication(),
            .imported = imported_from(number()),
            .is_conflict = flag()};
  }

  SessionRow session(const BatchReport& of) {
    return {.day = of.day,
            .domain = shared(),
            .organization = shared(),
            .policy_type = shared(),
            .sessions = {.success = number(), .failure = number()},
            .in_details = number(),
            .is_shadowed = flag(),
            .authentication = of.authentication};
  }

  FailureRow failure(const BatchReport& of) {
    return {.day = of.day,
            .domain = shared(),
            .organization = shared(),
            .result_type = shared(),
            .host = shared(),
            .count = number(),
            .is_shadowed = flag(),
            .receiving_ip = shared(),
            .sending_ip = text(),
            .helo = shared(),
            .reason_code = shared(),
            .information = text(),
            .is_outside_policy = flag(),
            .authentication = of.authentication};
  }

 private:
  std::string_view packed_;
  const TextTable& texts_;
};

void unpack(Unpacker from, const std::optional<std::chrono::sys_days>& day, BatchSink& sink) {
  const BatchReport report = from.report(day);
  if (!sink.report(report)) {
    return;
  }
  for (;;) {
    switch (from.part()) {
      case Part::session:
        sink.session(from.session(report));
        break;
      case Part::failure:
        sink.failure(from.failure(report));
        break;
      case Part::end:
        return;
    }
  }
}

}  // namespace

// The room is not memory before something is in it; to grow into it would take half as much again.
ReportBatch::ReportBatch(std::size_t limit) : limit_(limit) {
  packed_.reserve(limit);
}

void ReportBatch::add_place(const std::optional<std::chrono::sys_days>& day) {
  places_.push_back({.day = static_cast<std::int32_t>(number_of(day)),
                     .offset = static_cast<std::uint32_t>(packed_.size())});
}

void ReportBatch::add(const Report& report) {
  add_place(day_of(report));
  const Conflict counted = conflict_of(report);
  Packer packer(packed_, texts_);
  packer.report({.organization = counted.key.organization,
                 .id = counted.key.id,
                 .start = counted.key.start,
                 .domain = counted.key.domain,
                 .contact = report.contact ? std::string_view(*report.contact) : std::string_view(),
                 .content = static_cast<std::int64_t>(content_mark(report)),
                 .sessions = {.success = counted.success, .failure = counted.failure},
                 .authentication = report.authentication});
  visit_rows(report, {}, packer);
  packer.part(Part::end);
}

void ReportBatch::add(const KeptReport& kept) {
  add_place(kept.report.day);
  Packer packer(packed_, texts_);
  packer.report(kept.report);
  for (const SessionRow& row : kept.sessions) {
    packer.session(row);
  }
  for (const FailureRow& row : kept.failures) {
    packer.failure(row);
  }
  packer.part(Part::end);
}

bool ReportBatch::is_full() const {
  return packed_.size() + places_.size() * sizeof(Place) + texts_.bytes() >= limit_;
}

void ReportBatch::clear() {
  texts_.clear();
  packed_.clear();
  places_.clear();
}

void ReportBatch::visit(BatchSink& sink) {
  std::ranges::sort(places_);
  for (const Place& place : places_) {
    unpack(Unpacker(std::string_view(packed_).substr(place.offset), texts_), day_from(place.day), sink);
  }
}

}  // namespace mta_sts::tlsrpt
