#include "tlsrpt/model/words.hpp"

#include <array>

namespace mta_sts::tlsrpt {
namespace {

constexpr std::array<std::string_view, read_error_count> error_words = {
    "E_ARCHIVE", "E_COUNT", "E_DATE",       "E_DEPTH",  "E_EMPTY",   "E_ENCODING", "E_GZIP",
    "E_JSON",    "E_MBOX",  "E_NOT_REPORT", "E_SCHEMA", "E_TOO_BIG", "E_ZIP",
};

struct QuirkText {
  std::string_view word;
  std::string_view meaning;
};

constexpr std::array<QuirkText, quirk_count> quirk_texts = {{
    {"W_ARRAY", "several reports came in one JSON array"},
    {"W_BOM", "the text began with a byte order mark"},
    {"W_COUNT", "a count was written as a string or with a decimal point"},
    {"W_CTRL", "a text held control or bidirectional characters; they are shown escaped"},
    {"W_DATE", "a date-time was missing or not in RFC 3339's form"},
    {"W_DETAILS", "failure-details was not an array of objects with counts"},
    {"W_DOUBLE_COUNT", "the same sessions were reported under sts and tlsa; they count once"},
    {"W_DOUBLE_GZIP", "the report was compressed twice"},
    {"W_DUP_KEY", "a key stood twice in one object; the last one counts"},
    {"W_FLAT", "a policy's members stood beside each other or in arrays, not in policy and summary"},
    {"W_IP", "an address was not a single IP address"},
    {"W_MEDIA_TYPE", "the attachment's media type was not the one of its content"},
    {"W_META", "organization-name, contact-info or report-id was missing"},
    {"W_MULTIPART", "the mail was not a multipart/report of report-type tlsrpt"},
    {"W_MXHOST", "mx-host was not an array with one pattern each"},
    {"W_NAME_TYPE", "the file's name says another format than its bytes"},
    {"W_NO_POLICIES", "the report covered no policy"},
    {"W_POLICY_DOMAIN", "a policy-domain was missing"},
    {"W_POLICY_STRING", "a policy-string was not an array of lines"},
    {"W_POLICY_TYPE", "a policy-type was none of sts, tlsa and no-policy-found"},
    {"W_RANGE", "the report did not cover one UTC day; it is counted on the day it starts"},
    {"W_RESULT_TYPE", "a result-type was none of RFC 8460 section 4.3"},
    {"W_SUBMITTER", "the header TLS-Report-Submitter was not the domain of contact-info"},
    {"W_SUM", "the details did not add up to the failure count; the summary is the rate's basis"},
    {"W_SUMMARY", "a count was missing in the summary"},
    {"W_TRAILING", "bytes followed the gzip stream or the JSON text"},
    {"W_U_LABEL", "a name was not in A-labels"},
    {"W_UTF8", "bytes that are not UTF-8 were replaced"},
    {"W_ZIP", "the report came as zip instead of gzip"},
}};

}  // namespace

std::string_view to_string(ReadError error) {
  return error_words[static_cast<std::size_t>(error)];
}

std::string_view to_string(Quirk quirk) {
  return quirk_texts[static_cast<std::size_t>(quirk)].word;
}

std::string_view explain(Quirk quirk) {
  return quirk_texts[static_cast<std::size_t>(quirk)].meaning;
}

}  // namespace mta_sts::tlsrpt
