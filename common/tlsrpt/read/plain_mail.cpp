#include "tlsrpt/read/plain_mail.hpp"

#include <gmime/gmime.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/ascii.hpp"
#include "base/cursor.hpp"
#include "tlsrpt/read/base64.hpp"

namespace mta_sts::tlsrpt {
namespace {

// A report is one part of two or three.
constexpr std::size_t part_limit = 32;
// RFC 2046 section 5.1.1.
constexpr std::size_t boundary_limit_bytes = 70;

// A set of bytes as a table: a mail has hundreds of bytes to judge, and a look costs less than comparisons.
class ByteSet {
 public:
  explicit constexpr ByteSet(std::string_view others) {
    for (int byte = 0; byte < 256; ++byte) {
      const char c = static_cast<char>(byte);
      has_[static_cast<std::size_t>(byte)] = ascii::is_alnum(c) || others.contains(c);
    }
  }

  constexpr bool operator()(char c) const { return has_[static_cast<unsigned char>(c)]; }

 private:
  std::array<bool, 256> has_{};
};

// Narrower than RFC 5322 and RFC 2045 allow: what senders write.
constexpr ByteSet is_name_byte("-_");
constexpr ByteSet is_plain_token_byte("-_.+!");
constexpr ByteSet is_boundary_byte("'+_,-./:=?");
constexpr ByteSet is_quotable_byte(" !#$%&'*+,-./:;<=>?@[]^_`{|}~");
// No comments and no escapes.
constexpr ByteSet is_plain_byte("\t\r\n !\"#$%&')*+,-./:;<=>?@[]^_`{|}~");

std::string_view without_return(std::string_view line) {
  return line.substr(0, line.size() - (line.ends_with('\r') ? 1 : 0));
}

// A field's value that means what it says: no encoded words either, and no half line ends.
bool is_plain_value(std::string_view value) {
  for (std::size_t at = value.find('\r'); at != std::string_view::npos; at = value.find('\r', at + 1)) {
    if (!value.substr(at + 1).starts_with('\n')) {
      return false;
    }
  }
  return std::ranges::all_of(value, is_plain_byte) && !value.contains("=?");
}

// A member with the name that it has in mails.
template <typename Member>
struct Named {
  std::string_view name;
  Member member;
};

// Nothing where none has the name. Most differ by their length.
const auto* find_named(const auto& all, std::string_view name) {
  const auto found = std::ranges::find_if(all, [&](const auto& each) {
    return each.name.size() == name.size() && ascii::equals_ignoring_case(each.name, name);
  });
  return found == all.end() ? nullptr : &found->member;
}

// The fields that decide, the values as they stand, line ends between folded lines included.
struct Header {
  std::optional<std::string_view> content_type;
  std::optional<std::string_view> content_transfer_encoding;
  std::optional<std::string_view> content_disposition;
  std::optional<std::string_view> report_domain;
  std::optional<std::string_view> report_submitter;

  // False for a second field of the same name, and for a value that is not plain.
  bool add(std::string_view name, std::string_view value) {
    std::optional<std::string_view>* const field = find(name);
    if (field == nullptr) {
      return true;
    }
    return !std::exchange(*field, value) && is_plain_value(value);
  }

 private:
  std::optional<std::string_view>* find(std::string_view name) {
    static constexpr std::array<Named<std::optional<std::string_view> Header::*>, 5> fields = {{
        {"Content-Type", &Header::content_type},
        {"Content-Transfer-Encoding", &Header::content_transfer_encoding},
        {"Content-Disposition", &Header::content_disposition},
        {"TLS-Report-Domain", &Header::report_domain},
        {"TLS-Report-Submitter", &Header::report_submitter},
    }};
    const auto* const member = find_named(fields, name);
    return member == nullptr ? nullptr : &(this->**member);
  }
};

// Cuts a header with the blank line behind it off `rest`.
std::optional<Header> take_header(std::string_view& rest) {
  Header header;
  while (true) {
    std::size_t end = rest.find('\n');
    if (end == std::string_view::npos) {
      return std::nullopt;
    }
    if (without_return(rest.substr(0, end)).empty()) {
      rest.remove_prefix(end + 1);
      return header;
    }
    while (end + 1 < rest.size() && ascii::is_blank(rest[end + 1])) {
      end = rest.find('\n', end + 1);
      if (end == std::string_view::npos) {
        return std::nullopt;
      }
    }
    text::Cursor field(without_return(rest.substr(0, end)));
    const std::string_view name = field.take_while(is_name_byte);
    if (name.empty() || !ascii::is_alpha(name.front()) || !field.take(':') ||
        !header.add(name, field.rest())) {
      return std::nullopt;
    }
    rest.remove_prefix(end + 1);
  }
}

void skip_space(text::Cursor& cursor) {
  cursor.take_while(ascii::is_space);
}

// A token or a quoted string, never empty.
std::string_view take_parameter_value(text::Cursor& cursor) {
  if (!cursor.take('"')) {
    return cursor.take_while(is_plain_token_byte);
  }
  const std::string_view value = cursor.take_while(is_quotable_byte);
  return cursor.take('"') ? value : std::string_view();
}

// The parameters of Content-Type and Content-Disposition that decide; RFC 2045 section 5.1.
struct Parameters {
  std::string_view boundary;
  std::string_view name;
  std::string_view file_name;
  std::string_view report_type;

