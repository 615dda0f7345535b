// A mail or an mbox with reports: MIME of any quality. What is read without the MIME library is what that
// reads.
#include <vector>

#include "fuzz/tlsrpt.hpp"
#include "tlsrpt/read/mail.hpp"
#include "tlsrpt/read/mbox.hpp"
#include "tlsrpt/read/plain_mail.hpp"

using namespace mta_sts;
using namespace mta_sts::fuzz;

namespace {

void read_both_ways(std::string_view mail) {
  std::vector<tlsrpt::MailPart> plain;
  if (!tlsrpt::read_plain_mail(mail, [&](tlsrpt::MailPart& part) { plain.push_back(part); })) {
    require(plain.empty());
    return;
  }
  std::size_t number = 0;
  tlsrpt::read_mail(mail, [&](tlsrpt::MailPart& part) {
    require(number < plain.size());
    require(plain[number++] == part);
  });
  require(number == plain.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = view_of(data, size);
  read_both_ways(bytes);
  if (tlsrpt::looks_like_mbox(bytes) || tlsrpt::looks_like_mail(bytes)) {
    read_as_input(bytes);
  } else {
    read_as_input("From a@b.example Tue Mar  3 04:12:09 2026\n" + std::string(bytes));
  }
  return 0;
}
