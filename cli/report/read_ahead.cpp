#include "cli/report/read_ahead.hpp"

#include <algorithm>

namespace mta_sts::cli {

ReadAhead::ReadAhead(std::span<const ReportFile> files) : files_(files), thread_([this] { run(); }) {}

ReadAhead::~ReadAhead() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

FileSource& ReadAhead::next() {
  const std::size_t batch = taken_ / batch_files;
  const std::size_t place = taken_ % batch_files;
  if (place == 0) {
    std::unique_lock lock(mutex_);
    given_back_ = batch;  // all before it
    changed_.notify_all();
    changed_.wait(lock, [&] { return opened_ > batch; });
  }
  ++taken_;
  return ring_[batch % batches][place];
}

void ReadAhead::run() {
  for (std::size_t batch = 0; batch * batch_files < files_.size(); ++batch) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return is_stopping_ || batch < given_back_ + batches; });
      if (is_stopping_) {
        return;
      }
    }
    open_batch(batch);
    {
      const std::lock_guard lock(mutex_);
      opened_ = batch + 1;
    }
    changed_.notify_all();
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
