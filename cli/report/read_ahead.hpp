#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <semaphore>
#include <span>
#include <thread>

#include "cli/report/file_source.hpp"

namespace mta_sts::cli {

/// Opens files in their order, and reads the fronts of those found in folders, some files before they are
/// asked for and on a thread of its own: of a small file the kernel takes as long as the reports in it.
class ReadAhead {
 public:
  /// The files must outlive it.
  explicit ReadAhead(std::span<const ReportFile> files);
  ~ReadAhead();
  ReadAhead(const ReadAhead&) = delete;
  ReadAhead& operator=(const ReadAhead&) = delete;

  /// Gives the next file; until the next call, and at most once for each of the files.
  [[nodiscard]] FileSource& next();

 private:
  // Files are handed over by the batch: a hand-over costs more than a file.
  static constexpr std::size_t batch_files = 32;
  static constexpr std::size_t batches = 2;
  using Batch = std::array<FileSource, batch_files>;

  void run();
  void open_batch(std::size_t number);

  std::span<const ReportFile> files_;
  std::array<Batch, batches> ring_;
  std::size_t taken_ = 0;                               // files
  std::counting_semaphore<batches + 1> free_{batches};  // one more when it stops
  std::counting_semaphore<batches> opened_{0};
  std::atomic<bool> is_stopping_ = false;
  std::thread thread_;
};

}  // namespace mta_sts::cli
