// C24 to C31: the answer to GET /.well-known/mta-sts.txt.
#include <algorithm>
#include <array>

#include "base/ascii.hpp"
#include "check/cached_answer.hpp"
#include "check/case.hpp"
#include "check/groups.hpp"
#include "policy/content_type.hpp"
#include "policy/policy.hpp"

namespace mta_sts::check {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds slow_answer = seconds(10);
constexpr milliseconds answer_limit = seconds(60);

std::string location(const HttpsFact& fact) {
  return subject_of(fact.host, fact.address);
}

bool is_redirect(int status) {
  return status >= 300 && status < 400 && status != 304;
}

// Where a policy stands instead of the right place; empty: nowhere that was asked.
std::string place_elsewhere(const Case& c) {
  for (const HttpsFact& fact : c.facts.https.elsewhere) {
    if (fact.status == 200 && served_instead(fact).empty() && fact.body.find("STSv1") != std::string::npos) {
      return "https://" + fact.host + fact.path;
    }
  }
  return {};
}

std::string cause_of_status(const Case& c, const HttpsFact& fact) {
  if (const std::string place = place_elsewhere(c); !place.empty()) {
    return "The policy stands at " + place + " instead.";
  }
  switch (fact.status) {
    case 0:
      return shook_hands(fact.tls)
                 ? "The TLS handshake succeeds, but no HTTP answer comes after it: another program listens "
                   "there, or the web server breaks off."
                 : "The TLS handshake fails.";
    case 200: {
      const std::string_view served = served_instead(fact);
      return served == "an HTML page"
                 ? "The web server answers with a page: a catch-all rule, or a bot filter."
             : served == "JSON" ? "Another program answers at this path."
                                : "The text of the DNS record was put into the file.";
    }
    case 403:
      return "The file may not be read, or a filter refuses this client.";
    case 404:
      return "The file is not there: wrong root, or no .well-known folder.";
    case 429:
      return "The server limits requests; senders come from many addresses, and again each day.";
    case 502:
    case 503:
    case 504:
      return "The program behind the web server does not answer.";
    default:
      return "";
  }
}

std::string fix_of_status(const Case& c, const HttpsFact& fact) {
  if (const std::string place = place_elsewhere(c); !place.empty()) {
    return "Move it from " + place + " to https://mta-sts." + c.facts.domain + "/.well-known/mta-sts.txt.";
  }
  if (fact.status == 0 && shook_hands(fact.tls)) {
    return "Look into the web server's error log for requests to " + fact.host +
           ": TLS is in order there, HTTP is not.";
  }
  if (fact.status == 0) {
    return "Repair the TLS set-up of the policy host; openssl s_client -connect " + fact.address +
           ":443 -servername " + fact.host + " shows what it says.";
  }
  return fact.status == 429 ? "Exempt this one path from the limit." : "";
}

// An address that was reached and gave no answer is C24's finding, or C23's where TLS is too old.
CheckFinding without_answer(const Case& c, const HttpsFact& fact) {
  return {.outcome = Outcome::skipped,
          .subject = location(fact),
          .because_of = offers_old_tls_alone(c.facts.https) ? 23 : 24};
}

// Runs `judge_one` over the answer of every address that was reached; skips where there was none.
template <typename JudgeOne>
std::vector<CheckFinding> for_each_answer(const Case& c, JudgeOne judge_one) {
  std::vector<CheckFinding> findings;
  std::size_t answers = 0;
  for (const HttpsFact& fact : c.facts.https.by_address) {
    if (fact.status != 0) {
      ++answers;
      judge_one(fact, findings);
    } else if (fact.reach == Reach::connected) {
      findings.push_back(without_answer(c, fact));
    }
  }
  return answers == 0 ? skipped(c.why_no_policy())
                      : all_or_ok(std::move(findings), std::to_string(answers) + " answer(s)");
}

std::vector<CheckFinding> judge_status(const Case& c) {
  std::vector<CheckFinding> findings;
  for (const HttpsFact& fact : c.facts.https.by_address) {
    const std::string_view served = fact.status == 200 && fact.complete ? served_instead(fact) : "";
    if (fact.reach != Reach::connected || (fact.status == 200 && served.empty())) {
      continue;
    }
    if (is_redirect(fact.status)) {
      findings.push_back({.outcome = Outcome::skipped, .subject = location(fact), .because_of = 25});
      continue;
    }
    if (fact.status == 0 && offers_old_tls_alone(c.facts.https)) {
      findings.push_back(without_answer(c, fact));
      continue;
    }
    const std::string seen = fact.status == 0 ? (fact.error.empty() ? fact.tls.error : fact.error)
                                              : "status " + std::to_string(fact.status) +
                                                    (served.empty() ? "" : " with " + std::string(served));
    findings.push_back(found_at(location(fact), Severity::error, seen, cause_of_status(c, fact)));
    findings.back().fix = fix_of_status(c, fact);
  }
  if (findings.empty() && c.answer == nullptr) {
    return skipped(c.why_no_policy());
  }
  return all_or_ok(std::move(findings), "200");
}

std::vector<CheckFinding> judge_no_redirect(const Case& c) {
  return for_each_answer(c, [](const HttpsFact& fact, std::vector<CheckFinding>& findings) {
    if (is_redirect(fact.status)) {
      const auto targets = header_values(fact, "Location");
      findings.push_back(
          found_at(location(fact), Severity::error,
                   std::to_string(fact.status) + " to " + (targets.empty() ? "nowhere" : targets.front())));
    }
  });
}

// What this address answered to a sender's own request; where it is not among them, what any did.
const HttpsFact& answer_of(const Case& c, const std::string& address) {
  const auto own = std::ranges::find(c.facts.https.by_address, address, &HttpsFact::address);
  return own == c.facts.https.by_address.end() ? *c.answer : *own;
}

std::vector<CheckFinding> judge_user_agents(const Case& c) {
  const auto& tries = c.facts.https.by_user_agent;
  if (c.answer == nullptr || tries.empty()) {
    return skipped(c.answer == nullptr ? c.why_no_policy() : 15);
  }
  if (!c.answer->complete) {
    return skipped(29);
  }
  if (!served_instead(*c.answer).empty()) {
    return skipped(24);
  }
  // The same address's answer: another's may differ whatever the User-Agent, and that is not asked here.
  const HttpsFact& own = answer_of(c, tries.front().address);
  if (own.reach != Reach::connected) {
    return skipped(15);
  }
  if (own.status != c.answer->status) {
    return skipped(24);
  }
  std::vector<CheckFinding> findings;
  for (const HttpsFact& fact : tries) {
    const bool is_challenge =
        !header_values(fact, "cf-mitigated").empty() || served_instead(fact) == "an HTML page";
    const bool differs = fact.status != own.status || fact.body != own.body;
    const std::string agent = fact.user_agent.empty() ? "no User-Agent" : "User-Agent " + fact.user_agent;
    if (fact.reach == Reach::not_tried) {
      findings.push_back({.outcome = Outcome::not_testable,
                          .subject = agent,
                          .evidence = "not asked: no time was left, or the request before got no answer"});
      continue;
    }
    if (!differs && !(fact.status == 200 && is_challenge && own.status == 200)) {
      continue;
    }
    const std::string seen = fact.status == 0 ? fact.error : "status " + std::to_string(fact.status);
    findings.push_back(found_at(agent, Severity::error, seen + (is_challenge ? ", a challenge page" : "")));
  }
  return all_or_ok(std::move(findings), std::to_string(tries.size()) + " User-Agents, the same answer");
}

std::vector<CheckFinding> judge_limits(const Case& c) {
  return for_each_answer(c, [](const HttpsFact& fact, std::vector<CheckFinding>& findings) {
    const std::string took = std::to_string(fact.elapsed.count()) + " ms";
    if (fact.elapsed > answer_limit) {
      findings.push_back(found_at(location(fact), Severity::error, took, "Senders give up after a minute."));
    } else if (fact.elapsed > slow_answer) {
      findings.push_back(
          found_at(location(fact), Severity::warning, took, "Impatient senders give up earlier."));
    }
    if (fact.body.size() > policy_limit_bytes) {
      findings.push_back(found_at(location(fact), Severity::error, "over 64 KiB",
                                  "Something else than a policy is served."));
    }
  });
}

std::vector<CheckFinding> judge_content_type(const Case& c) {
  return for_each_answer(c, [](const HttpsFact& fact, std::vector<CheckFinding>& findings) {
    if (fact.status != 200) {
      return;
    }
    if (fact.complete && !served_instead(fact).empty()) {
      findings.push_back({.outcome = Outcome::skipped, .subject = location(fact), .because_of = 24});
      return;
    }
    const auto values = header_values(fact, "Content-Type");
    const std::vector<std::string_view> views(values.begin(), values.end());
    if (!is_policy_content_type(views)) {
      findings.push_back(found_at(location(fact), Severity::error,
                                  values.empty() ? "no Content-Type" : "Content-Type: " + values.front()));
    }
  });
}

std::vector<CheckFinding> judge_complete(const Case& c) {
  return for_each_answer(c, [](const HttpsFact& fact, std::vector<CheckFinding>& findings) {
    if (fact.status != 200) {
      return;
    }
    if (!fact.complete) {
      findings.push_back(found_at(location(fact), Severity::error,
                                  std::to_string(fact.body.size()) + " bytes came: " + fact.error));
    }
  });
}

std::vector<CheckFinding> judge_coding(const Case& c) {
  std::vector<CheckFinding> findings =
      for_each_answer(c, [&c](const HttpsFact& fact, std::vector<CheckFinding>& list) {
        for (const std::string& coding : header_values(fact, "Content-Encoding")) {
          if (!ascii::equals_ignoring_case(coding, "identity")) {
            list.push_back(found_at(location(fact), Severity::error, "Content-Encoding: " + coding,
                                    "The answer is compressed though it was not asked for."));
          }
        }
        if (auto cached = judge_cached_answer(c, fact)) {
          list.push_back(std::move(*cached));
        }
        if (fact.http_version == "HTTP/1.0") {
          list.push_back(found_at(location(fact), Severity::note, "answers HTTP/1.0"));
        }
      });
  const auto& head = c.facts.https.head;
  if (head && c.answer != nullptr && head->status != 0) {
    const int status = answer_of(c, head->address).status;
    if (status != head->status) {
      findings.push_back(found(Severity::note, "HEAD gives " + std::to_string(head->status) + ", GET gives " +
                                                   std::to_string(status)));
    }
  }
  return findings;
}

std::vector<CheckFinding> judge_elsewhere(const Case& c) {
  if (c.facts.https.elsewhere.empty()) {
    return not_applicable("no other host or path was asked");
  }
  const std::string place = place_elsewhere(c);
  if (place.empty()) {
    return ok();
  }
  return c.policy() == nullptr && c.why_no_policy() == 24
             ? skipped(24)  // which says where it is
             : std::vector{found(Severity::note, place + " has a policy too")};
}

constexpr std::array table{
    Check{.number = 24,
          .title = "The policy URL answers 200",
          .fault = "The policy URL does not answer 200",
          .severity = Severity::error,
          .how = "GET of exactly /.well-known/mta-sts.txt from every address",
          .cause = "Wrong document root, missing .well-known folder, permissions, or a broken backend.",
          .fix = "Serve the file at https://mta-sts.DOMAIN/.well-known/mta-sts.txt with status 200.",
          .source = "RFC 8461 section 3.3",
          .rows = "1",
          .explanation =
              "No status but 200 is a policy: neither 204, 206 nor an error page that happens to parse.",
          .judge = judge_status},
    Check{.number = 25,
          .title = "The policy URL does not redirect",
          .fault = "The policy URL redirects",
          .severity = Severity::error,
          .how = "redirects are shown, not followed",
          .cause = "A redirect to www or to the main site catches the path.",
          .fix = "Exempt the path from redirects: senders must not follow them.",
          .source = "RFC 8461 section 3.3",
          .rows = "1",
          .explanation = "RFC 8461 forbids senders to follow 3xx, so that control of the policy host cannot "
                         "be handed on by a web rule.",
          .judge = judge_no_redirect},
    Check{.number = 26,
          .title = "No filter by User-Agent",
          .fault = "Some User-Agents do not get the policy",
          .severity = Severity::error,
          .how = "the same GET with several User-Agents and none",
          .cause = "A firewall, CDN or bot protection refuses what is no browser.",
          .fix = "Exempt this one path from bot protection and country blocks.",
          .source = "RFC 8461 section 3.3",
          .rows = "1",
          .explanation = "Mail servers fetch policies with the names of their HTTP libraries, which bot "
                         "filters like to refuse.",
          .judge = judge_user_agents},
    Check{.number = 27,
          .title = "The answer keeps to the limits of time and size",
          .fault = "The answer is too slow or too large",
          .severity = Severity::error,
          .how = "time to the last byte, size of the body",
          .cause = "A slow upstream, or an HTML page in place of the file.",
          .fix = "Serve a small static file, or the policy from the web server itself.",
          .source = "RFC 8461 section 3.3",
          .rows = "1",
          .explanation = "RFC 8461 suggests that senders give up after one minute and 64 kilobytes.",
          .judge = judge_limits},
    Check{.number = 28,
          .title = "Content-Type is text/plain",
          .fault = "Content-Type is not text/plain",
          .severity = Severity::error,
          .how = "the header as senders read it, parameters ignored",
          .cause = "The server has no type for .txt, or another default.",
          .fix = "Send Content-Type: text/plain for this path.",
          .source = "RFC 8461 section 3.2",
          .rows = "6",
          .explanation =
              "Many senders refuse a policy of another type, so that user uploads cannot become one.",
          .judge = judge_content_type},
    Check{.number = 29,
          .title = "The body is complete",
          .fault = "The body is incomplete",
          .severity = Severity::error,
          .how = "Content-Length, last chunk or close_notify reached",
          .cause = "A proxy cuts the answer, or a filter changes its length.",
          .fix = "Serve with the right length; remove the filter that changes the body.",
          .source = "RFC 8461 section 3.3, RFC 9112 section 8",
          .rows = "1",
          .explanation = "A policy that is cut off may still parse and mean something else, so an incomplete "
                         "answer is no policy.",
          .judge = judge_complete},
    Check{
        .number = 30,
        .title = "No compression, no old cache in between",
        .fault = "The answer is compressed, cached or otherwise unusual",
        .severity = Severity::error,
        .how =
            "Content-Encoding, Age and X-Cache, the ETag against the record, HTTP version, HEAD against GET",
        .cause = "Forced compression, or a CDN that keeps the file long.",
        .fix = "Turn compression and long edge caching off for this path.",
        .source = "RFC 8461 sections 3.3 and 8.2",
        .rows = "1, 5",
        .explanation = "Senders do not ask for compression and may not understand it. A cache in between "
                       "serves the old policy under the new id.",
        .judge = judge_coding},
    Check{.number = 31,
          .title = "The policy is not in a wrong place",
          .fault = "A policy is in a wrong place",
          .severity = Severity::note,
          .how = "the usual wrong hosts and paths are asked",
          .cause = "The file was put on another host or path.",
          .fix = "Move it to https://mta-sts.DOMAIN/.well-known/mta-sts.txt.",
          .source = "RFC 8461 section 3.3",
          .rows = "1",
          .explanation = "Asked are DOMAIN itself, and on the policy host, where the right path has no "
                         "policy, what people "
                         "write in its place: /well-known/, /.well-know/, /.well_known/, /.wellknown/, "
                         "/.well-known/mta-sts, /mta-sts.txt and the path in upper case.",
          .judge = judge_elsewhere},
};

}  // namespace

std::span<const Check> http_checks() {
  return table;
}

}  // namespace mta_sts::check
