#include "outcome/report/report_identity.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "base/utc_time.hpp"
#include "digest/digest.hpp"

namespace mta_sts::outcome {
namespace {

constexpr std::size_t hash_digits = 20;
constexpr std::size_t date_bytes = 10;
constexpr std::size_t unique_id_limit_bytes = 40;

}  // namespace

std::chrono::sys_seconds last_second_of(std::chrono::sys_days day) {
  return std::chrono::sys_seconds(day) + std::chrono::days(1) - std::chrono::seconds(1);
}

bool is_unique_id(std::string_view text) {
  return !text.empty() && text.size() <= unique_id_limit_bytes && std::ranges::all_of(text, ascii::is_alnum);
}

std::string report_id_of(const ReportIdentity& identity) {
  const std::string date = iso_text(identity.day).substr(0, date_bytes);
  const std::string id = identity.unique_id == id_before_ids ? "" : '\n' + identity.unique_id;
  const std::string hash = sha256_hex(date + '\n' + identity.domain + '\n' + identity.submitter + id);
  return date + "." + hash.substr(0, hash_digits) + "@" + identity.submitter;
}

std::string report_file_name_of(const ReportIdentity& identity) {
  const auto seconds = [](std::chrono::sys_seconds time) {
    return std::to_string(time.time_since_epoch().count());
  };
  return identity.submitter + "!" + identity.domain + "!" + seconds(identity.day) + "!" +
         seconds(last_second_of(identity.day)) + "!" + identity.unique_id + ".json.gz";
}

std::string report_subject_of(const ReportIdentity& identity) {
  return "Report Domain: " + identity.domain + " Submitter: " + identity.submitter + " Report-ID: <" +
         report_id_of(identity) + ">";
}

}  // namespace mta_sts::outcome
