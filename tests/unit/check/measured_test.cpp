// No check is ok on what was not measured. What a check reads is found out by the recorded cases: a member of
// the recording that changes what comes of it. Without that member, and where the lookup that gives it
// failed, the check must not be ok.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "check/case.hpp"
#include "check/checks.hpp"
#include "check/diagnosis.hpp"
#include "recordings.hpp"

namespace mta_sts::check {
namespace {

using Json = nlohmann::json;
using Pointer = Json::json_pointer;
using Members = std::set<std::string>;
using Outcomes = std::vector<std::pair<Outcome, std::string>>;

Outcomes outcomes_of(const Check& check, const Json& recording) {
  const Facts facts = facts_of(recording);
  Outcomes outcomes;
  for (const CheckFinding& finding : check.judge(Case(facts))) {
    outcomes.emplace_back(finding.outcome, finding.subject);
  }
  return outcomes;
}

bool is_ok(const Check& check, const Json& recording) {
  return std::ranges::any_of(outcomes_of(check, recording),
                             [](const auto& one) { return one.first == Outcome::ok; });
}

// The members that a change is about: the one it changes and those around it. A list's elements are the
// list's.
Members members_at(const Json& recording, const Json& change) {
  Members members;
  for (Pointer at(change["path"].get<std::string>()); !at.empty(); at = at.parent_pointer()) {
    if (recording.contains(at.parent_pointer()) && recording[at.parent_pointer()].is_object()) {
      members.insert(at.to_string());
    }
  }
  return members;
}

// Whether one change of a patch makes a difference to the check, alone or with the others.
bool matters(const Check& check, const Json& recording, const Json& patch, std::size_t index) {
  Json others = patch;
  others.erase(index);
  try {
    return outcomes_of(check, recording.patch(others)) != outcomes_of(check, recording.patch(patch)) ||
           outcomes_of(check, recording.patch(Json::array({patch[index]}))) != outcomes_of(check, recording);
  } catch (const Json::exception&) {  // the others build on this one
    return true;
  }
}

std::map<const Check*, Members> members_read(const Json& recording) {
  const auto all = catalogue();
  std::map<const Check*, Members> read;
  for (const Json& one : recorded_cases()) {
    const Check* check = all.at(one["check"].get<std::size_t>() - 1);
    const Json& patch = one["patch"];
    for (std::size_t i = 0; one["outcome"] == "found" && i < patch.size(); ++i) {
      if (matters(*check, recording, patch, i)) {
        read[check].merge(members_at(recording, patch[i]));
      }
    }
  }
  return read;
}

Json without(Json recording, const std::string& member) {
  const Pointer at(member);
  recording[at.parent_pointer()].erase(at.back());
  return recording;
}

// "C08 /dns/authorities[]/serial": whichever element it is.
std::string name_of(const Check& check, const std::string& member) {
  std::string name;
  for (Pointer at(member); !at.empty(); at = at.parent_pointer()) {
    const bool is_index = std::ranges::all_of(at.back(), [](char c) { return c >= '0' && c <= '9'; });
    const std::string step = is_index ? "[]" : at.back();
    name = (name.empty() || name.starts_with("[]") ? step + name : step + "/" + name);
  }
  return id_of(check.number) + " /" + name;
}

// What may be missing all the same, with the reason.
struct Allowance {
  std::string_view why;
  Members names;
};

const Allowance allowances[] = {
    {"the probe writes it together with what it is a part of, and without that the check is not ok",
     {"C01 /dns/sts/answer/status",
      "C07 /dns/sibling/answer",
      "C07 /dns/sibling/cnames",
      "C10 /dns/sts/answer",
      "C10 /dns/sts/answer/status",
      "C11 /dns/misplaced[]/answer",
      "C16 /dns/hosts[]/not_public",
      "C19 /https/by_address[]/tls/certificate/chain",
      "C20 /https/by_address[]/tls/certificate/chain",
      "C20 /https/by_address[]/tls/certificate/not_before",
      "C21 /https/by_address[]/tls/certificate/not_after",
      "C24 /https/by_address[]/body",
      "C27 /https/by_address[]/body",
      "C27 /https/by_address[]/elapsed_ms",
      "C30 /https/by_address[]/headers",
      "C31 /https/elsewhere[]/body",
      "C31 /https/elsewhere[]/status",
      "C40 /smtp[]/error",
      "C40 /smtp[]/injected_bytes",
      "C42 /smtp[]/with_sni/certificate/chain",
      "C43 /smtp[]/with_sni/certificate/chain",
      "C44 /smtp[]/with_sni/certificate/dns_names",
      "C50 /dns/tlsa[]/status",
      "C52 /dns/mx[]/name",
      "C54 /dns/hosts[]/cnames",
      "C56 /dns/tlsrpt/answer",
      "C56 /dns/tlsrpt_misplaced[]/answer"}},
    {"a line of the history is written whole; an empty member says that there was none",
     {"C12 /history[]/id", "C67 /history[]/body_sha256"}},
    {"it is there only where an option asked for it, or where another lookup failed",
     {"C10 /dns/sts_without_dnssec", "C12 /expected_id", "C57 /rua[]/rcpt_reply"}},
    {"the texts are compared; not every server gives a serial", {"C08 /dns/authorities[]/serial"}},
    {"the policy at another address is a policy too", {"C66 /https/by_address[]/status"}},
    {"no MX record is an answer: the domain is its own mail host", {"C74 /dns", "C74 /dns/mx"}},
    {"without DNSSEC there is no DANE; that it could not be looked at is C50's to say",
     {"C49 /dns", "C49 /dns/tlsa[]/records", "C49 /dns/tlsa[]/status"}},
    {"true until every mail host was silent", {"C69 /conditions/port_25"}},
    {"names are compared, whatever stands at them", {"C60 /rua[] failed"}},
};

Members allowed() {
  Members names;
  for (const Allowance& allowance : allowances) {
    names.insert(allowance.names.begin(), allowance.names.end());
  }
  return names;
}

// What passes though it was not measured, by removing each member that a check reads.
Members unmeasured_without_members(const Json& healthy, const std::map<const Check*, Members>& read) {
  Members unmeasured;
  for (const auto& [check, members] : read) {
    for (const std::string& member : members) {
      if (is_ok(*check, without(healthy, member))) {
        unmeasured.insert(name_of(*check, member));
      }
    }
  }
  return unmeasured;
}

// Every lookup of the recording, failed: no answer came, whatever there is.
std::map<std::string, Json> failed_lookups(const Json& recording, const std::string& status) {
  std::map<std::string, Json> failed;
  const std::map<std::string, std::string> answers{
      {"status", "records"}, {"a_status", "addresses"}, {"aaaa_status", "addresses"}, {"mx_status", "mx"}};
  const Json flat = recording.flatten();
  for (const auto& [path, value] : flat.items()) {
    const Pointer at(path);
    const auto answer = answers.find(at.back());
    if (answer == answers.end() || !value.is_string()) {
      continue;
    }
    Json& changed = failed.try_emplace(at.parent_pointer().to_string(), recording).first->second;
    Json& lookup = changed[at.parent_pointer()];
    lookup[at.back()] = status;
    lookup[answer->second] = Json::array();
  }
  return failed;
}

// The same by letting each lookup fail that a check reads.
Members unmeasured_after_failures(const Json& healthy, const std::map<const Check*, Members>& read) {
  Members unmeasured;
  for (const std::string status : {"SERVFAIL", "REFUSED", "TIMEOUT", "CNAMELOOP"}) {
    for (const auto& [lookup, recording] : failed_lookups(healthy, status)) {
      const std::string begin = lookup == "/dns" ? "/dns/mx" : lookup;
      for (const auto& [check, members] : read) {
        const bool reads = std::ranges::any_of(
            members, [&](const std::string& member) { return member.starts_with(begin); });
        if (reads && is_ok(*check, recording)) {
          unmeasured.insert(name_of(*check, lookup) + " failed");
        }
      }
    }
  }
  return unmeasured;
}

TEST(Measured, NoCheckIsOkOnWhatWasNotMeasured) {
  const Json healthy = healthy_recording();
  const auto read = members_read(healthy);
  EXPECT_GT(read.size(), 60U);
  Members unmeasured = unmeasured_without_members(healthy, read);
  unmeasured.merge(unmeasured_after_failures(healthy, read));
  EXPECT_EQ(unmeasured, allowed());
}

}  // namespace
}  // namespace mta_sts::check
