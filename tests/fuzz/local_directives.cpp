// The web servers' configurations: directives are found or not, and every one has its place.
#include "check/local_directives.hpp"
#include "fuzz/fuzz.hpp"

using namespace mta_sts;
using namespace mta_sts::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = view_of(data, size);
  for (const auto& found :
       {check::find_nginx_directives(text), check::find_apache_directives(text, "file")}) {
    std::size_t bytes = 0;
    for (const check::LocalDirective& directive : found) {
      require(directive.source.find(':') != std::string::npos);
      for (const std::string& word : directive.words) {
        bytes += word.size();
      }
    }
    require(bytes <= size);
  }
  for (const std::string& file : check::find_apache_files(text)) {
    require(file.size() < size);
  }
  return 0;
}
