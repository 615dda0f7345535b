#include "eximcheck/build.hpp"

#include <algorithm>

namespace mta_sts::eximcheck {
namespace {

bool has_word(std::string_view words, std::string_view word) {
  return (' ' + std::string(words) + ' ').find(' ' + std::string(word) + ' ') != std::string::npos;
}

}  // namespace

EximBuild read_build(std::string_view output) {
  EximBuild build;
  while (!output.empty()) {
    const std::size_t end = std::min(output.find('\n'), output.size());
    std::string_view line = output.substr(0, end);
    output.remove_prefix(std::min(end + 1, output.size()));
    const auto take = [&](std::string_view head) {
      const bool begins = line.starts_with(head);
      line.remove_prefix(begins ? head.size() : 0);
      return begins;
    };
    if (take("Exim version ")) {
      build.version = line.substr(0, line.find(' '));
    } else if (take("Support for:")) {
      build.has_dlfunc = has_word(line, "Expand_dlfunc");
      build.has_dane = has_word(line, "DANE");
      build.has_dkim = has_word(line, "DKIM");
    } else if (take("Lookups (built-in):")) {
      build.has_dnsdb = has_word(line, "dnsdb");
    }
  }
  return build;
}

}  // namespace mta_sts::eximcheck
