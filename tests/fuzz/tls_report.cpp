// A TLS report in any wrapping: JSON, gzip, zip, mail, mbox.
#include "fuzz/fuzz.hpp"
#include "tlsrpt/read/read_input.hpp"

using namespace mta_sts;
using namespace mta_sts::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static tlsrpt::InputReader reader{std::chrono::sys_days(std::chrono::year(2026) / 12 / 1)};
  tlsrpt::MemorySource source(view_of(data, size));
  std::size_t reports = 0;
  const tlsrpt::InputResult result = reader.read(source, "report.json", [&](tlsrpt::Report&& report) {
    ++reports;
    for (const auto& policy : report.policies) {
      require(!text::find_invalid_utf8(policy.counted_domain));
    }
  });
  require(result.reports == reports);
  require((result.status() == "error") == (reports == 0));
  require(!result.is_unreadable);
  return 0;
}
