#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <mutex>
#include <string>
#include <string_view>

#include "base/descriptor.hpp"
#include "base/log_limit.hpp"

namespace mta_sts::spool {

/// What a spool takes at most.
struct SpoolLimits {
  std::size_t report_bytes = 1024UL * 1024;
  std::size_t files = 10'000;
  std::uint64_t bytes = 256ULL * 1024 * 1024;
};

enum class Spooled : std::uint8_t {
  stored,
  already_there,  ///< the same bytes were stored before, and have not been taken out since
};

/// Why a report is not stored.
enum class SpoolErrorCode : std::uint8_t {
  empty,
  too_large,   ///< over SpoolLimits::report_bytes
  no_report,   ///< neither gzip nor JSON, by its first bytes
  full,        ///< the spool has as many files or bytes as it takes, or the disk has no room
  unwritable,  ///< the folder is missing, a link, or not this user's to write
};

[[nodiscard]] std::string_view to_string(SpoolErrorCode code);

struct SpoolError {
  SpoolErrorCode code = SpoolErrorCode::empty;
  std::string detail;  ///< what happened and how to fix it, safe to show
};

/// A folder into which a web server puts TLS reports that come by HTTPS, for `mta-sts report` and `tlsrpt
/// import` to read: RFC 8460 section 5.4 lets a receiver store and process later. A report's bytes are looked
/// at no further than to tell gzip from JSON; its name is a hash of them, so nothing of a request gets into a
/// path, and a repeated report is stored once. Files are whole from the moment they have their name. All
/// threads may use it.
class Spool {
 public:
  using Time = std::chrono::milliseconds;  ///< of a clock that is never set back

  /// `folder` is absolute, and must be there; `new` and `tmp` are made in it.
  explicit Spool(std::string folder, SpoolLimits limits = {}) : folder_(std::move(folder)), limits_(limits) {}

  /// Stores a report. It writes to the page cache and does not wait for the disk.
  [[nodiscard]] std::expected<Spooled, SpoolError> put(std::string_view report, Time now);

  /// Tells whether an error is to be logged now: once a minute, however many requests meet it.
  [[nodiscard]] bool is_to_be_logged(Time now) { return log_limit_.take(now); }

  [[nodiscard]] const std::string& folder() const { return folder_; }
  [[nodiscard]] const SpoolLimits& limits() const { return limits_; }

 private:
  struct Folders {
    Descriptor fresh;      // "new"
    Descriptor temporary;  // "tmp"
  };

  [[nodiscard]] std::expected<Folders, SpoolError> open_folders() const;
  [[nodiscard]] std::expected<void, SpoolError> take_room(const Folders& folders, std::size_t bytes,
                                                          Time now);
  [[nodiscard]] bool is_count_due(Time now) const;
  [[nodiscard]] std::expected<void, SpoolError> count(const Folders& folders);
  [[nodiscard]] std::expected<void, SpoolError> write(const Folders& folders, const std::string& name,
                                                      std::string_view report);
  [[nodiscard]] SpoolError error(SpoolErrorCode code, std::string_view what) const;
  [[nodiscard]] SpoolError error_of_system(std::string_view action, int number) const;

  std::string folder_;
  SpoolLimits limits_;
  std::mutex mutex_;
  std::size_t files_ = 0;    // in "new", when it was last counted and what came since
  std::uint64_t bytes_ = 0;  // of these
  Time next_count_ = Time::min();
  std::size_t next_count_files_ = 0;  // it is counted again with so many files or bytes, too
  std::uint64_t next_count_bytes_ = 0;
  LogLimit log_limit_;
  std::uint64_t written_ = 0;  // makes temporary names
};

}  // namespace mta_sts::spool
