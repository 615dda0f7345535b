#include "policy/parse_policy.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <tuple>

#include "base/ascii.hpp"
#include "base/number.hpp"
#include "base/utf8.hpp"
#include "policy/byte_order_mark.hpp"
#include "policy/meant_field.hpp"
#include "policy/meant_value.hpp"
#include "policy/policy_fix.hpp"

namespace mta_sts {
namespace {

using Code = PolicyErrorCode;

constexpr std::size_t field_name_limit_bytes = 32;
constexpr std::size_t max_age_limit_digits = 10;

// Takes faults in the order of the checks; full after the first where only that one is asked for.
class Faults {
 public:
  explicit Faults(std::size_t limit) : limit_(limit) {}

  void add(Code code, text::Position where, const PolicyLine& line = {}) {
    if (!is_full()) {
      found_.push_back(describe_fault(code, where, line));
    }
  }
  [[nodiscard]] bool is_full() const { return found_.size() >= limit_; }
  [[nodiscard]] bool is_empty() const { return found_.empty(); }
  [[nodiscard]] bool takes_several() const { return limit_ > 1; }
  [[nodiscard]] std::vector<PolicyError> release() { return std::move(found_); }

 private:
  std::size_t limit_;
  std::vector<PolicyError> found_;
};

// What the lines say, before their values are judged; views into the body.
struct Fields {
  std::optional<PolicyLine> version;
  std::optional<PolicyLine> mode;
  std::optional<PolicyLine> max_age;
  std::vector<PolicyLine> mx;
  std::vector<PolicyExtension> extensions;
  std::set<std::string_view> broken;                             // defined fields whose line is at fault
  std::map<std::string_view, std::vector<PolicyLine>> misspelt;  // extensions, by the field that they mean
};

bool is_blank_line(std::string_view line) {
  return std::ranges::all_of(line, ascii::is_blank);
}

// RFC 8461 section 3.2: name ":" *WSP value *WSP, with sts-policy-ext-name and -ext-value, which every line
// fits (R33 to R35); the values of the defined fields are judged afterwards. Gives the offset of the first
// byte at fault, or nothing where the line is a field.
std::optional<std::size_t> read_field(PolicyLine& line) {
  text::Cursor cursor(line.text);
  const std::string_view name = cursor.take_while(
      [](char c) { return ascii::is_alnum(c) || c == '_' || c == '-' || c == '.'; }, field_name_limit_bytes);
  if (name.empty() || !ascii::is_alnum(name.front())) {
    return 0;
  }
  if (!cursor.take(':')) {
    return cursor.offset();
  }
  cursor.take_while(ascii::is_blank);
  line.name = name;
  line.value_where = {.line = line.where.line, .column = cursor.offset() + 1};
  line.value = ascii::trim_blanks(cursor.rest());
  if (line.value.empty()) {
    return cursor.offset();
  }
  const auto control = std::ranges::find_if(line.value, ascii::is_control);
  if (control == line.value.end()) {
    return std::nullopt;
  }
  return cursor.offset() + static_cast<std::size_t>(control - line.value.begin());
}

void keep_first(std::optional<PolicyLine>& kept, const PolicyLine& line) {
  if (!kept) {
    kept = line;  // R31, P11: the first counts, good or bad
  }
}

class PolicyReader {
 public:
  PolicyReader(std::string_view body, Reading reading, Faults& faults)
      : body_(body), reading_(reading), faults_(faults) {}

  // Gives the policy where no fault was found.
  std::optional<Policy> read() {
    if (!check_body()) {
      return std::nullopt;
    }
    read_lines();
    Policy policy = judge_fields();
    return faults_.is_empty() ? std::optional(std::move(policy)) : std::nullopt;
  }

 private:
  // Checks the body as a whole; false where its lines are not worth reading.
  bool check_body() {
    if (body_.size() > policy_limit_bytes) {
      faults_.add(Code::too_large, {});
      return false;
    }
    if (const auto at = text::find_invalid_utf8(body_)) {
      faults_.add(Code::not_utf8, text::Cursor(body_).position_of(*at));
    }
    if (body_.starts_with(byte_order_mark)) {
      faults_.add(Code::bom, {});
      has_mark_ = true;
    }
    for (std::size_t at = body_.find('\r'); at < body_.size() && !faults_.is_full();
         at = body_.find('\r', at + 1)) {
      if (!body_.substr(at + 1).starts_with('\n')) {
        faults_.add(Code::bad_line_ending, text::Cursor(body_).position_of(at));
        return false;  // where its lines end is not known any more
      }
    }
    if (std::ranges::all_of(body_, ascii::is_space)) {
      faults_.add(Code::empty, {});
      return false;
    }
    return !faults_.is_full();
  }

  void read_lines() {
    text::Cursor cursor(body_);
    if (has_mark_) {
      cursor.take(byte_order_mark);
    }
    std::optional<PolicyLine> blank;  // the first of a run, whose place in the body is not known yet
    for (std::size_t number = 1; !cursor.at_end() && !faults_.is_full(); ++number) {
      PolicyLine line;
      line.text = cursor.take_while([](char c) { return c != '\n'; });
      line.where = {.line = number, .column = 1};
      if (cursor.take('\n') && line.text.ends_with('\r')) {
        line.text.remove_suffix(1);
      }
      if (is_blank_line(line.text)) {
        blank = blank ? blank : line;
        continue;
      }
      if (blank) {
        faults_.add(Code::blank_line, blank->where, *blank);  // P9: inside, for every reader
        blank.reset();
      }
      add_line(line);
    }
    if (blank && reading_ == Reading::strict) {
      faults_.add(Code::blank_line, blank->where, *blank);  // P10: at the end
    }
  }

