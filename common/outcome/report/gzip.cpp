#include "outcome/report/gzip.hpp"

#include <libdeflate.h>

#include <new>

#include "base/handle.hpp"

namespace mta_sts::outcome {
namespace {

constexpr int level = 9;
constexpr std::size_t limit_bytes = std::size_t{64} * 1024 * 1024;

}  // namespace

std::string compress_gzip(std::string_view bytes) {
  const Handle<libdeflate_compressor, libdeflate_free_compressor> compressor(
      libdeflate_alloc_compressor(level));
  if (!compressor) {
    throw std::bad_alloc();
  }
  std::string gzip(libdeflate_gzip_compress_bound(compressor.get(), bytes.size()), '\0');
  gzip.resize(
      libdeflate_gzip_compress(compressor.get(), bytes.data(), bytes.size(), gzip.data(), gzip.size()));
  return gzip;
}

std::string decompress_gzip(std::string_view gzip, std::size_t size) {
  if (size > limit_bytes) {
    return {};
  }
  const Handle<libdeflate_decompressor, libdeflate_free_decompressor> decompressor(
      libdeflate_alloc_decompressor());
  if (!decompressor) {
    throw std::bad_alloc();
  }
  std::string bytes(size, '\0');
  const auto result = libdeflate_gzip_decompress(decompressor.get(), gzip.data(), gzip.size(), bytes.data(),
                                                 bytes.size(), nullptr);
  return result == LIBDEFLATE_SUCCESS ? bytes : std::string();
}

}  // namespace mta_sts::outcome
