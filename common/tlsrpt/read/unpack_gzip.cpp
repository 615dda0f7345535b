#include "tlsrpt/read/unpack_gzip.hpp"

#include <libdeflate.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <new>

#include "base/ascii.hpp"
#include "base/handle.hpp"

namespace mta_sts::tlsrpt {
namespace {

// What a report unpacks to, nearly always.
constexpr std::size_t usual_bytes = std::size_t{64} << 10;

Problem too_big(std::size_t packed) {
  return {.error = ReadError::too_big,
          .detail = "unpacks to more than 20 MiB (ratio over " +
                    std::to_string(unpacked_limit_bytes / std::max<std::size_t>(packed, 1)) + ":1)"};
}

}  // namespace

// libdeflate takes a whole member whose result has room: half of zlib's instructions. zlib takes all others a
// piece at a time, and says what is wrong with them. inflateEnd does not free the struct, so Handle does not
// fit it.
class GzipUnpacker::Inflater {
 public:
  Inflater()
      : whole_(libdeflate_alloc_decompressor()),
        has_stream_(inflateInit2(&stream_, 15 + 16) == Z_OK) {}  // 16: gzip header and trailer
  ~Inflater() {
    if (has_stream_) {
      inflateEnd(&stream_);
    }
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  [[nodiscard]] bool is_ready() const { return whole_ && has_stream_; }

  // Appends the member that `rest` begins with to `out` and cuts it off. False, and nothing done, where it
  // has over usual_bytes or anything is wrong with it.
  bool take_usual(std::string_view& rest, std::string& out) {
    std::size_t taken = 0;
    std::size_t made = 0;
    if (libdeflate_gzip_decompress_ex(whole_.get(), rest.data(), rest.size(), usual_.data(), usual_.size(),
                                      &taken, &made) != LIBDEFLATE_SUCCESS) {
      return false;
    }
    rest.remove_prefix(taken);
    out.append(usual_.data(), made);
    return true;
  }

  void begin_member(std::string_view bytes) {
    inflateReset(&stream_);
    // zlib does not write to its input; its interface only lacks the const.
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream_.avail_in = static_cast<uInt>(bytes.size());
  }

  int step(std::array<char, 32768>& out, std::size_t& produced) {
    stream_.next_out = reinterpret_cast<Bytef*>(out.data());
    stream_.avail_out = static_cast<uInt>(out.size());
    const int result = inflate(&stream_, Z_NO_FLUSH);
    produced = out.size() - stream_.avail_out;
    return result;
  }

  [[nodiscard]] std::size_t unread() const { return stream_.avail_in; }
  [[nodiscard]] bool has_room_left() const { return stream_.avail_out != 0; }

 private:
  Handle<libdeflate_decompressor, libdeflate_free_decompressor> whole_;
  std::array<char, usual_bytes> usual_;
  z_stream stream_{};
  bool has_stream_;
};

namespace {

// Unpacks the member that `rest` begins with and cuts it off.
std::expected<void, Problem> unpack_member(auto& inflater, std::string_view& rest, std::string& out,
                                           std::size_t packed) {
  if (unpacked_limit_bytes - out.size() >= usual_bytes && inflater.take_usual(rest, out)) {
    return {};
  }
  std::array<char, 32768> chunk;
  inflater.begin_member(rest);
  while (true) {
    std::size_t produced = 0;
    const int result = inflater.step(chunk, produced);
    if (out.size() + produced > unpacked_limit_bytes) {
      return std::unexpected(too_big(packed));
    }
    out.append(chunk.data(), produced);
    if (result == Z_STREAM_END) {
      rest.remove_prefix(rest.size() - inflater.unread());
      return {};
    }
    if (result != Z_OK && result != Z_BUF_ERROR) {
      return std::unexpected(Problem{ReadError::gzip, "the gzip stream is corrupt after " +
                                                          std::to_string(out.size()) +
                                                          " unpacked bytes: fetch the file again"});
    }
    if (inflater.unread() == 0 && inflater.has_room_left()) {
      return std::unexpected(Problem{ReadError::gzip, "the gzip stream is cut short after " +
                                                          std::to_string(out.size()) +
                                                          " unpacked bytes: fetch the file again"});
    }
  }
}

constexpr std::size_t least_member_bytes = 20;

// Tapes and editors put zeros and line ends behind a member.
std::size_t padding_of(std::string_view bytes) {
  const auto end = std::ranges::find_if_not(bytes, [](char c) { return c == '\0' || ascii::is_space(c); });
  return static_cast<std::size_t>(end - bytes.begin());
}

}  // namespace

GzipUnpacker::GzipUnpacker() : inflater_(std::make_unique<Inflater>()) {
  if (!inflater_->is_ready()) {
    throw std::bad_alloc();
  }
}

GzipUnpacker::~GzipUnpacker() = default;

std::expected<Unpacked, Problem> GzipUnpacker::unpack(std::string_view bytes) {
  if (bytes.size() > 2 * unpacked_limit_bytes) {  // deflate hardly grows what it packs: no report is in there
    return std::unexpected(Problem{ReadError::too_big, "over 40 MiB before it is even unpacked"});
  }
  Unpacked unpacked;
  std::string_view rest = bytes;
  do {
    if (auto done = unpack_member(*inflater_, rest, unpacked.bytes, bytes.size()); !done) {
      return std::unexpected(std::move(done.error()));
    }
    const std::size_t padding = padding_of(rest);
    unpacked.has_trailing_bytes = unpacked.has_trailing_bytes || padding > 0;
    rest.remove_prefix(padding);
  } while (looks_like_gzip(rest));
  unpacked.has_trailing_bytes = unpacked.has_trailing_bytes || !rest.empty();
  unpacked.has_lost_bytes = rest.size() >= least_member_bytes;
  return unpacked;
}

}  // namespace mta_sts::tlsrpt