  // Takes all to the value's end. False where one is not plain, or stands there twice.
  bool take(text::Cursor& cursor) {
    skip_space(cursor);
    while (cursor.take(';')) {
      skip_space(cursor);
      if (cursor.at_end()) {
        return true;
      }
      const std::string_view attribute = cursor.take_while(is_name_byte);
      const bool has_value = cursor.take('=');
      const std::string_view value = take_parameter_value(cursor);
      if (attribute.empty() || !has_value || value.empty() || !add(attribute, value)) {
        return false;
      }
      skip_space(cursor);
    }
    return cursor.at_end();
  }

 private:
  bool add(std::string_view attribute, std::string_view value) {
    static constexpr std::array<Named<std::string_view Parameters::*>, 4> parameters = {{
        {"boundary", &Parameters::boundary},
        {"name", &Parameters::name},
        {"filename", &Parameters::file_name},
        {"report-type", &Parameters::report_type},
    }};
    const auto* const member = find_named(parameters, attribute);
    return member == nullptr || std::exchange(this->**member, value).empty();
  }
};

struct ContentType {
  std::string media_type;
  Parameters parameters;

  [[nodiscard]] bool is(std::string_view type) const { return media_type.starts_with(type); }
};

std::optional<ContentType> parse_content_type(const Header& header) {
  if (!header.content_type) {
    return std::nullopt;
  }
  ContentType parsed;
  text::Cursor cursor(*header.content_type);
  skip_space(cursor);
  const std::string_view type = cursor.take_while(is_plain_token_byte);
  const bool has_slash = cursor.take('/');
  const std::string_view subtype = cursor.take_while(is_plain_token_byte);
  if (type.empty() || !has_slash || subtype.empty() || !parsed.parameters.take(cursor)) {
    return std::nullopt;
  }
  parsed.media_type = ascii::to_lower({type.begin(), subtype.end()});
  return parsed;
}

// True for base64, false where the bytes are sent as they are; RFC 2045 section 6.
std::optional<bool> is_base64(const Header& header) {
  const std::string_view encoding = ascii::trim_blanks(header.content_transfer_encoding.value_or("7bit"));
  if (ascii::equals_ignoring_case(encoding, "base64")) {
    return true;
  }
  for (const std::string_view plain : {"7bit", "8bit", "binary"}) {
    if (ascii::equals_ignoring_case(encoding, plain)) {
      return false;
    }
  }
  return std::nullopt;
}

// A part that is no multipart and no message.
struct Leaf {
  std::string media_type;
  std::string_view file_name;
  bool is_base64 = false;
  std::string_view body;
};

std::optional<Leaf> make_leaf(const Header& header, ContentType type, std::string_view body) {
  const auto base64 = is_base64(header);
  Parameters disposition;
  if (header.content_disposition) {
    text::Cursor cursor(*header.content_disposition);
    skip_space(cursor);
    if (cursor.take_while(is_plain_token_byte).empty() || !disposition.take(cursor)) {
      return std::nullopt;
    }
  }
  if (!base64 || type.is("multipart/") || type.is("message/")) {
    return std::nullopt;
  }
  return Leaf{.media_type = std::move(type.media_type),
              .file_name = disposition.file_name.empty() ? type.parameters.name : disposition.file_name,
              .is_base64 = *base64,
              .body = body};
}

// A line that stands between parts; RFC 2046 section 5.1.1.
struct BoundaryLine {
  std::size_t begin = 0;
  std::size_t end = 0;  // behind its line end
  std::string_view line_end;
  bool is_last = false;
};

// Nothing where there is none, and where the first line with these bytes has others too.
std::optional<BoundaryLine> find_boundary(std::string_view text, std::string_view delimiter) {
  const std::size_t begin = text.find(delimiter);
  if (begin == std::string_view::npos || (begin > 0 && text[begin - 1] != '\n')) {
    return std::nullopt;
  }
  text::Cursor cursor(text.substr(begin + delimiter.size()));
  const bool is_last = cursor.take("--");
  const std::string_view line_end = cursor.rest().starts_with("\r\n") ? "\r\n" : "\n";
  if (!cursor.take(line_end)) {
    return std::nullopt;
  }
  return BoundaryLine{.begin = begin,
                      .end = begin + delimiter.size() + cursor.offset(),
                      .line_end = line_end,
                      .is_last = is_last};
}

// The part's body in front of a boundary: the line end before the boundary belongs to that, and only one like
// the boundary's own is sure to be cut off.
std::optional<std::string_view> body_before(const BoundaryLine& boundary, std::string_view text) {
  const std::string_view body = text.substr(0, boundary.begin);
  if (body.empty()) {
    return body;
  }
  if (body.ends_with("\r\n") != (boundary.line_end == "\r\n")) {
    return std::nullopt;
  }
  return body.substr(0, body.size() - boundary.line_end.size());
}

std::optional<std::vector<Leaf>> split_multipart(std::string_view text, const ContentType& multipart) {
  const std::string_view boundary = multipart.parameters.boundary;
  if (boundary.empty() || boundary.size() > boundary_limit_bytes ||
      !std::ranges::all_of(boundary, is_boundary_byte)) {
    return std::nullopt;
  }
  const std::string delimiter = "--" + std::string(boundary);
  std::vector<Leaf> leaves;
  auto line = find_boundary(text, delimiter);
  while (line && !line->is_last) {
    text.remove_prefix(line->end);
    const auto header = take_header(text);
    auto type = header ? parse_content_type(*header) : std::nullopt;
    line = find_boundary(text, delimiter);
    const auto body = line ? body_before(*line, text) : std::nullopt;
    auto leaf = type && body ? make_leaf(*header, *std::move(type), *body) : std::nullopt;
    if (!leaf || leaves.size() == part_limit) {
      return std::nullopt;
    }
    leaves.push_back(*std::move(leaf));
  }
  return line ? std::optional(std::move(leaves)) : std::nullopt;
}

std::optional<std::vector<Leaf>> find_leaves(const Header& header, const ContentType& type,
                                             std::string_view body) {
  if (type.is("multipart/")) {
    return is_base64(header) == false ? split_multipart(body, type) : std::nullopt;
  }
  auto leaf = make_leaf(header, type, body);
  return leaf ? std::optional(std::vector{*std::move(leaf)}) : std::nullopt;
}

// A domain of a field: one line of it.
std::optional<std::string> parse_domain(const std::optional<std::string_view>& field) {
  if (field && field->contains('\n')) {
    return std::nullopt;
  }
  return ascii::to_lower(ascii::trim_blanks(field.value_or("")));
}

}  // namespace

bool read_plain_mail(std::string_view bytes, const std::function<void(MailPart&)>& accept) {
  const auto header = take_header(bytes);
  const auto type = header ? parse_content_type(*header) : std::nullopt;
  auto leaves = type ? find_leaves(*header, *type, bytes) : std::nullopt;
  const auto domain = header ? parse_domain(header->report_domain) : std::nullopt;
  const auto submitter = header ? parse_domain(header->report_submitter) : std::nullopt;
  if (!leaves || !domain || !submitter) {
    return false;
  }
  const bool is_in_report = type->media_type == "multipart/report" &&
                            ascii::equals_ignoring_case(type->parameters.report_type, "tlsrpt");
  for (Leaf& leaf : *leaves) {
    const bool is_text = leaf.media_type.starts_with("text/");
    MailPart part{.media_type = std::move(leaf.media_type),
                  .file_name = std::string(leaf.file_name),
                  .bytes = leaf.is_base64 ? decode_base64(leaf.body) : std::string(leaf.body),
                  .is_text = is_text,
                  .report_domain = *domain,
                  .report_submitter = *submitter,
                  .is_in_report = is_in_report};
    accept(part);
  }
  return true;
}

}  // namespace mta_sts::tlsrpt
