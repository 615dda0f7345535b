// The DNS records as they are published, and the text at the policy's URL.
#include <algorithm>

#include "check/details.hpp"
#include "check/wording.hpp"

namespace mta_sts::check {
namespace {

constexpr std::size_t text_lines_limit = 60;

using Records = std::vector<RecordDetails>;

void add_absent(Records& list, std::string_view type, const std::string& name, DnsStatus status) {
  list.push_back(
      {.type = std::string(type), .name = name, .text = std::string(to_string(status)), .is_there = false});
}

void add_cnames(Records& list, const std::string& name, const std::vector<std::string>& chain) {
  std::string owner = name;
  for (const std::string& target : chain) {
    list.push_back({.type = "CNAME", .name = owner, .text = target});
    owner = target;
  }
}

void add_txt(Records& list, const TxtFact& fact) {
  add_cnames(list, fact.name, fact.cname_chain);
  const std::string& owner = fact.cname_chain.empty() ? fact.name : fact.cname_chain.back();
  for (const auto& strings : fact.answer.records) {
    list.push_back({.type = "TXT", .name = owner, .text = join_strings(strings)});
  }
  if (fact.answer.records.empty()) {
    add_absent(list, "TXT", owner, fact.answer.status);
  }
}

void add_mx(Records& list, const Case& c) {
  for (const MxHostFact& mx : c.facts.dns.mx) {
    list.push_back({.type = "MX",
                    .name = c.facts.domain,
                    .text = std::to_string(mx.preference) + " " + (mx.name.empty() ? "." : mx.name)});
  }
  if (c.facts.dns.mx.empty()) {
    add_absent(list, "MX", c.facts.domain, c.facts.dns.mx_status);
  }
}

void add_addresses(Records& list, const HostFact& host) {
  add_cnames(list, host.name, host.cname_chain);
  const std::string& owner = host.cname_chain.empty() ? host.name : host.cname_chain.back();
  for (const std::string& address : host.addresses) {
    list.push_back(
        {.type = address.find(':') == std::string::npos ? "A" : "AAAA", .name = owner, .text = address});
  }
  if (host.addresses.empty() || lookup_failed(host.a_status)) {
    add_absent(list, "A", owner, host.a_status);
  }
  if (host.addresses.empty() || lookup_failed(host.aaaa_status)) {
    add_absent(list, "AAAA", owner, host.aaaa_status);
  }
}

// An absent TLSA record is no news: most hosts have none.
void add_tlsa(Records& list, const TlsaFact& fact) {
  const std::string owner = "_25._tcp." + fact.mx;
  for (const std::string& record : fact.records) {
    list.push_back({.type = "TLSA", .name = owner, .text = record});
  }
  if (lookup_failed(fact.status)) {
    add_absent(list, "TLSA", owner, fact.status);
  }
}

}  // namespace

std::vector<RecordDetails> record_details(const Case& c) {
  Records list;
  add_txt(list, c.facts.dns.sts);
  add_txt(list, c.facts.dns.tlsrpt);
  add_mx(list, c);
  std::vector<std::string> hosts = c.mx_names();
  hosts.insert(hosts.begin(), "mta-sts." + c.facts.domain);
  for (auto name = hosts.begin(); name != hosts.end(); ++name) {
    const HostFact* host = c.facts.dns.host(*name);
    if (host != nullptr && std::find(hosts.begin(), name, *name) == name) {
      add_addresses(list, *host);
    }
  }
  for (const TlsaFact& fact : c.facts.dns.tlsa) {
    add_tlsa(list, fact);
  }
  return list;
}

std::optional<PolicyTextDetails> policy_text_details(const Case& c) {
  if (c.answer == nullptr) {
    return std::nullopt;
  }
  const auto types = header_values(*c.answer, "Content-Type");
  PolicyTextDetails text{.url = "https://" + c.answer->host + c.answer->path,
                         .answer = std::to_string(c.answer->status) + ", " +
                                   (types.empty() ? "no Content-Type" : types.front()) + ", " +
                                   plural(c.answer->body.size(), "byte")};
  std::string_view rest = c.answer->body;
  while (!rest.empty() && text.lines.size() < text_lines_limit) {
    const std::size_t end = rest.find('\n');
    std::string_view line = rest.substr(0, end);
    line.remove_suffix(line.ends_with('\r') ? 1 : 0);
    text.lines.emplace_back(line);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  text.bytes_left = rest.size();
  return text;
}

}  // namespace mta_sts::check
