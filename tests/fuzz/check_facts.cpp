// A recording: what is read is judged without a fault, rendered safely, and means the same when it is read
// again.
#include "check/diagnosis.hpp"
#include "check/facts_json.hpp"
#include "check/render_html.hpp"
#include "fuzz/fuzz.hpp"

using namespace mta_sts;
using namespace mta_sts::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto facts = check::parse_facts(view_of(data, size));
  if (!facts) {
    require_safe(facts.error().detail);
    return 0;
  }
  const check::Diagnosis diagnosis = check::diagnose(*facts, "example.com");
  require(diagnosis.judgements.size() == check::catalogue().size());
  const auto plain = [](TextRole, std::string_view text) { return std::string(text); };
  check::HtmlPage page;
  check::Diagnosis named = diagnosis;
  named.domain = "example.com";  // the command has held both to their rules
  page.add(named);
  require_safe(check::render_text(named, true, plain));
  require_safe(check::render_json(named));
  require_safe(page.render({}));
  const std::string rendered = check::render_facts(*facts);
  const auto again = check::parse_facts(rendered);
  require(again && check::render_facts(*again) == rendered);
  return 0;
}
