#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mta_sts::tlsrpt {

/// Why an input, or a part of it, gave no report. The order is that of the words.
enum class ReadError : std::uint8_t {
  archive,     ///< E_ARCHIVE: a tar archive, or a bzip2, lz4, xz or zstd stream, corrupt or truncated
  count,       ///< E_COUNT: a count is negative, a fraction, over 2^64-1 or missing; that policy is left out
  date,        ///< E_DATE: the report is dated later than tomorrow
  depth,       ///< E_DEPTH: nested deeper than json_depth_limit
  empty,       ///< E_EMPTY: nothing but white space
  encoding,    ///< E_ENCODING: UTF-16 or UTF-32; convert it to UTF-8
  gzip,        ///< E_GZIP: corrupt or truncated; fetch the file again
  json,        ///< E_JSON: a syntax error
  mbox,        ///< E_MBOX: a message of an mbox seems to hold another one; its separator may be missing
  not_report,  ///< E_NOT_REPORT: something else than a TLS report
  schema,      ///< E_SCHEMA: a report without an array of policies
  too_big,     ///< E_TOO_BIG: over a limit once unpacked
  zip,         ///< E_ZIP: corrupt, truncated, encrypted or nested
};
inline constexpr std::size_t read_error_count = 13;

/// What was odd about an input that was read all the same. The order is that of the words.
enum class Quirk : std::uint8_t {
  array,          ///< W_ARRAY: a JSON array of reports
  bom,            ///< W_BOM: begins with U+FEFF
  count,          ///< W_COUNT: a count as a string, or with a decimal point
  ctrl,           ///< W_CTRL: control or bidirectional characters in a text
  date,           ///< W_DATE: a date-time that is not RFC 3339's, missing or unusable
  details,        ///< W_DETAILS: failure-details that are no array of objects with counts
  double_count,   ///< W_DOUBLE_COUNT: the same sessions under sts and tlsa
  double_gzip,    ///< W_DOUBLE_GZIP: gzip inside gzip
  dup_key,        ///< W_DUP_KEY: a key twice in one object; the last one counts
  flat,           ///< W_FLAT: a policy's members beside each other or in arrays, not in policy and summary
  ip,             ///< W_IP: an address that is none
  long_text,      ///< W_LONG_TEXT: a name or text over the limits of text_limits.hpp, cut
  media_type,     ///< W_MEDIA_TYPE: neither of RFC 8460's media types, or the other one
  meta,           ///< W_META: organization-name, contact-info or report-id missing
  multipart,      ///< W_MULTIPART: not a multipart/report with report-type=tlsrpt
  mxhost,         ///< W_MXHOST: mx-host as a string, under another key, or with "mx: " in front
  name_type,      ///< W_NAME_TYPE: the file's name says another format than its bytes
  no_policies,    ///< W_NO_POLICIES: an empty array of policies
  policy_domain,  ///< W_POLICY_DOMAIN: missing
  policy_string,  ///< W_POLICY_STRING: no array of lines
  policy_type,    ///< W_POLICY_TYPE: missing, unknown or in another case
  range,          ///< W_RANGE: not one UTC day
  result_type,    ///< W_RESULT_TYPE: missing, unknown or in another case
  submitter,      ///< W_SUBMITTER: the header TLS-Report-Submitter is not contact-info's domain
  sum,            ///< W_SUM: the details do not add up to the failure count
  summary,        ///< W_SUMMARY: a count missing in the summary
  trailing,       ///< W_TRAILING: bytes behind the gzip stream or the JSON text
  u_label,        ///< W_U_LABEL: a name that is not in A-labels
  utf8,           ///< W_UTF8: bytes that are not UTF-8, replaced by U+FFFD
  zip,            ///< W_ZIP: zip instead of gzip
};
inline constexpr std::size_t quirk_count = 30;

/// Gives the word, "E_COUNT" or "W_ARRAY".
[[nodiscard]] std::string_view to_string(ReadError error);
[[nodiscard]] std::string_view to_string(Quirk quirk);

/// Says in one sentence what an error means, and what to do about it.
[[nodiscard]] std::string_view explain(ReadError error);
[[nodiscard]] std::string_view fix_of(ReadError error);

/// Says in one sentence what a quirk means, for people who read the report.
[[nodiscard]] std::string_view explain(Quirk quirk);

/// A set of words of one of the two enums; iterating it gives them in the words' order.
template <typename Word>
class WordSet {
 public:
  void add(Word word) { bits_ |= bit(word); }
  void remove(Word word) { bits_ &= ~bit(word); }
  void add(WordSet other) { bits_ |= other.bits_; }
  [[nodiscard]] bool contains(Word word) const { return (bits_ & bit(word)) != 0; }
  [[nodiscard]] bool empty() const { return bits_ == 0; }

  [[nodiscard]] std::vector<Word> words() const {
    std::vector<Word> all;
    for (std::uint8_t i = 0; i < 32; ++i) {
      if (contains(static_cast<Word>(i))) {
        all.push_back(static_cast<Word>(i));
      }
    }
    return all;
  }

  bool operator==(const WordSet&) const = default;

 private:
  static constexpr std::uint32_t bit(Word word) {
    return std::uint32_t{1} << static_cast<std::uint8_t>(word);
  }

  std::uint32_t bits_ = 0;
};

using ErrorSet = WordSet<ReadError>;
using QuirkSet = WordSet<Quirk>;

/// One thing that went wrong: its word, and a sentence that says where and how to fix it. The sentence may
/// hold bytes of the input: escape it before it is shown.
struct Problem {
  ReadError error = ReadError::json;
  std::string detail;
  bool is_of_other_mail =
      false;  ///< an ordinary mail without a report: no fault where mails are looked through
};

/// What was found while reading one input.
struct Findings {
  ErrorSet errors;
  QuirkSet quirks;
  std::vector<Problem> problems;  ///< the first problem_limit faults, and as many of other mail
  std::size_t faults = 0;         ///< how many of them are no other mail

  static constexpr std::size_t problem_limit = 20;

  void fail(ReadError error, std::string detail) {
    add(Problem{.error = error, .detail = std::move(detail)});
  }
  void leave_out_other_mail(ReadError error, std::string detail) {
    add(Problem{.error = error, .detail = std::move(detail), .is_of_other_mail = true});
  }
  void add(Findings&& other) {
    errors.add(other.errors);
    quirks.add(other.quirks);
    for (Problem& problem : other.problems) {
      add(std::move(problem));
    }
  }

 private:
  // Each kind has room of its own: a mailbox of other mails hides no fault behind them.
  void add(Problem&& problem) {
    errors.add(problem.error);
    const std::size_t same = problem.is_of_other_mail ? problems.size() - faults : faults;
    if (same < problem_limit) {
      faults += problem.is_of_other_mail ? 0 : 1;
      problems.push_back(std::move(problem));
    }
  }
};

/// The most bytes that one document may have once it is unpacked.
inline constexpr std::size_t unpacked_limit_bytes = std::size_t{20} << 20;

/// The deepest nesting of a JSON text that is read.
inline constexpr std::size_t json_depth_limit = 64;

}  // namespace mta_sts::tlsrpt
