// Any bytes as what a mail host answers to `mta-sts check`.
#include "probe/smtp_reply.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "fuzz/fuzz.hpp"

using namespace mta_sts;

namespace {

struct Reading {
  std::vector<std::string> lines;
  std::string error;

  bool operator==(const Reading&) const = default;
};

// What is read of a stream that comes in pieces of so many bytes.
Reading read(std::string_view bytes, std::size_t piece) {
  Reading reading;
  probe::SmtpReplyReader reader;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
    reader.feed(bytes.substr(0, piece));
    while (const auto reply = reader.next()) {
      fuzz::require(reply->code >= 0 && reply->code <= 999 && !reply->lines.empty() &&
                    reply->lines.size() <= 200);
      for (const std::string& line : reply->lines) {
        fuzz::require(line.size() <= 2048 && line.find('\n') == std::string::npos);
        reading.lines.push_back(std::to_string(reply->code) + line);
      }
    }
  }
  fuzz::require(reader.discard() <= bytes.size() + 65536);
  reading.error = reader.error();
  return reading;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = fuzz::view_of(data, std::min<std::size_t>(size, 32768));
  fuzz::require(read(bytes, bytes.size()) == read(bytes, 7));
  return 0;
}
