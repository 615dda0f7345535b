// The area fetch: what each layer of a fetch did, judged.
#include <map>

#include "sender/fetch/fetch_facts.hpp"
#include "vectors/reader.hpp"

namespace mta_sts::vectors {
namespace {

constexpr std::string_view policy_host = "mta-sts.example.com";
constexpr std::string_view valid_body = "version: STSv1\r\nmode: none\r\nmax_age: 86400\r\n";

template <typename Fact>
Fact fact_of(const Json& value, std::string_view what, const std::map<std::string, Fact>& words) {
  const auto found = words.find(text_of(value, what));
  if (found == words.end()) {
    throw BadVector(std::string(what) + ": unknown word " + value.get<std::string>());
  }
  return found->second;
}

void read_layers(const Json& input, sender::FetchFacts& facts) {
  if (input.contains("dns")) {
    facts.dns = fact_of<sender::DnsOutcome>(input["dns"], "dns",
                                            {{"ok", sender::DnsOutcome::ok},
                                             {"nxdomain", sender::DnsOutcome::nx_domain},
                                             {"servfail", sender::DnsOutcome::failed}});
  }
  if (input.contains("connect")) {
    facts.connect = fact_of<sender::ConnectOutcome>(input["connect"], "connect",
                                                    {{"ok", sender::ConnectOutcome::ok},
                                                     {"refused", sender::ConnectOutcome::refused},
                                                     {"timeout", sender::ConnectOutcome::timeout},
                                                     {"unreachable", sender::ConnectOutcome::unreachable}});
  }
  if (input.contains("tls")) {
    facts.tls = fact_of<sender::TlsOutcome>(input["tls"], "tls",
                                            {{"ok", sender::TlsOutcome::ok},
                                             {"expired", sender::TlsOutcome::expired},
                                             {"not-yet-valid", sender::TlsOutcome::not_yet_valid},
                                             {"untrusted-root", sender::TlsOutcome::untrusted},
                                             {"self-signed", sender::TlsOutcome::untrusted},
                                             {"incomplete-chain", sender::TlsOutcome::untrusted},
                                             {"host-mismatch", sender::TlsOutcome::host_mismatch},
                                             {"cn-only", sender::TlsOutcome::host_mismatch},
                                             {"provider-name", sender::TlsOutcome::host_mismatch},
                                             {"wrong-purpose", sender::TlsOutcome::wrong_purpose},
                                             {"revoked", sender::TlsOutcome::revoked},
                                             {"protocol-version", sender::TlsOutcome::protocol},
                                             {"alert-unrecognized-name", sender::TlsOutcome::protocol},
                                             {"not-tls", sender::TlsOutcome::protocol},
                                             {"closed", sender::TlsOutcome::protocol}});
  }
  if (input.contains("tls_version")) {
    facts.tls_version = fact_of<int>(input["tls_version"], "tls_version", {{"1.2", 0x0303}, {"1.3", 0x0304}});
  }
  if (input.contains("sni_sent")) {
    facts.sni = text_of(input["sni_sent"], "sni_sent");
  }
}

std::string length_text(const Json& value) {
  if (value.is_string()) {
    return value.get<std::string>();
  }
  if (value.is_number_integer()) {
    return value.dump();
  }
  if (value.is_number_float() && value.get<double>() >= 0) {  // beyond 64 bits
    std::string digits = std::to_string(value.get<double>());
    return digits.substr(0, digits.find('.'));
  }
  throw BadVector("declared: no number and no text");
}

// The fields of the answer as a server would have written them.
std::vector<std::string> field_lines(const Json& input, std::string_view framing) {
  std::vector<std::string> lines;
  if (input.contains("content_type")) {
    for (const std::string& value : texts_of(input["content_type"], "content_type")) {
      lines.push_back("Content-Type: " + value);
    }
  }
  if (input.contains("declared")) {
    const Json& declared = input["declared"];
    for (const Json& value : declared.is_array() ? declared : Json::array({declared})) {
      lines.push_back("Content-Length: " + length_text(value));
    }
  }
  if (framing == "chunked") {
    lines.emplace_back("Transfer-Encoding: chunked");
  }
  if (input.contains("location")) {
    lines.push_back("Location: " + text_of(input["location"], "location"));
  }
  if (input.contains("headers")) {
    for (std::string& line : texts_of(input["headers"], "headers")) {
      lines.push_back(std::move(line));
    }
  }
  return lines;
}

std::string framing_of(const Json& input) {
  return input.contains("framing")
             ? word_of(input["framing"], "framing", {"content-length", "chunked", "close", "h2"})
             : std::string();
}

std::uint64_t count_of(const Json& input, const char* key) {
  if (!input.contains(key)) {
    return 0;
  }
  if (!input[key].is_number_unsigned()) {
    throw BadVector(std::string(key) + ": no number");
  }
  return input[key].get<std::uint64_t>();
}

bool flag_of(const Json& input, const char* key) {
  return input.contains(key) && bool_of(input[key], key);
}

// Feeds the head through the product's reader, line by line until it refuses one.
void read_head(const Json& input, sender::FetchFacts& facts) {
  const std::string framing = framing_of(input);
  const std::string version = framing == "h2" ? "HTTP/2 " : "HTTP/1.1 ";
  std::vector<std::string> lines;
  if (input.contains("interim")) {
    for (const Json& status : list_of(input["interim"], "interim")) {
      lines.insert(lines.end(), {version + status.dump(), ""});
    }
  }
  if (input.contains("status")) {
    lines.push_back(version + std::to_string(count_of(input, "status")));
    const auto fields = field_lines(input, framing);
    lines.insert(lines.end(), fields.begin(), fields.end());
    lines.emplace_back();
  }
  for (const std::string& line : lines) {
    if (!facts.head.parse_line(line + "\r\n")) {
      return;
    }
  }
}

sender::FetchFacts fetch_facts_of(const Json& input) {
  expect_keys(input, {"dns",
                      "connect",
                      "sni_sent",
                      "tls",
                      "tls_version",
                      "interim",
                      "status",
                      "location",
                      "headers",
                      "content_type",
                      "allow_missing_content_type",
                      "framing",
                      "declared",
                      "received",
                      "last_chunk",
                      "chunk_error",
                      "close_notify",
                      "end_stream",
                      "body",
                      "raw",
                      "elapsed_ms"});
  sender::FetchFacts facts;
  read_layers(input, facts);
  read_head(input, facts);
  facts.received = count_of(input, "received");
  facts.last_chunk = flag_of(input, "last_chunk");
  facts.chunk_error = flag_of(input, "chunk_error");
  facts.close_notify = flag_of(input, "close_notify");
  facts.end_stream = flag_of(input, "end_stream");
  facts.elapsed = std::chrono::milliseconds(count_of(input, "elapsed_ms"));
  if (input.contains("raw")) {
    facts.not_http = word_of(input["raw"], "raw", {"garbage"}) == "garbage";
  }
  if (input.contains("body")) {
    facts.body = word_of(input["body"], "body", {"valid", "invalid"}) == "valid" ? valid_body : "<html>";
  }
  return facts;
}

}  // namespace

Outcome run_fetch(const Json& input, const Json& expect) {
  expect_keys(expect, {"ok", "kind", "tlsrpt"});
  const bool ok = bool_of(member(expect, "ok"), "ok");
  if (!ok && !sender::parse_fetch_error_kind(text_of(member(expect, "kind"), "kind"))) {
    throw BadVector("kind: unknown word");
  }
  static_cast<void>(member(input, "elapsed_ms"));
  const sender::FetchFacts facts = fetch_facts_of(input);
  const sender::FetchResult result =
      sender::judge_fetch(facts, {.host = policy_host,
                                  .missing_content_type = flag_of(input, "allow_missing_content_type")
                                                              ? MissingContentType::accept
                                                              : MissingContentType::refuse,
                                  .deadline = std::chrono::minutes(1)});
  Json came{{"ok", result.has_value()}};
  if (!result) {
    came["kind"] = to_string(result.error().kind);
    came["tlsrpt"] = sender::tlsrpt_result_type(result.error().kind);
  }
  return compare_given(expect, std::move(came));
}

}  // namespace mta_sts::vectors
