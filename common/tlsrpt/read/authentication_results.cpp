#include "tlsrpt/read/authentication_results.hpp"

#include <algorithm>
#include <array>

#include "base/ascii.hpp"
#include "base/cursor.hpp"
#include "base/domain_name.hpp"

namespace mta_sts::tlsrpt {
namespace {

constexpr std::size_t results_field_limit_bytes = 16'384;
constexpr std::size_t results_fields_limit = 100;
constexpr std::size_t results_limit = 200;
constexpr std::size_t comment_depth_limit = 16;

constexpr std::string_view field_name = "Authentication-Results";

// RFC 2045 section 5.1: what a value may be without quotes.
bool is_token_byte(char c) {
  constexpr std::string_view specials = "()<>@,;:\\\"/[]?=";
  return c > 0x20 && c < 0x7F && specials.find(c) == std::string_view::npos;
}

// Values of properties hold addresses, and signatures in base64 without the quotes that they should have.
bool is_property_byte(char c) {
  constexpr std::string_view ends = "();\"\\,";
  return c > 0x20 && c < 0x7F && ends.find(c) == std::string_view::npos;
}

// RFC 5321's Keyword, which methods, results and properties are.
bool is_keyword_byte(char c) {
  return ascii::is_alnum(c) || c == '-' || c == '_';
}

// What a field says of DKIM.
struct DkimResults {
  bool has_any = false;
  std::vector<std::string> passed;
};

// Reads the body of one field. RFC 8601 section 2.2.
class FieldReader {
 public:
  explicit FieldReader(std::string_view body) : cursor_(body) {}

  // The authserv-id, with the version behind it.
  std::optional<std::string> server() {
    if (!skip()) {
      return std::nullopt;
    }
    auto id = value(is_token_byte);
    if (!id || !skip()) {
      return std::nullopt;
    }
    const std::string_view version = cursor_.take_while(ascii::is_digit);
    const bool is_known = version.empty() || version == "1";
    return is_known && skip() && (cursor_.at_end() || cursor_.sees(';')) ? id : std::nullopt;
  }

  std::optional<DkimResults> results() {
    DkimResults found;
    for (std::size_t count = 0; !cursor_.at_end(); ++count) {
      if (count == results_limit || !cursor_.take(';') || !skip() || !result(found)) {
        return std::nullopt;
      }
    }
    return found;
  }

 private:
  // Takes white space and comments. False where a comment has no end.
  bool skip() {
    while (true) {
      cursor_.take_while(ascii::is_space);
      if (!cursor_.sees('(')) {
        return true;
      }
      if (!comment()) {
        return false;
      }
    }
  }

  bool comment() {
    std::size_t depth = 0;
    do {
      if (cursor_.take('(')) {
        if (++depth > comment_depth_limit) {
          return false;
        }
      } else if (cursor_.take(')')) {
        --depth;
      } else {
        cursor_.take('\\');
        if (!any_byte()) {
          return false;
        }
      }
    } while (depth > 0);
    return true;
  }

  bool any_byte() {
    return !cursor_.take_while([](char) { return true; }, 1).empty();
  }

  // A quoted-string, or bytes of a kind; nothing where there is neither.
  template <typename Accept>
  std::optional<std::string> value(Accept accept) {
    if (!cursor_.take('"')) {
      const std::string_view bytes = cursor_.take_while(accept);
      return bytes.empty() ? std::nullopt : std::optional(std::string(bytes));
    }
    std::string text;
    while (!cursor_.take('"')) {
      cursor_.take('\\');
      const std::string_view byte = cursor_.take_while([](char) { return true; }, 1);
      if (byte.empty()) {
        return std::nullopt;
      }
      text += byte;
    }
    return text;
  }

  // Takes a method with its version, a property or "reason", and the equals sign behind it.
  std::optional<std::string> name_before_equals() {
    std::string name = ascii::to_lower(cursor_.take_while(is_keyword_byte));
    if (!skip()) {
      return std::nullopt;
    }
    if (cursor_.take('/')) {  // the method's version
      const bool is_version = skip() && !cursor_.take_while(ascii::is_digit).empty() && skip();
      if (!is_version) {
        return std::nullopt;
      }
    } else if (cursor_.take('.')) {
      if (!skip()) {
        return std::nullopt;
      }
      name += "." + ascii::to_lower(cursor_.take_while(is_keyword_byte));
      if (!skip()) {
        return std::nullopt;
      }
    }
    const bool has_value = !name.empty() && cursor_.take('=') && skip();
    return has_value ? std::optional(std::move(name)) : std::nullopt;
  }

