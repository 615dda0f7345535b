#pragma once

#include <uv.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/fault.hpp"
#include "base/log.hpp"
#include "outcome/datagram/datagram.hpp"
#include "outcome/tally/tally_file.hpp"
#include "sockets.hpp"

namespace mta_sts::resolver {

/// Takes what mail servers tell of their sessions, in libtlsrpt's datagrams, and counts it by UTC day in a
/// file. A datagram is read as soon as it comes and counted in memory; a thread of libuv writes the counts,
/// since the kernel holds few datagrams, and drops further ones, while nobody reads. One loop's thread.
class OutcomeReceiver {
 public:
  /// Adds to a session what the sender did not tell.
  using Complete = std::function<void(outcome::SessionOutcome&)>;

  /// Begins to read the sockets. `log` and `clock` outlive this object, as does what `complete` uses. Error:
  /// the file cannot be used.
  [[nodiscard]] static std::expected<std::unique_ptr<OutcomeReceiver>, Fault> create(
      uv_loop_t* loop, std::vector<Listener> sockets, const std::string& file, Complete complete,
      const Clock& clock, Log& log);
  ~OutcomeReceiver();
  OutcomeReceiver(const OutcomeReceiver&) = delete;
  OutcomeReceiver& operator=(const OutcomeReceiver&) = delete;

  /// Begins to write what was counted, once a second; what could not be written is tried again.
  void tick();

  /// Ends reading; the loop must run until no write is under way before this object goes.
  void close();

  /// Writes what was counted, once the loop has ended.
  void write_all();

  /// Gives the counters for the metrics, in a fixed order: name (with labels) and value.
  [[nodiscard]] std::vector<std::pair<std::string, std::uint64_t>> counters() const;

 private:
  struct Socket;
  struct Write;

  OutcomeReceiver(uv_loop_t* loop, std::unique_ptr<outcome::TallyFile> file, std::string path,
                  Complete complete, const Clock& clock, Log& log);

  void read(int descriptor);
  void take(std::expected<outcome::SessionOutcome, outcome::DatagramError> parsed);
  void lose(std::uint64_t sessions);
  void finish();

  uv_loop_t* loop_;
  std::unique_ptr<outcome::TallyFile> file_;
  std::string path_;
  Complete complete_;
  const Clock* clock_;
  Log* log_;
  std::vector<std::unique_ptr<Socket>> sockets_;
  std::string buffer_;
  outcome::DayCounts counts_;
  std::vector<outcome::PolicyCount> unwritten_;
  std::unique_ptr<Write> write_;    // under way
  std::chrono::sys_days pruned_{};  // the day on which old ones were removed last
  std::uint64_t sessions_ = 0;
  std::uint64_t lost_ = 0;  // no room, in memory or in the file
  std::array<std::uint64_t, outcome::datagram_error_count> refused_{};
  bool is_failing_ = false;
};

}  // namespace mta_sts::resolver
