#include "tlsrpt/model/words.hpp"

#include <array>

namespace mta_sts::tlsrpt {
namespace {

struct ErrorText {
  std::string_view word;
  std::string_view meaning;
  std::string_view fix;
};

constexpr std::array<ErrorText, read_error_count> error_texts = {{
    {"E_ARCHIVE", "a tar archive, or a bzip2, lz4, xz or zstd stream, is damaged or cut short",
     "fetch it again"},
    {"E_COUNT",
     "a policy has a count that is negative, a fraction or over 2^64-1, or none at all, one under another "
     "name, or two that differ; that policy is left out, or the one detail with such a count, and the rest "
     "of the report counts",
     "look into the report, and tell the sender"},
    {"E_DATE", "the report is dated later than tomorrow, by this machine's clock",
     "tell the sender, or mend the clock"},
    {"E_DEPTH", "the JSON is nested deeper than 64, which no report is", "tell the sender"},
    {"E_EMPTY", "the file is empty", "fetch or save it again"},
    {"E_ENCODING", "the text is UTF-16 or UTF-32", "convert it (`iconv -f UTF-16 -t UTF-8`)"},
    {"E_GZIP", "the gzip stream is damaged or cut short", "fetch it again"},
    {"E_JSON",
     "the JSON has a syntax error or ends too early; of several JSON texts in a file, and of an array that "
     "is cut, the whole ones are read",
     "fetch it again, or tell the sender"},
    {"E_MBOX",
     "a message of an mbox holds what looks like the header of another one, so a separator line (`From `) "
     "may "
     "be missing; both are read as one",
     "put the line in, and read the mbox again"},
    {"E_NOT_REPORT", "not a TLS report, but another mail, a web page or a DMARC report",
     "nothing; a format that a report may be inside of (Outlook's .msg and .pst, TNEF, S/MIME, uuencode, "
     "MMDF "
     "and more) is named with what to do"},
    {"E_SCHEMA", "the report has no array of policies", "tell the sender"},
    {"E_TOO_BIG",
     "over one of the limits of docs/reports.md; for an archive that is compressed too far, the ratio is "
     "shown",
     "unpack it by hand, or tell the sender"},
    {"E_ZIP", "the zip archive is damaged, encrypted or inside another one", "unpack it by hand"},
}};

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
    {"W_DUP_KEY", "a key occurred twice in one object; the last one counts"},
    {"W_FLAT", "a policy's members stood beside each other or in arrays, not in policy and summary"},
    {"W_IP", "an address was not a single IP address"},
    {"W_LONG_TEXT",
     "a name or text was longer than any is; its beginning and a mark of the whole count for it"},
    {"W_MEDIA_TYPE", "the attachment's media type was not the one of its content"},
    {"W_META", "organization-name, contact-info or report-id was missing"},
    {"W_MULTIPART", "the mail was not a multipart/report of report-type tlsrpt"},
    {"W_MXHOST", "mx-host was not an array with one pattern each"},
    {"W_NAME_TYPE", "the file's name suggests another format than its content"},
    {"W_NO_POLICIES", "the report covered no policy"},
    {"W_POLICY_DOMAIN", "a policy-domain was missing"},
    {"W_POLICY_STRING", "a policy-string was not an array of lines"},
    {"W_POLICY_TYPE", "a policy-type was none of sts, tlsa and no-policy-found"},
    {"W_RANGE", "the report did not cover one UTC day; it is counted on the day it starts"},
    {"W_RESULT_TYPE", "a result-type was none of RFC 8460 section 4.3"},
    {"W_SUBMITTER", "the header TLS-Report-Submitter was not the domain of contact-info"},
    {"W_SUM", "the details did not add up to the failure count; the rate is computed from the summary"},
    {"W_SUMMARY", "a count was missing in the summary"},
    {"W_TRAILING", "bytes followed the gzip stream or the JSON text"},
    {"W_U_LABEL", "a name was not in A-labels"},
    {"W_UTF8", "bytes that are not UTF-8 were replaced"},
    {"W_ZIP", "the report came as zip instead of gzip"},
}};

}  // namespace

std::string_view to_string(ReadError error) {
  return error_texts[static_cast<std::size_t>(error)].word;
}

std::string_view explain(ReadError error) {
  return error_texts[static_cast<std::size_t>(error)].meaning;
}

std::string_view fix_of(ReadError error) {
  return error_texts[static_cast<std::size_t>(error)].fix;
}

std::string_view to_string(Quirk quirk) {
  return quirk_texts[static_cast<std::size_t>(quirk)].word;
}

std::string_view explain(Quirk quirk) {
  return quirk_texts[static_cast<std::size_t>(quirk)].meaning;
}

}  // namespace mta_sts::tlsrpt
