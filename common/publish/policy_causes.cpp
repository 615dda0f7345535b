#include "publish/policy_causes.hpp"

#include <algorithm>
#include <set>

#include "base/ascii.hpp"
#include "base/enum_names.hpp"
#include "policy/byte_order_mark.hpp"
#include "policy/meant_field.hpp"
#include "policy/meant_value.hpp"
#include "policy/parse_policy.hpp"
#include "publish/foreign_format.hpp"

namespace mta_sts::publish {
namespace {

using Lines = std::vector<PolicyTextLine>;

std::string_view sentence(PolicyCause cause) {
  switch (cause) {
    case PolicyCause::utf16:
      return "The file is UTF-16 or no text: save it as plain text, in UTF-8 without a byte order mark.";
    case PolicyCause::rtf:
      return "The file is RTF, of a word processor: save it as plain text.";
    case PolicyCause::html:
      return "The file is a web page (HTML): the policy is plain text, and nothing stands around it.";
    case PolicyCause::json:
      return "The file is JSON: a policy is plain text, a line \"name: value\" for each field.";
    case PolicyCause::txt_record:
      return "This is a TXT record, which belongs in DNS; the policy is another text, with the fields "
             "version, mode, mx and max_age: 'mta-sts render' prints one.";
    case PolicyCause::no_policy:
      return "This is no policy at all: none of its lines, or few, are the fields version, mode, mx and "
             "max_age; 'mta-sts render' prints a policy.";
    case PolicyCause::front_matter:
      return "The file begins with front matter (between two lines of ---), so it is the source of a page, "
             "for "
             "Jekyll or the like: look at what the server sends, which must be without these lines.";
    case PolicyCause::line_endings:
      return "A CR that no LF follows ends a line: end each line with CRLF or LF.";
    case PolicyCause::remarks:
      return "A policy has no remarks and no rulers: remove what stands behind # or //, and lines like ---.";
    case PolicyCause::one_line:
      return "Several fields stand on one line: each needs a line of its own.";
    case PolicyCause::yaml_list:
      return "The hosts stand in a list: each needs a line \"mx: HOST\" of its own.";
    case PolicyCause::indented:
      return "The lines begin with blanks: each field begins at the first column.";
    case PolicyCause::two_policies:
      return "Two policies stand in one file, and senders do not read the second as a policy: keep one.";
  }
  return {};
}

bool is_blank(std::string_view text) {
  return ascii::trim_blanks(text).empty();
}

std::string_view without_mark(std::string_view text) {
  text.remove_prefix(text.starts_with(byte_order_mark) ? byte_order_mark.size() : 0);
  return ascii::trim_blanks(text);
}

// The lines from the first to the last that a cause is about, by number; none is 0.
struct Range {
  std::size_t first = 0;
  std::size_t last = 0;

  void add(std::size_t number) {
    first = first == 0 ? number : first;
    last = number;
  }
  [[nodiscard]] bool is_found() const { return first != 0; }
};

// A line that is a remark, or that sets off a part of the file: "# ...", "// ...", "---".
bool is_remark(std::string_view text) {
  text = without_mark(text);
  const bool is_ruler = text.size() >= 3 &&
                        (text.front() == '-' || text.front() == '=' || text.front() == '`') &&
                        std::ranges::all_of(text, [&](char c) { return c == text.front(); });
  return is_ruler || text.starts_with("```") || text.starts_with(';') ||
         (!text.empty() && without_remark(text).empty());
}

// One step a cause: each looks for its cause in the lines and undoes it.
class CauseSearch {
 public:
  explicit CauseSearch(std::string_view policy) : policy_(policy) {
    is_refused_ = !parse_policy(policy, Reading::strict);
  }

  PolicyText run() {
    if (!is_refused_) {  // whatever it looks like, every sender reads it
      found_.lines = lines_of(policy_);
      look_for_two_policies();
      return std::move(found_);
    }
    if (const auto foreign = find_foreign_format(policy_)) {
      add(*foreign, {});
      return std::move(found_);
    }
    found_.lines = lines_of(policy_);
    drop_front_matter();
    undo_line_endings();
    drop_remarks();
    if (!has_fields()) {
      found_.lines.clear();
      if (found_.causes.empty() || !was_front_matter_) {
        found_.causes.clear();
        add(PolicyCause::no_policy, {});
      }
      return std::move(found_);
    }
    split_lines();
    undo_yaml_list();
    drop_indentation();
    look_for_two_policies();
    write_mends();
    return std::move(found_);
  }

