#pragma once

#include <uv.h>

#include <memory>

namespace mta_sts {

/// An event loop of its own. It must outlive what works on it.
class UvLoop {
 public:
  /// Nothing where the system has no memory or descriptors for one.
  [[nodiscard]] static std::unique_ptr<UvLoop> create();

  ~UvLoop() { close(); }
  UvLoop(const UvLoop&) = delete;
  UvLoop& operator=(const UvLoop&) = delete;

  [[nodiscard]] uv_loop_t* get() { return &loop_; }

  /// Runs until nothing is waited for any more, or uv_stop().
  void run();
  /// Waits for one round of events; false where nothing is waited for any more.
  bool run_once();

  /// Closes every handle that is still open, and runs what is called back for those that close. Nothing runs
  /// after that.
  void close();

 private:
  UvLoop() = default;

  uv_loop_t loop_{};
  bool is_open_ = false;
};

}  // namespace mta_sts
