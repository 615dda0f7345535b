#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>

#include "base/descriptor.hpp"
#include "cli/report/input_identity.hpp"
#include "cli/report/report_files.hpp"
#include "tlsrpt/read/byte_source.hpp"

namespace mta_sts::cli {

/// The bytes of one file after the other, standard input too.
class FileSource final : public tlsrpt::ByteSource {
 public:
  /// Goes on to another file. Where it cannot be opened, error() says why and it has no bytes.
  void open(const ReportFile& file);

  /// Reads its first bytes now, so that the kernel's time for them is spent here and not where they are used.
  /// Only of files that were found in folders: what a word names may be a pipe that has to be waited for.
  void read_front();

  [[nodiscard]] std::optional<std::size_t> read(std::span<char> out) override;

  [[nodiscard]] bool is_open() const { return is_open_; }
  /// What was opened, as it was before any of its bytes was read; nothing where it is no regular file.
  [[nodiscard]] const std::optional<InputIdentity>& identity() const { return identity_; }
  /// The number of the error that opening or reading ended with; 0 where it did not.
  [[nodiscard]] int error() const { return error_; }

 private:
  void open_found(const std::string& path, const ReportFile& file);
  void open_moved(const ReportFile& file);
  void identify(const ReportFile& file);
  [[nodiscard]] std::optional<std::size_t> read_descriptor(std::span<char> out);

  static constexpr std::size_t front_bytes = std::size_t{8} << 10;

  Descriptor own_;
  int number_ = -1;
  bool is_open_ = false;
  int error_ = 0;
  std::optional<InputIdentity> identity_;
  std::unique_ptr<char[]> front_ = std::make_unique_for_overwrite<char[]>(front_bytes);
  std::span<char> unread_;  // of front_
  bool at_end_ = false;
};

}  // namespace mta_sts::cli