 private:
  void add(PolicyCause cause, Range range) {
    found_.causes.push_back({.severity = is_refused_ ? PolicySeverity::error : PolicySeverity::warning,
                             .word = std::string(to_string(cause)),
                             .where = {},
                             .is_of_file = true,
                             .source = "RFC 8461 section 3.2",
                             .detail = std::string(sentence(cause)),
                             .line = {},
                             .mend = {},
                             .needs_author = false});
    mended_.push_back(range);
  }

  void drop_front_matter() {
    Lines& lines = found_.lines;
    const auto begin = std::ranges::find_if_not(lines, is_blank, &PolicyTextLine::text);
    const std::string_view ruler = begin == lines.end() ? std::string_view() : without_mark(begin->text);
    if (ruler != "---" && ruler != "+++") {
      return;
    }
    const auto end = std::find_if(begin + 1, lines.end(), [&](const PolicyTextLine& line) {
      return ascii::trim_blanks(line.text) == ruler;
    });
    const bool has_policy = std::any_of(begin, end, [](const PolicyTextLine& line) {
      return meant_field(line.text) == "version" && is_meant_version(read_loosely(line.text).value);
    });
    if (end == lines.end() || has_policy) {
      return;  // rulers above and below a policy
    }
    add(PolicyCause::front_matter, {});
    was_front_matter_ = true;
    lines.erase(lines.begin(), end + 1);
  }

  void undo_line_endings() {
    for (std::size_t at = policy_.find('\r'); at != std::string_view::npos; at = policy_.find('\r', at + 1)) {
      if (!policy_.substr(at + 1).starts_with('\n')) {
        add(PolicyCause::line_endings, whole());
        return;
      }
    }
  }

  [[nodiscard]] Range whole() const {
    return found_.lines.empty() ? Range{} : Range{found_.lines.front().number, found_.lines.back().number};
  }

  void drop_remarks() {
    Range range;
    Lines kept;
    for (PolicyTextLine& line : found_.lines) {
      if (is_remark(line.text)) {
        range.add(line.number);
        continue;
      }
      const std::string_view text = without_remark(line.text);
      if (!meant_field(text).empty() && text.size() < ascii::trim_blanks(line.text).size()) {
        range.add(line.number);
        line.text.resize(static_cast<std::size_t>(text.data() + text.size() - line.text.data()));
      }
      kept.push_back(std::move(line));
    }
    found_.lines = std::move(kept);
    if (range.is_found()) {
      add(PolicyCause::remarks, range);
    }
  }

  // Whether the file is about a policy, be its fields at fault: not the script that once wrote one.
  [[nodiscard]] bool has_fields() const {
    std::size_t fields = 0;
    std::size_t others = 0;
    for (const PolicyTextLine& line : found_.lines) {
      if (is_blank(line.text)) {
        continue;
      }
      const bool is_field = is_policy_field(line.text) || (fields > 0 && !item_of(line.text).empty());
      if (is_field && !ascii::is_blank(line.text.front()) && meant_field(line.text) == "version") {
        return true;  // a policy begins here, whatever else there is
      }
      ++(is_field ? fields : others);
    }
    if (fields == 0 && others == 0) {
      return found_.causes.empty();  // an empty file is a fault of its own
    }
    return fields > 0 && fields >= others;
  }

  static bool is_policy_field(std::string_view text) {
    const auto [name, value] = read_loosely(text);
    const std::string_view field = near_field(name);
    if (field.empty()) {
      return !find_fields(text).empty();
    }
    return field == "version" ? is_meant_version(value.substr(0, value.find_first_of(" ,;\\")))
                              : ascii::equals_ignoring_case(field, name) || meant_line(field, value);
  }

