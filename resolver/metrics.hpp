#pragma once

#include <uv.h>

#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/fault.hpp"

namespace mta_sts::resolver {

/// Serves the metrics as Prometheus text at `GET /metrics`, and nothing else. A few clients at once, each
/// with a few seconds and a few kilobytes.
class MetricsServer {
 public:
  /// Listens at ADDR:PORT ([ADDR]:PORT for IPv6), loopback unless `any_address`. `render` gives the text.
  /// The loop runs once more before this object goes.
  [[nodiscard]] static std::expected<std::unique_ptr<MetricsServer>, Fault> create(
      uv_loop_t* loop, const std::string& address, bool any_address, std::function<std::string()> render);

  ~MetricsServer();
  MetricsServer(const MetricsServer&) = delete;
  MetricsServer& operator=(const MetricsServer&) = delete;

  /// Ends everything at once.
  void close();

 private:
  class Visitor;

  explicit MetricsServer(std::function<std::string()> render);
  void accept();
  void forget(const Visitor& visitor);
  void end_slow_visitors();

  std::function<std::string()> render_;
  uv_tcp_t* door_ = nullptr;  // both are deleted by their close callbacks
  uv_timer_t* timer_ = nullptr;
  std::vector<std::shared_ptr<Visitor>> visitors_;
};

}  // namespace mta_sts::resolver
