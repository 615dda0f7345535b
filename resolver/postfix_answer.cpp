#include "postfix_answer.hpp"

#include <algorithm>
#include <unordered_set>
#include <vector>

#include "delivery/expectation.hpp"

namespace mta_sts::resolver {
namespace {

constexpr std::size_t names_without_lookup = 256;  // so many always fit an answer, whatever their length
constexpr std::size_t match_limit_bytes = 64 * std::size_t{1024};

bool has_star(std::string_view pattern) {
  return pattern.starts_with("*.");
}

std::string temp(std::string_view word, std::string_view sentence) {
  return "TEMP " + std::string(word) + ": " + std::string(sentence);
}

// MailRoutes asks for TLSA records only where the MX records are secure, or where none are needed.
delivery::Dane dane_of(sender::HostDane found) {
  switch (found) {
    case sender::HostDane::none:
      return {};
    case sender::HostDane::usable:
      return {.tlsa = delivery::Tlsa::usable, .mx_secure = true};
    case sender::HostDane::unknown:
      break;
  }
  return {.tlsa = delivery::Tlsa::lookup_failed};
}

/// The hosts of a route under a policy.
struct Hosts {
  std::vector<const sender::MailHost*> named;   // by the policy, and DNS says how to authenticate them
  bool names_any = false;                       // the policy names at least one host
  bool pkix = false;                            // one of `named` is for MTA-STS to authenticate
  bool dane = false;                            // one of `named` is for DANE
  bool outsider_with_dane = false;              // a host that the policy does not name may have TLSA records
  std::unordered_set<std::string_view> closed;  // no certificate may open these under `secure`
};

Hosts sort_out(const sender::MailRoute& route, const std::vector<std::string>& patterns) {
  Hosts hosts;
  for (const sender::MailHost& host : route.hosts) {
    const auto expected =
        delivery::expect_of({.mode = Mode::enforce, .mx = patterns}, host.name, dane_of(host.dane));
    hosts.names_any = hosts.names_any || expected.is_named;
    if (host.dane != sender::HostDane::none) {
      hosts.closed.insert(host.name);
      hosts.outsider_with_dane = hosts.outsider_with_dane || !expected.is_named;
    }
    if (expected.is_open) {
      hosts.named.push_back(&host);
      (expected.proof == delivery::Proof::dane ? hosts.dane : hosts.pkix) = true;
    }
  }
  return hosts;
}

/// `dane-only` shuts out every host without TLSA records and lets in every host with them, whatever the
/// policy says. So it is the answer where no host is shut out that comes before those it lets in (R125), and
/// none is let in that the policy does not name (R97).
bool is_for_dane(const Hosts& hosts) {
  if (!hosts.dane || hosts.outsider_with_dane) {
    return false;
  }
  const auto preferred = hosts.named.front()->preference;
  return !hosts.pkix || std::ranges::any_of(hosts.named, [preferred](const sender::MailHost* host) {
    return host->preference == preferred && host->dane == sender::HostDane::usable;
  });
}

/// The names of which a certificate must have one. Names of the policy stand there as they are, in view of MX
/// records that change; where they are too many, or the host is given, those that are hosts now.
std::string match_list(const std::vector<std::string>& patterns, const Hosts* hosts, bool host_itself) {
  std::string list;
  std::unordered_set<std::string_view> given;
  const auto add = [&](std::string_view name) {
    if ((hosts == nullptr || !hosts->closed.contains(name)) && given.insert(name).second) {
      list += list.empty() ? "" : ":";
      list += name;
    }
  };
  for (const std::string& pattern : patterns) {
    if (!has_star(pattern) && !host_itself) {
      add(pattern);
    }
  }
  if (hosts == nullptr) {
    return list;
  }
  if (list.size() > match_limit_bytes) {
    list.clear();
    given.clear();
  }
  for (const sender::MailHost* host : hosts->named) {
    add(host->name);
  }
  return list;
}

/// The names that Postfix is to match MX hosts with. It demands a certificate for the MX host's own name
/// then, whatever `match=` says, so where some hosts are not for `secure` to open the others stand there by
/// name.
std::string pattern_attributes(const Verdict& verdict, const Hosts* hosts, const std::string& match) {
  std::string text;
  const auto add = [&text](std::string_view pattern) {
    text += " mx_host_pattern=";
    text += pattern;
  };
  if (hosts == nullptr || hosts->closed.empty()) {
    std::ranges::for_each(verdict.mx, add);
    return text;
  }
  for (std::string_view rest = match; !rest.empty();) {
    const std::size_t end = std::min(rest.find(':'), rest.size());
    add(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return text;
}

/// What a TLS report needs. TLSRPT_README of Postfix 3.10.
std::string report_attributes(const Verdict& verdict, std::string_view domain) {
  std::string text = " policy_type=sts policy_domain=" + std::string(domain);
  const auto add_line = [&text](std::string_view key, std::string_view value) {
    text += " { policy_string = ";
    text += key;
    text += ": ";
    text += value;
    text += " }";
  };
  add_line("version", "STSv1");
  add_line("mode", to_string(verdict.mode));
  for (const std::string& pattern : verdict.mx) {
    add_line("mx", pattern);
  }
  add_line("max_age", std::to_string(verdict.max_age.count()));
  return text;
}

std::string secure_answer(const PostfixRequest& request, const Verdict& verdict, std::string_view domain,
                          const Hosts* hosts) {
  const std::string match = match_list(verdict.mx, hosts, request.host_itself);
  std::string answer = "OK secure match=" + match + " servername=hostname";
  if (match.empty() || answer.size() > postfix_answer_limit_bytes) {
    return temp("policy-too-large", "the policy names more hosts than an answer holds");
  }
  if (request.map == PostfixMapName::policy_tlsrpt) {
    const std::string attributes =
        report_attributes(verdict, domain) + pattern_attributes(verdict, hosts, match);
    if (answer.size() + attributes.size() <= postfix_answer_limit_bytes) {
      answer += attributes;  // a policy that is too long for them is obeyed all the same
    }
  }
  return answer;
}

std::string enforce_answer(const PostfixRequest& request, const Verdict& verdict, std::string_view domain,
                           const sender::MailRoute& route) {
  if (route.failed) {
    return temp("mx-lookup-failed", "DNS did not say which hosts take its mail");
  }
  const Hosts hosts = sort_out(route, verdict.mx);
  if (!hosts.names_any) {
    return temp("sts-mx-mismatch", "its policy names none of its MX hosts");
  }
  if (hosts.named.empty()) {
    return temp("tlsa-lookup-failed", "DNS did not say whether its MX hosts have TLSA records");
  }
  if (is_for_dane(hosts)) {
    return "OK dane-only";
  }
  if (!hosts.pkix) {
    return temp("sts-mx-mismatch", "an MX host that its policy does not name may have TLSA records");
  }
  return secure_answer(request, verdict, domain, &hosts);
}

}  // namespace

bool needs_route(const PostfixRequest& request, const Verdict& verdict, bool dane) {
  return verdict.mode == VerdictMode::enforce &&
         (dane || request.host_itself || verdict.mx.size() > names_without_lookup ||
          std::ranges::any_of(verdict.mx, has_star));
}

std::string postfix_answer(const PostfixRequest& request, const Verdict& verdict, std::string_view domain,
                           const sender::MailRoute* route) {
  switch (verdict.mode) {
    case VerdictMode::enforce:
      return route != nullptr ? enforce_answer(request, verdict, domain, *route)
                              : secure_answer(request, verdict, domain, nullptr);
    case VerdictMode::testing:
    case VerdictMode::none:
      return "NOTFOUND ";
    case VerdictMode::temp:
      break;
  }
  return "TEMP " + verdict.reason;
}

}  // namespace mta_sts::resolver
