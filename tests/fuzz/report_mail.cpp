// A mail or an mbox with reports: MIME of any quality.
#include "fuzz/tlsrpt.hpp"
#include "tlsrpt/read/mail.hpp"
#include "tlsrpt/read/mbox.hpp"

using namespace mta_sts;
using namespace mta_sts::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = view_of(data, size);
  if (tlsrpt::looks_like_mbox(bytes) || tlsrpt::looks_like_mail(bytes)) {
    read_as_input(bytes);
  } else {
    read_as_input("From a@b.example Tue Mar  3 04:12:09 2026\n" + std::string(bytes));
  }
  return 0;
}
