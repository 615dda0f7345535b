// The words that Exim hands to the plugin, one a line.
#include "dlfunc.hpp"

#include <string>

#include "arguments.hpp"
#include "fuzz/fuzz.hpp"
#include "verdict/verdict_line.hpp"

using namespace mta_sts;
using namespace mta_sts::fuzz;

namespace {

using Function = int (*)(unsigned char**, int, unsigned char**) noexcept;

// Calls as Exim does: each word ends at its first NUL, a null pointer stands behind the last.
std::string call(Function function, std::vector<std::string> words) {
  std::vector<unsigned char*> argv;
  for (std::string& word : words) {
    argv.push_back(reinterpret_cast<unsigned char*>(word.data()));
  }
  argv.push_back(nullptr);
  unsigned char* yield = nullptr;
  require(function(&yield, static_cast<int>(words.size()), argv.data()) == 0);
  return reinterpret_cast<const char*>(yield);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto words = split(view_of(data, size), '\n');
  const auto arguments = exim::parse_verdict_arguments(words);
  if (arguments) {
    require(arguments->domain == words.front());
    require(arguments->address.socket_path.starts_with('/'));
    require(arguments->address.wait > std::chrono::seconds(0));
    require(arguments->address.wait <= std::chrono::seconds(exim::wait_limit_seconds));
  }
  // Whatever the domain, the answer is a verdict line, and it is temp: nobody listens there.
  const auto verdict =
      parse_verdict_line(call(mta_sts_verdict, {std::string(words.front()), "socket=/nonexistent/s"}));
  require(verdict.has_value());
  require(verdict->mode == VerdictMode::temp);
  const std::string fault = call(mta_sts_cert, {words.begin(), words.end()});
  require_safe(fault);
  require(words.size() >= 2 || !fault.empty());
  if (words.size() >= 2) {
    const std::string names(view_of(data, size).substr(words.front().size() + 1));
    const std::string strict = exim::certificate_fault(words.front(), names, exim::NameCheck::of_host);
    const std::string loose =
        exim::certificate_fault(words.front(), names, exim::NameCheck::of_mx_record_by_exim);
    require_safe(strict);
    require_safe(loose);
    require(!strict.empty() || loose.empty());  // what our own check takes is taken
  }
  return 0;
}
