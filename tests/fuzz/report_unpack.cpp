// Packed reports: gzip by its members, archives by their entries, each in each. What of a zip archive is
// unpacked without the library is what that unpacks.
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "fuzz/tlsrpt.hpp"
#include "tlsrpt/read/plain_zip.hpp"
#include "tlsrpt/read/unpack_archive.hpp"
#include "tlsrpt/read/unpack_gzip.hpp"

using namespace mta_sts;
using namespace mta_sts::fuzz;

namespace {

struct Unpacked {
  std::vector<std::pair<std::string, std::string>> files;
  tlsrpt::ErrorSet errors;
  std::size_t problems = 0;

  bool operator==(const Unpacked&) const = default;
};

using Accept = std::function<void(std::string_view name, std::string& bytes)>;

void unpack_by_library(tlsrpt::Packing packing, tlsrpt::BufferedSource& source, tlsrpt::Findings& findings,
                       const Accept& accept) {
  tlsrpt::unpack_archive(packing, source, {}, findings, accept);
}

void unpack_plain_first(tlsrpt::Packing packing, tlsrpt::BufferedSource& source, tlsrpt::Findings& findings,
                        const Accept& accept) {
  const tlsrpt::ArchiveFront front = tlsrpt::read_plain_zip(source, accept);
  if (!front.is_whole) {
    tlsrpt::unpack_archive(packing, source, front, findings, accept);
  }
}

Unpacked unpack(tlsrpt::Packing packing, std::string_view bytes, const auto& way) {
  Unpacked unpacked;
  tlsrpt::Findings findings;
  tlsrpt::MemorySource memory(bytes);
  tlsrpt::BufferedSource source(memory);
  way(packing, source, findings,
      [&](std::string_view name, std::string& file) { unpacked.files.emplace_back(name, std::move(file)); });
  unpacked.errors = findings.errors;
  unpacked.problems = findings.problems.size();
  return unpacked;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = view_of(data, size);
  if (const auto unpacked = tlsrpt::GzipUnpacker().unpack(bytes)) {
    require(unpacked->bytes.size() <= tlsrpt::unpacked_limit_bytes);
    require(tlsrpt::looks_like_gzip(bytes));
  }
  const auto packing = tlsrpt::packing_of(bytes);
  if (packing) {
    const Unpacked by_library = unpack(*packing, bytes, unpack_by_library);
    for (const auto& [name, file] : by_library.files) {
      require(file.size() <= tlsrpt::unpacked_limit_bytes);
    }
    if (packing == tlsrpt::Packing::zip) {
      require(unpack(*packing, bytes, unpack_plain_first) == by_library);
    }
  }
  if (tlsrpt::looks_like_gzip(bytes) || packing) {
    read_as_input(bytes);
  }
  return 0;
}
