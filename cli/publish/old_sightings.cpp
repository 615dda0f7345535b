#include "cli/publish/old_sightings.hpp"

#include <algorithm>
#include <expected>
#include <optional>

#include "base/clock.hpp"
#include "policy/parse_policy.hpp"
#include "steps/former.hpp"
#include "store/writer.hpp"

namespace mta_sts::cli {
namespace {

using store::Owner;
using Noted = std::expected<void, store::StoreError>;

/// A record whose bytes are its own.
struct OwnedRecord {
  explicit OwnedRecord(const store::RecordView& view)
      : record(view), id(view.id), etag(view.etag), text(view.text) {}

  [[nodiscard]] store::RecordView since(std::chrono::sys_seconds time) const {
    store::RecordView view = record;
    view.since = time;
    view.id = id;
    view.etag = etag;
    view.text = text;
    return view;
  }

  store::RecordView record;
  std::string id;
  std::string etag;
  std::string text;
};

store::ServedPeriod* former_of(PublishJob& job, const std::string& body) {
  auto& periods = job.situation.periods;
  const auto known = std::ranges::find_if(periods, [&](const store::ServedPeriod& period) {
    return period.until && steps::means_the_same(body, period);
  });
  return known == periods.end() ? nullptr : &*known;
}

bool is_test_to_begin(const PublishJob& job, std::chrono::sys_seconds now) {
  return !job.fault && job.record &&
         steps::is_unannounced_test(job.situation.periods, job.situation.live, now);
}

bool has_old_body(PublishJob& job) {
  return !job.fault && std::ranges::any_of(steps::old_bodies(job.situation.periods, job.situation.live),
                                           [&](const std::string& body) {
                                             return job.record || former_of(job, body) != nullptr;
                                           });
}

// What the domain had of its own is extended. What it had of others, or never had, becomes its own.
Noted note(store::StoreWriter& writer, PublishJob& job, const std::string& body,
           std::chrono::sys_seconds now) {
  const auto policy = parse_policy(body, Reading::sender);
  const store::ServedPeriod* former = former_of(job, body);
  const std::uint32_t serial = former != nullptr ? former->serial : 0;
  const auto published = policy ? publish::publish_policy(*policy, serial) : publish::PublishedPolicy();
  const std::string& domain = job.request.domain;
  const auto extended =
      writer.extend_former(Owner::domain, domain, former != nullptr ? former->id : published.id, now);
  if (!extended || *extended || !policy) {
    return extended ? Noted() : std::unexpected(extended.error());
  }
  const auto present = writer.find(Owner::domain, domain);
  if (!present || !*present) {
    return present ? Noted() : std::unexpected(present.error());
  }
  const OwnedRecord again(**present);
  for (const store::RecordView& record : {store::record_of(published, serial, now), again.since(now)}) {
    if (const auto put = writer.put(Owner::domain, domain, record); !put) {
      return std::unexpected(put.error());
    }
  }
  return {};
}

Noted note_all(const std::string& store_path, std::vector<PublishJob>& jobs, std::chrono::sys_seconds now) {
  auto writer = store::StoreWriter::begin(store_path, store::Creation::never, 0);
  if (!writer) {
    return std::unexpected(writer.error());
  }
  for (PublishJob& job : jobs) {
    if (is_test_to_begin(job, now)) {
      if (const auto later = writer->begin_later(Owner::domain, job.request.domain, now); !later) {
        return std::unexpected(later.error());
      }
    }
    if (!has_old_body(job)) {
      continue;
    }
    for (const std::string& body : steps::old_bodies(job.situation.periods, job.situation.live)) {
      if (auto noted = note(*writer, job, body, now); !noted) {
        return noted;
      }
    }
  }
  return writer->commit();
}

}  // namespace

bool keep_old_sightings(const std::string& store_path, std::vector<PublishJob>& jobs) {
  const auto now = SystemClock().now();
  const auto is_to_be_noted = [now](PublishJob& job) {
    return has_old_body(job) || is_test_to_begin(job, now);
  };
  if (std::ranges::none_of(jobs, is_to_be_noted)) {
    return false;
  }
  const Noted noted = note_all(store_path, jobs, now);
  if (noted) {
    return true;
  }
  for (PublishJob& job : jobs) {
    if (!is_to_be_noted(job)) {
      continue;
    }
    if (is_test_to_begin(job, now)) {
      job.situation.periods.back().since = now;
    }
    for (const std::string& body : steps::old_bodies(job.situation.periods, job.situation.live)) {
      if (store::ServedPeriod* former = former_of(job, body); former != nullptr) {
        former->until = std::max(*former->until, now);
      }
    }
    job.request.warnings.push_back("what is served, or not announced yet, could not be noted in the store: " +
                                   noted.error().detail);
  }
  return false;
}

}  // namespace mta_sts::cli
