#include <nlohmann/json.hpp>

#include "base/utc_time.hpp"
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
               {"title", std::string(title_of(check, finding))},
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

Json to_json(const AddressDetails& at) {
  const CertificateDetails& certificate = *at.certificate;
  return {{"service", at.is_policy_host ? "https" : "smtp"},
          {"host", text::escape_for_display(at.host)},
          {"address", text::escape_for_display(at.address)},
          {"tls", text::escape_for_display(at.tls_version)},
          {"cipher", text::escape_for_display(at.cipher)},
          {"not_before", iso_text(certificate.not_before)},
          {"not_after", iso_text(certificate.not_after)},
          {"days_left", certificate.days_left},
          {"names", text::escape_for_display(certificate.names)},
          {"issuer", text::escape_for_display(certificate.issuer)},
          {"key", text::escape_for_display(certificate.key)},
          {"signature", text::escape_for_display(certificate.signature)},
          {"chain", text::escape_for_display(certificate.chain)}};
}

Json certificates_of(const Details& details) {
  Json list = Json::array();
  for (const AddressDetails& at : details.addresses) {
    if (at.certificate) {
      list.push_back(to_json(at));
    }
  }
  return list;
}

Json to_json(const SenderOutcome& outcome) {
  return {{"safety", std::string(to_string(outcome.safety))}, {"words", outcome.words}};
}

Json to_json(const std::vector<SenderDetails>& senders) {
  Json list = Json::array();
  for (const SenderDetails& at : senders) {
    list.push_back({{"mx", text::escape_for_display(at.mx)},
                    {"address", text::escape_for_display(at.address)},
                    {"mta_sts", to_json(at.with_mta_sts)},
                    {"dane", to_json(at.with_dane)},
                    {"neither", to_json(at.without)}});
  }
  return list;
}

Json to_json(const std::vector<AreaStatus>& areas) {
  Json json = Json::object();
  for (const AreaStatus& area : areas) {
    json[std::string(area.name)] = std::string(to_string(area.state));
  }
  return json;
}

Json to_json(const std::vector<Step>& steps) {
  Json json = Json::array();
  for (const Step& step : steps) {
    json.push_back({{"date", step.when ? Json(iso_text(*step.when)) : Json(nullptr)},
                    {"text", text::escape_for_display(step.text)}});
  }
  return json;
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
                     {"areas", to_json(d.areas)},
                     {"next", to_json(d.next)},
                     {"senders", to_json(d.details.senders)},
                     {"certificates", certificates_of(d.details)},
                     {"checks", std::move(checks)}};
  return json.dump() + "\n";
}

}  // namespace mta_sts::check
