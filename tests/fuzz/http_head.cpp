// Any bytes as the head of an HTTP answer, line by line as libcurl hands it over, and the judge behind it.
#include "sender/fetch/http_head.hpp"

#include <algorithm>

#include "fuzz/fuzz.hpp"
#include "sender/fetch/fetch_facts.hpp"

using namespace mta_sts;

namespace {

constexpr std::string_view policy = "version: STSv1\nmode: none\nmax_age: 1\n";

sender::FetchFacts facts_of(sender::HttpHead head) {
  sender::FetchFacts facts;
  facts.dns = sender::DnsOutcome::ok;
  facts.connect = sender::ConnectOutcome::ok;
  facts.tls = sender::TlsOutcome::ok;
  facts.tls_version = 0x0304;
  facts.sni = "mta-sts.example.com";
  facts.head = std::move(head);
  facts.body = policy;
  facts.received = policy.size();
  facts.last_chunk = facts.close_notify = facts.end_stream = true;
  return facts;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  sender::HttpHead head;
  std::string_view text = fuzz::view_of(data, size);
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    if (!head.parse_line(text.substr(0, end))) {
      fuzz::require(!head.fault().empty());
      break;
    }
    text.remove_prefix(end);
  }
  fuzz::require_safe(head.fault());
  const sender::FetchResult result = sender::judge_fetch(facts_of(head), {.host = "mta-sts.example.com"});
  if (!result) {
    fuzz::require_safe(result.error().detail);
    return 0;
  }
  // What is let through has one status line of 200, one type, and one way to see its end.
  fuzz::require(head.status() == 200 && head.ended() && head.fault().empty() && head.framing_fault().empty());
  fuzz::require(head.content_types().size() == 1 && !head.has_content_coding());
  fuzz::require(!(head.has_length() && head.is_chunked()));
  fuzz::require(!head.has_length() || head.declared_length(65536) == policy.size());
  return 0;
}
