#include "cli/report/read_ahead.hpp"

#include <algorithm>

namespace mta_sts::cli {

ReadAhead::ReadAhead(std::span<const ReportFile> files) : files_(files), thread_([this] { run(); }) {}

ReadAhead::~ReadAhead() {
  is_stopping_ = true;
  free_.release();
  thread_.join();
}

FileSource& ReadAhead::next() {
  const std::size_t batch = taken_ / batch_files;
  const std::size_t place = taken_ % batch_files;
  if (place == 0) {
    if (batch > 0) {
      free_.release();  // the one before it
    }
    opened_.acquire();
  }
  ++taken_;
  return ring_[batch % batches][place];
}

void ReadAhead::run() {
  for (std::size_t batch = 0; batch * batch_files < files_.size(); ++batch) {
    free_.acquire();
    if (is_stopping_) {
      return;
    }
    open_batch(batch);
    opened_.release();
  }
}

void ReadAhead::open_batch(std::size_t number) {
  const auto files = files_.subspan(number * batch_files);
  Batch& batch = ring_[number % batches];
  for (std::size_t place = 0; place < std::min(files.size(), batch_files); ++place) {
    batch[place].open(files[place]);
    if (files[place].is_from_folder) {
      batch[place].read_front();
    }
  }
}

}  // namespace mta_sts::cli
