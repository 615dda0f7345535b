// Any bytes as what an IMAP server answers: a line, and after the first LF what a literal in it holds.
#include "imap/response.hpp"

#include <algorithm>

#include "fuzz/fuzz.hpp"

using namespace mta_sts;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::view_of(data, size);
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string line(text.substr(0, end));
  static_cast<void>(imap::announced_literal(line));
  if (const auto status = imap::parse_status(line)) {
    fuzz::require(status->code.size() + status->arguments.size() + status->text.size() <= line.size());
  }
  if (auto numbers = imap::parse_search(line)) {
    fuzz::require(numbers->size() <= line.size());
    std::ranges::sort(*numbers);
    numbers->erase(std::ranges::unique(*numbers).begin(), numbers->end());
    fuzz::require(imap::render_set(*numbers).size() <= 11 * numbers->size());
  }
  imap::Response response{.text = line + "\n)", .literals = {std::string(text.substr(end))}};
  static_cast<void>(imap::take_fetched(response));
  imap::Response whole{.text = line, .literals = {}};
  if (const auto fetched = imap::take_fetched(whole)) {
    fuzz::require(imap::is_fetch(line) && (!fetched->body || fetched->body->size() <= line.size()));
  }
  return 0;
}