  // One method with its properties, or "none". The properties' names hold a point, "reason" holds none.
  bool result(DkimResults& found) {
    if (cursor_.rest().empty()) {
      return true;  // a semicolon at the end, which many servers write
    }
    const text::Cursor before = cursor_;
    if (ascii::equals_ignoring_case(cursor_.take_while(is_keyword_byte), "none") && skip() &&
        cursor_.at_end()) {
      return true;
    }
    cursor_ = before;
    const auto method = name_before_equals();
    const std::string_view verdict = method ? cursor_.take_while(is_keyword_byte) : std::string_view();
    if (verdict.empty() || !skip()) {
      return false;
    }
    const bool is_dkim = *method == "dkim";
    const bool is_pass = is_dkim && ascii::equals_ignoring_case(verdict, "pass");
    found.has_any = found.has_any || is_dkim;
    while (!cursor_.at_end() && !cursor_.sees(';')) {
      const auto name = name_before_equals();
      auto given = name ? value(is_property_byte) : std::nullopt;
      if (!given || !skip()) {
        return false;
      }
      if (is_pass && *name == "header.d") {
        found.passed.push_back(*std::move(given));
      }
    }
    return true;
  }

  text::Cursor cursor_;
};

// Takes the next header field, with the lines that it goes on with, off the front; empty at the end of the
// header.
std::string_view take_field(std::string_view& header) {
  const std::string_view begin = header;
  std::size_t size = 0;
  do {
    const std::size_t newline = begin.find('\n', size);
    const std::string_view line = begin.substr(size, newline - size);
    if (size == 0 && (line.empty() || line == "\r")) {
      return {};
    }
    size = newline == std::string_view::npos ? begin.size() : newline + 1;
  } while (size < begin.size() && ascii::is_blank(begin[size]));
  header = begin.substr(size);
  return begin.substr(0, size);
}

// The body of such a field; nothing of another one.
std::optional<std::string_view> body_of(std::string_view field) {
  if (!ascii::starts_with_ignoring_case(field, field_name)) {
    return std::nullopt;
  }
  text::Cursor cursor(field.substr(field_name.size()));
  cursor.take_while(ascii::is_blank);
  return cursor.take(':') ? std::optional(cursor.rest()) : std::nullopt;
}

// Without a list of public suffixes: one label, or two of which the first is what registries use ("co.uk",
// "com.au"), may be a suffix below which anybody has a domain. It is no great loss if it is none: the domain
// itself still stands for itself.
bool may_be_public_suffix(std::string_view name) {
  constexpr std::array<std::string_view, 22> registry_labels = {
      "ac", "biz", "co", "com", "edu", "go",  "gob", "gouv", "gov", "gv",  "id",
      "in", "ltd", "me", "mil", "ne",  "net", "nom", "or",   "org", "plc", "sch"};
  const std::size_t dot = name.find('.');
  const bool has_two_labels =
      dot != std::string_view::npos && name.find('.', dot + 1) == std::string_view::npos;
  return dot == std::string_view::npos ||
         (has_two_labels && std::ranges::find(registry_labels, name.substr(0, dot)) != registry_labels.end());
}

bool is_same_organization(const DomainName& a, const DomainName& b) {
  const bool a_is_longer = a.text().size() > b.text().size();
  const std::string& child = a_is_longer ? a.text() : b.text();
  const std::string& parent = a_is_longer ? b.text() : a.text();
  return child == parent || (child.ends_with("." + parent) && !may_be_public_suffix(parent));
}

}  // namespace

std::optional<std::vector<std::string>> dkim_domains(std::string_view mail, std::string_view authserv_id) {
  std::size_t fields = 0;
  for (std::string_view field = take_field(mail); !field.empty(); field = take_field(mail)) {
    const auto body = body_of(field);
    if (!body) {
      continue;
    }
    if (++fields > results_fields_limit) {
      return std::nullopt;
    }
    if (body->size() > results_field_limit_bytes) {
      continue;
    }
    FieldReader reader(*body);
    const auto server = reader.server();
    if (!server || !ascii::equals_ignoring_case(*server, authserv_id)) {
      continue;
    }
    if (auto results = reader.results(); results && results->has_any) {
      return std::move(results->passed);
    }
  }
  return std::nullopt;
}

Authentication judge_signatures(const std::vector<std::string>& domains, const Report& report,
                                std::string_view submitter) {
  const std::string_view contact = report.contact ? std::string_view(*report.contact) : std::string_view();
  const std::size_t at = contact.rfind('@');
  const auto reporting = DomainName::parse(at == std::string_view::npos ? submitter : contact.substr(at + 1));
  const bool is_signed = reporting && std::ranges::any_of(domains, [&](const std::string& domain) {
                           const auto name = DomainName::parse(domain);
                           return name && is_same_organization(*name, *reporting);
                         });
  return is_signed ? Authentication::authenticated : Authentication::not_authenticated;
}

}  // namespace mta_sts::tlsrpt
