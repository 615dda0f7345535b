// Packed reports: gzip by its members, archives by their entries, each in each.
#include "fuzz/tlsrpt.hpp"
#include "tlsrpt/read/unpack_archive.hpp"
#include "tlsrpt/read/unpack_gzip.hpp"

using namespace mta_sts;
using namespace mta_sts::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = view_of(data, size);
  if (const auto unpacked = tlsrpt::GzipUnpacker().unpack(bytes)) {
    require(unpacked->bytes.size() <= tlsrpt::unpacked_limit_bytes);
    require(tlsrpt::looks_like_gzip(bytes));
  }
  const auto packing = tlsrpt::packing_of(bytes);
  if (packing) {
    tlsrpt::Findings findings;
    tlsrpt::MemorySource source(bytes);
    tlsrpt::unpack_archive(*packing, source, findings, [](std::string_view, std::string& entry) {
      require(entry.size() <= tlsrpt::unpacked_limit_bytes);
    });
  }
  if (tlsrpt::looks_like_gzip(bytes) || packing) {
    read_as_input(bytes);
  }
  return 0;
}