  void split_lines() {
    Range range;
    Lines split;
    for (PolicyTextLine& line : found_.lines) {
      const std::vector<FieldPlace> fields = find_fields(line.text);
      if (fields.size() < 2) {
        split.push_back(std::move(line));
        continue;
      }
      range.add(line.number);
      for (const auto& [begin, end] : fields) {
        split.push_back({.number = line.number,
                         .original = line.original,
                         .text = line.text.substr(begin, end - begin),
                         .shift = line.shift + static_cast<std::ptrdiff_t>(begin),
                         .is_part = true});
      }
    }
    found_.lines = std::move(split);
    if (range.is_found()) {
      add(PolicyCause::one_line, range);
    }
  }

  // "mx:" and items below it, or items below an mx line.
  void undo_yaml_list() {
    Range range;
    Lines out;
    std::optional<PolicyTextLine> head;  // the "mx:" whose items come
    bool is_below_mx = false;
    for (PolicyTextLine& line : found_.lines) {
      const auto [name, value] = read_loosely(line.text);
      if (is_below_mx && name.empty()) {
        if (const std::string_view host = item_of(line.text); !host.empty()) {
          range.add(head ? head->number : line.number);
          range.add(line.number);
          head.reset();
          out.push_back(item_line(line, host));
          continue;
        }
      }
      if (head) {
        out.push_back(*std::move(head));
        head.reset();
      }
      is_below_mx = near_field(name) == "mx";
      if (is_below_mx && value.empty()) {
        head = std::move(line);
      } else {
        out.push_back(std::move(line));
      }
    }
    if (head) {
      out.push_back(*std::move(head));
    }
    found_.lines = std::move(out);
    if (range.is_found()) {
      add(PolicyCause::yaml_list, range);
    }
  }

  // The host of "  - host" or "  host"; empty where it is none.
  static std::string_view item_of(std::string_view text) {
    std::string_view item = ascii::trim_blanks(text);
    const bool has_mark = item.starts_with('-') || item.starts_with('*');
    const bool is_wildcard = item.starts_with("*.");
    if (has_mark && !is_wildcard) {
      item = ascii::trim_blanks(item.substr(1));
    }
    const bool is_item = (has_mark && !is_wildcard) || (!text.empty() && ascii::is_blank(text.front()));
    return is_item && read_meant_mx(item) ? item : std::string_view();
  }

  static PolicyTextLine item_line(const PolicyTextLine& line, std::string_view host) {
    const auto at = host.data() - line.text.data();
    constexpr std::string_view before = "mx: ";
    return {.number = line.number,
            .original = line.original,
            .text = std::string(before) + std::string(host),
            .shift = line.shift + at - static_cast<std::ptrdiff_t>(before.size()),
            .is_part = true};
  }

  // A single indented line is a fault of that line.
  void drop_indentation() {
    const auto is_indented = [](const PolicyTextLine& line) {
      return !line.text.empty() && ascii::is_blank(line.text.front()) &&
             !read_loosely(line.text).name.empty();
    };
    if (std::ranges::count_if(found_.lines, is_indented) < 2) {
      return;
    }
    Range range;
    for (PolicyTextLine& line : found_.lines) {
      if (is_indented(line)) {
        range.add(line.number);
        const std::size_t blanks = line.text.find_first_not_of(" \t");
        line.text.erase(0, blanks);
        line.shift += static_cast<std::ptrdiff_t>(blanks);
      }
    }
    add(PolicyCause::indented, range);
  }

  // The second version line may be joined to the last line of the first policy, which had no line end.
  void look_for_two_policies() {
    std::size_t versions = 0;
    std::size_t modes = 0;
    for (const PolicyTextLine& line : found_.lines) {
      const std::string_view field = meant_field(line.text);
      versions += field == "version" ? 1 : 0;
      modes += field == "mode" ? 1 : 0;
      const std::string lower = ascii::to_lower(line.text);
      const std::size_t second = lower.find("version:", 1);
      versions += second != std::string::npos && lower.find("stsv1", second) != std::string::npos ? 1 : 0;
    }
    if (versions > 1 && modes > 1) {
      found_.has_two = true;
      found_.causes.clear();
      mended_.clear();
      add(PolicyCause::two_policies, {});
      found_.causes.back().needs_author = true;
    }
  }

