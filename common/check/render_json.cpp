#include <nlohmann/json.hpp>

#include "base/utf8.hpp"
#include "check/diagnosis.hpp"
#include "check/wording.hpp"

namespace mta_sts::check {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t json_evidence_bytes = 4096;

Json to_json(const Check& check, const CheckFinding& finding) {
  const auto safe = [](std::string_view foreign) {
    return text::escape_for_display(foreign, json_evidence_bytes);
  };
  Json json = {{"id", id_of(check.number)},
               {"title", std::string(check.title)},
               {"result", std::string(to_string(finding.outcome))}};
  if (finding.outcome == Outcome::found) {
    json["severity"] = std::string(to_string(finding.severity));
  }
  if (finding.outcome == Outcome::skipped) {
    json["because_of"] = id_of(finding.because_of);
  }
  json["subject"] = safe(finding.subject);
  json["evidence"] = safe(finding.evidence);
  if (finding.outcome == Outcome::found) {
    json["cause"] = safe(cause_of(check, finding));
    json["fix"] = safe(fix_of(check, finding));
    std::string lines;
    for (const std::string_view line : lines_of(finding)) {
      lines += (lines.empty() ? "" : "\n") + safe(line);
    }
    if (!lines.empty()) {
      json["line"] = lines;
    }
  }
  json["rfc"] = std::string(check.source);
  json["rows"] = std::string(check.rows);
  return json;
}

Json to_json(const Forecast& forecast) {
  Json addresses = Json::array();
  for (const AddressForecast& at : forecast.addresses) {
    addresses.push_back({{"mx", text::escape_for_display(at.mx)},
                         {"address", text::escape_for_display(at.address)},
                         {"delivery", std::string(to_string(at.delivery))}});
  }
  return {{"policy", forecast.policy},          {"delivers", forecast.delivers},
          {"protected", forecast.is_protected}, {"testable", forecast.is_testable},
          {"sentence", forecast.sentence},      {"addresses", std::move(addresses)}};
}

}  // namespace

std::string render_json(const Diagnosis& d) {
  Json checks = Json::array();
  for (const Judgement& judgement : d.judgements) {
    for (const CheckFinding& finding : judgement.findings) {
      checks.push_back(to_json(*judgement.check, finding));
    }
  }
  const Json json = {{"domain", d.domain},
                     {"domain_unicode", d.shown_domain},
                     {"mode", d.mode.empty() ? Json(nullptr) : Json(d.mode)},
                     {"id", d.id.empty() ? Json(nullptr) : Json(d.id)},
                     {"verdict", to_json(d.forecast)},
                     {"counts",
                      {{"errors", d.errors},
                       {"warnings", d.warnings},
                       {"notes", d.notes},
                       {"passed", d.passed},
                       {"not_testable", d.not_testable},
                       {"skipped", d.skipped}}},
                     {"checks", std::move(checks)}};
  return json.dump() + "\n";
}

}  // namespace mta_sts::check