  void add_line(PolicyLine& line) {
    if (const auto at = read_field(line)) {
      faults_.add(Code::bad_syntax, {.line = line.where.line, .column = *at + 1}, line);
      fields_.broken.insert(meant_field(line.text));
    } else if (line.name == "version") {
      keep_first(fields_.version, line);
    } else if (line.name == "mode") {
      keep_first(fields_.mode, line);
    } else if (line.name == "max_age") {
      keep_first(fields_.max_age, line);
    } else if (line.name == "mx") {
      fields_.mx.push_back(line);
    } else {
      add_extension(line);
    }
  }

  void add_extension(const PolicyLine& line) {
    if (extension_names_.insert(line.name).second) {
      fields_.extensions.push_back({.name = std::string(line.name), .value = std::string(line.value)});
    }
    if (faults_.takes_several()) {
      if (const std::string_view meant = near_field(line.name); !meant.empty()) {
        fields_.misspelt[meant].push_back(line);
      }
    }
  }

  Policy judge_fields() {
    Policy policy;
    if (const PolicyLine* version = need(fields_.version, "version", Code::missing_version)) {
      if (version->value != "STSv1") {
        faults_.add(Code::bad_version, version->value_where, *version);
      }
    }
    if (const PolicyLine* mode = need(fields_.mode, "mode", Code::missing_mode)) {
      judge_mode(*mode, policy);
    }
    if (const PolicyLine* max_age = need(fields_.max_age, "max_age", Code::missing_max_age)) {
      judge_max_age(*max_age, policy);
    }
    judge_mx(policy);
    policy.extensions = std::move(fields_.extensions);
    return policy;
  }

  // Gives the field's line; where there is none, that is a fault unless its line was already found at fault.
  const PolicyLine* need(const std::optional<PolicyLine>& line, std::string_view name, Code missing) {
    if (!line) {
      add_missing(name, missing);
    }
    return line ? &*line : nullptr;
  }

  void add_missing(std::string_view name, Code missing) {
    if (fields_.broken.contains(name)) {
      return;
    }
    const auto misspelt = fields_.misspelt.find(name);
    if (misspelt == fields_.misspelt.end()) {
      faults_.add(missing, {});
      return;
    }
    for (const PolicyLine& line : misspelt->second) {
      faults_.add(Code::field_misspelt, line.where, line);
      if (name != "mx") {
        break;  // as of a field that stands twice, the first counts
      }
    }
  }

  void judge_mode(const PolicyLine& line, Policy& policy) {
    const auto mode = parse_mode(line.value);
    if (!mode) {
      faults_.add(Code::bad_mode, line.value_where, line);
      has_bad_mode_ = true;
      return;
    }
    policy.mode = *mode;
  }

  void judge_max_age(const PolicyLine& line, Policy& policy) {
    const std::uint64_t limit =
        reading_ == Reading::strict ? max_age_limit_seconds : 9999999999;  // P2: a sender clamps
    const auto seconds = line.value.size() <= max_age_limit_digits
                             ? text::parse_decimal(line.value, limit)
                             : std::nullopt;  // leading zeros count as digits
    if (!seconds) {
      faults_.add(Code::bad_max_age, line.value_where, line);
      return;
    }
    policy.max_age_seconds = *seconds;
  }

  void judge_mx(Policy& policy) {
    for (const PolicyLine& line : fields_.mx) {
      if (!is_mx_pattern(line.value, reading_)) {
        faults_.add(Code::bad_mx, line.value_where, line);  // P12: in every mode
        continue;
      }
      policy.mx.push_back(ascii::to_lower(line.value));
    }
    const auto mode = meant_mode(policy);
    const bool needs_mx = mode && *mode != Mode::none;
    if (needs_mx && fields_.mx.empty()) {
      add_missing("mx", Code::missing_mx);
    }
  }

  // The mode, or what a wrong one means: one that is mended needs mx too.
  [[nodiscard]] std::optional<Mode> meant_mode(const Policy& policy) const {
    if (fields_.mode) {
      return has_bad_mode_ ? read_meant_mode(fields_.mode->value) : policy.mode;
    }
    const auto misspelt = fields_.misspelt.find("mode");
    return misspelt == fields_.misspelt.end() ? std::nullopt
                                              : read_meant_mode(misspelt->second.front().value);
  }

  std::string_view body_;
  Reading reading_;
  Faults& faults_;
  Fields fields_;
  std::set<std::string_view> extension_names_;
  bool has_mark_ = false;
  bool has_bad_mode_ = false;
};

}  // namespace

std::expected<Policy, PolicyError> parse_policy(std::string_view body, Reading reading) {
  Faults faults(1);
  auto policy = PolicyReader(body, reading, faults).read();
  if (!policy) {
    return std::unexpected(std::move(faults.release().front()));
  }
  return *std::move(policy);
}

std::vector<PolicyError> find_policy_errors(std::string_view body) {
  Faults faults(policy_errors_limit);
  static_cast<void>(PolicyReader(body, Reading::strict, faults).read());
  std::vector<PolicyError> found = faults.release();
  std::ranges::sort(found, {}, [](const PolicyError& error) {
    return std::tuple(error.where.line, error.where.column, error.code);
  });
  return found;
}

}  // namespace mta_sts