  void write_mends() {
    for (const Range& range : mended_) {
      mend_values(range);
    }
    for (std::size_t i = 0; i < mended_.size(); ++i) {
      if (mended_[i].is_found()) {
        found_.causes[i].mend = mend_of(mended_[i]);
      }
    }
  }

  // Lines that are written anew get their names and values mended with it.
  // A near miss stays where the field is there under its own name too: only the author knows which counts.
  void mend_values(const Range& range) {
    std::set<std::string> names;
    for (const PolicyTextLine& line : found_.lines) {
      names.emplace(read_loosely(line.text).name);
    }
    const auto is_clear = [&](std::string_view name) {
      const std::string field(near_field(name));
      return name == field || field == "mx" || !names.contains(field);
    };
    Lines out;
    for (PolicyTextLine& line : found_.lines) {
      const auto [name, value] = read_loosely(line.text);
      const bool is_written = line.number >= range.first && line.number <= range.last;
      const auto meant = is_written && is_clear(name) ? meant_line(near_field(name), value) : std::nullopt;
      if (!meant) {
        out.push_back(std::move(line));
        continue;
      }
      for (std::string_view rest = *meant; !rest.empty();) {
        const std::string_view text = rest.substr(0, rest.find('\n'));
        out.push_back(line);
        out.back().text = text;
        out.back().is_part = line.is_part || text.size() < meant->size();
        rest.remove_prefix(std::min(text.size() + 1, rest.size()));
      }
    }
    found_.lines = std::move(out);
  }

  [[nodiscard]] std::optional<PolicyMend> mend_of(const Range& range) const {
    PolicyMend mend{.action = MendAction::remove,
                    .line = range.first,
                    .count = range.last - range.first + 1,
                    .text = {},
                    .is_advice = false};
    for (const PolicyTextLine& line : found_.lines) {
      if (line.number < range.first || line.number > range.last) {
        continue;
      }
      if (!std::ranges::all_of(line.text, [](char c) { return c >= ' ' && c <= '~'; })) {
        return std::nullopt;
      }
      mend.text += (mend.action == MendAction::remove ? "" : "\n") + line.text;
      mend.action = MendAction::replace;
    }
    return mend;
  }

  std::string_view policy_;
  bool is_refused_ = false;
  bool was_front_matter_ = false;
  PolicyText found_;
  std::vector<Range> mended_;  // of each cause: the lines that its mend is about
};

}  // namespace

std::string_view to_string(PolicyCause cause) {
  using enum PolicyCause;
  static constexpr auto words = enum_names<PolicyCause>({
      {utf16, "utf-16"},
      {rtf, "rtf"},
      {html, "html"},
      {json, "json"},
      {txt_record, "txt-record"},
      {no_policy, "no-policy"},
      {front_matter, "front-matter"},
      {line_endings, "bad-line-ending"},
      {remarks, "remarks"},
      {one_line, "one-line"},
      {yaml_list, "yaml-list"},
      {indented, "indented"},
      {two_policies, "two-policies"},
  });
  return words[cause];
}

std::vector<PolicyTextLine> lines_of(std::string_view policy) {
  std::vector<PolicyTextLine> lines;
  while (!policy.empty()) {
    const std::size_t end = std::min(policy.find_first_of("\r\n"), policy.size());
    const std::string_view text = policy.substr(0, end);
    lines.push_back({.number = lines.size() + 1, .original = text, .text = std::string(text)});
    policy.remove_prefix(end);
    const std::size_t returns = std::min(policy.find_first_not_of('\r'), policy.size());
    if (policy.substr(returns).starts_with('\n')) {
      policy.remove_prefix(returns + 1);  // a file that was converted twice has CR CR LF
    } else if (!policy.empty()) {
      policy.remove_prefix(1);
    }
  }
  return lines;
}

PolicyText find_policy_causes(std::string_view policy) {
  return CauseSearch(policy).run();
}

}  // namespace mta_sts::publish
