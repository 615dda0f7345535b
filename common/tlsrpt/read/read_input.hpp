#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "tlsrpt/model/report.hpp"
#include "tlsrpt/read/byte_source.hpp"
#include "tlsrpt/read/mail.hpp"
#include "tlsrpt/read/read_report.hpp"
#include "tlsrpt/read/unpack_gzip.hpp"

namespace mta_sts::tlsrpt {

/// What the outermost bytes of an input are.
enum class Container : std::uint8_t { json, gzip, zip, eml, mbox, tar, bzip2, lz4, xz, zstd };

[[nodiscard]] std::string_view to_string(Container container);

/// What became of one input.
struct InputResult {
  Container container = Container::json;
  Findings findings;
  std::size_t reports = 0;
  bool has_mail = false;       ///< reports came by mail, whose DKIM signature is not checked here (R141)
  bool is_unreadable = false;  ///< the source failed on the way: what came before was read

  /// "ok", "partial" (something was refused, the rest is there) or "error" (no report).
  [[nodiscard]] std::string_view status() const;
};

/// Reads reports from any input: plain JSON, packed by gzip, bzip2, lz4, xz or zstd, a zip or tar archive,
/// one mail, an mbox. It decides by the bytes; `name` is only compared with them. Memory does not grow with
/// the number of reports in an archive or mbox.
class InputReader {
 public:
  /// Refuses reports that start more than a day after `now`. Of the Authentication-Results fields of mails
  /// those of `authserv_id` are trusted (RFC 8601); of none if it is empty.
  explicit InputReader(std::chrono::sys_seconds now, std::string authserv_id = {})
      : latest_(std::chrono::floor<std::chrono::days>(now) + std::chrono::days(2) - std::chrono::seconds(1)),
        authserv_id_(std::move(authserv_id)) {}

  /// Reads `source` to its end and gives every report to `accept`. Nothing in the input stops it before.
  [[nodiscard]] InputResult read(ByteSource& source, std::string_view name, const ReportSink& accept);

 private:
  std::chrono::sys_seconds latest_;
  std::string authserv_id_;
  GzipUnpacker unpacker_;
  std::unique_ptr<char[]> buffer_ = std::make_unique_for_overwrite<char[]>(BufferedSource::buffer_bytes);
};

}  // namespace mta_sts::tlsrpt
