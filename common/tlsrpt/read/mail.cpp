#include "tlsrpt/read/mail.hpp"

#include <gmime/gmime.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <optional>

#include "base/ascii.hpp"
#include "base/cursor.hpp"
#include "tlsrpt/read/base64.hpp"

namespace mta_sts::tlsrpt {
namespace {

// Messages in messages are followed this deep.
constexpr int forward_limit = 8;
constexpr int multipart_limit = 64;
constexpr std::size_t boundary_limit = 10'000;
constexpr std::size_t field_limit = 20'000;
constexpr std::size_t field_limit_bytes = std::size_t{256} << 10;

struct Unref {
  template <typename T>
  void operator()(T* object) const noexcept {
    g_object_unref(object);
  }
};
template <typename T>
using Object = std::unique_ptr<T, Unref>;

std::string text_or_empty(const char* text) {
  return text == nullptr ? std::string() : std::string(text);
}

std::string media_type_of(GMimeObject* object) {
  GMimeContentType* type = g_mime_object_get_content_type(object);
  if (type == nullptr) {
    return {};
  }
  return ascii::to_lower(text_or_empty(g_mime_content_type_get_media_type(type)) + "/" +
                         text_or_empty(g_mime_content_type_get_media_subtype(type)));
}

bool is_tlsrpt_report(GMimeObject* top) {
  if (top == nullptr || media_type_of(top) != "multipart/report") {
    return false;
  }
  const std::string type = text_or_empty(g_mime_object_get_content_type_parameter(top, "report-type"));
  return ascii::equals_ignoring_case(type, "tlsrpt");
}

std::string bytes_of(GMimeStream* memory) {
  const GByteArray* bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(memory));
  return {reinterpret_cast<const char*>(bytes->data), bytes->len};
}

// Some programs write the name of the encoding in quotes.
bool is_base64(GMimePart* part) {
  std::string encoding =
      text_or_empty(g_mime_object_get_header(GMIME_OBJECT(part), "Content-Transfer-Encoding"));
  std::erase_if(encoding, [](char c) { return c == '"' || ascii::is_space(c); });
  return g_mime_part_get_content_encoding(part) == GMIME_CONTENT_ENCODING_BASE64 ||
         ascii::equals_ignoring_case(encoding, "base64");
}

std::string decoded_content(GMimePart* part) {
  GMimeDataWrapper* content = g_mime_part_get_content(part);
  if (content == nullptr) {
    return {};
  }
  const Object<GMimeStream> stream(g_mime_stream_mem_new());
  if (is_base64(part)) {
    GMimeStream* encoded = g_mime_data_wrapper_get_stream(content);
    g_mime_stream_reset(encoded);
    const bool is_written = g_mime_stream_write_to_stream(encoded, stream.get()) >= 0;
    return is_written ? decode_base64(bytes_of(stream.get())) : std::string();
  }
  return g_mime_data_wrapper_write_to_stream(content, stream.get()) < 0 ? std::string()
                                                                        : bytes_of(stream.get());
}

struct MessageHeaders {
  std::string domain;
  std::string submitter;
};

class Walk {
 public:
  explicit Walk(const std::function<void(MailPart&)>& accept) : accept_(accept) {}

  void message(GMimeMessage* mail, const MessageHeaders& around, int forwards) {
    MessageHeaders headers = around;
    read_header(mail, "TLS-Report-Domain", headers.domain);
    read_header(mail, "TLS-Report-Submitter", headers.submitter);
    GMimeObject* top = g_mime_message_get_mime_part(mail);
    if (forwards == 0) {
      is_in_report_ = is_tlsrpt_report(top);
    }
    if (top != nullptr) {
      object(top, headers, forwards, 0);
    }
  }

 private:
  static void read_header(GMimeMessage* mail, const char* name, std::string& value) {
    const std::string text = text_or_empty(g_mime_object_get_header(GMIME_OBJECT(mail), name));
    if (!text.empty()) {
      value = ascii::to_lower(ascii::trim_blanks(text));
    }
  }

  void object(GMimeObject* node, const MessageHeaders& headers, int forwards, int depth) {
    if (GMIME_IS_MULTIPART(node)) {
      GMimeMultipart* const multipart = GMIME_MULTIPART(node);
      const int count = depth < multipart_limit ? g_mime_multipart_get_count(multipart) : 0;
      for (int i = 0; i < count; ++i) {
        object(g_mime_multipart_get_part(multipart, i), headers, forwards, depth + 1);
      }
    } else if (GMIME_IS_MESSAGE_PART(node)) {
      GMimeMessage* const inner = g_mime_message_part_get_message(GMIME_MESSAGE_PART(node));
      if (inner != nullptr && forwards < forward_limit) {
        message(inner, headers, forwards + 1);
      }
    } else if (GMIME_IS_PART(node)) {
      MailPart part{.media_type = media_type_of(node),
                    .file_name = text_or_empty(g_mime_part_get_filename(GMIME_PART(node))),
                    .bytes = decoded_content(GMIME_PART(node)),
                    .is_text = false,
                    .report_domain = headers.domain,
                    .report_submitter = headers.submitter,
                    .is_in_report = is_in_report_};
      part.is_text = part.media_type.starts_with("text/");
      accept_(part);
    }
  }

  const std::function<void(MailPart&)>& accept_;
  bool is_in_report_ = false;
};

// RFC 5322 section 3.6.8, and the bytes beyond ASCII that some programs put there.
bool is_field_name_byte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte > 0x20 && byte != 0x7F && c != ':';
}

// Hostile mails make GMime complain to standard error, which belongs to the program.
void silence(const char*, GLogLevelFlags, const char*, void*) noexcept {}

constexpr std::array<std::string_view, 3> fields_read = {"content-", "mime-version", "tls-report-"};

// A mail without the header fields that nothing here reads. There are many of them, and each costs the
// library as much as a part does.
std::string slim_mail(std::string_view bytes) {
  std::string slim;
  slim.reserve(bytes.size());
  bool is_kept = true;
  while (!bytes.empty()) {
    const std::size_t newline = bytes.find('\n');
    const std::string_view line = bytes.substr(0, newline == std::string_view::npos ? newline : newline + 1);
    if (line == "\n" || line == "\r\n") {
      break;
    }
    if (!ascii::is_blank(line.front())) {
      is_kept = std::ranges::any_of(
          fields_read, [&](std::string_view field) { return ascii::starts_with_ignoring_case(line, field); });
    }
    slim.append(is_kept ? line : std::string_view());
    bytes.remove_prefix(line.size());
  }
  return slim.append(bytes);
}

// Its own messages are silent. It is made ready for the first mail that needs it, since most inputs have none
// and it takes more memory than they do. It cannot be set up again once it was torn down, so it stays.
void make_library_ready() {
  [[maybe_unused]] static const bool is_ready = [] {
    g_log_set_handler("gmime", G_LOG_LEVEL_MASK, silence, nullptr);
    g_mime_init();
    return true;
  }();
}

}  // namespace

void read_mail(std::string_view bytes, const std::function<void(MailPart&)>& accept) {
  make_library_ready();
  const std::string slim = slim_mail(bytes);
  const Object<GMimeStream> stream(g_mime_stream_mem_new_with_buffer(slim.data(), slim.size()));
  const Object<GMimeParser> parser(g_mime_parser_new_with_stream(stream.get()));
  const Object<GMimeMessage> mail(g_mime_parser_construct_message(parser.get(), nullptr));
  if (mail) {
    Walk(accept).message(mail.get(), {}, 0);
  }
}

bool has_sane_structure(std::string_view mail) {
  std::size_t boundaries = 0;
  std::size_t fields = 0;
  std::size_t field_bytes = 0;  // of the field that the line may go on with; 0 outside of fields
  while (!mail.empty()) {
    const std::string_view line = mail.substr(0, mail.find('\n'));
    mail.remove_prefix(std::min(mail.size(), line.size() + 1));
    if (line.starts_with("--")) {
      ++boundaries;
    }
    if (looks_like_mail(line)) {
      ++fields;
      field_bytes = line.size();
    } else if (field_bytes > 0 && !line.empty() && ascii::is_blank(line.front())) {
      field_bytes += line.size();
    } else {
      field_bytes = 0;
    }
    if (boundaries > boundary_limit || fields > field_limit || field_bytes > field_limit_bytes) {
      return false;
    }
  }
  return true;
}

std::string_view without_mark(std::string_view bytes) {
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  return bytes.substr(bytes.starts_with(byte_order_mark) ? byte_order_mark.size() : 0);
}

namespace {

std::string_view behind_line(std::string_view bytes) {
  const std::size_t newline = bytes.find('\n');
  return newline == std::string_view::npos ? std::string_view() : bytes.substr(newline + 1);
}

// Tells whether a first line is no field of a header, and the next one is: blanks, or a field with a name
// that begins with a digit or has 8-bit bytes.
bool is_odd_field(std::string_view bytes) {
  constexpr std::size_t name_limit = 128;
  const std::string_view line = bytes.substr(0, std::min(bytes.find('\n'), name_limit));
  const bool is_odd = line.contains(':') || std::ranges::all_of(line, ascii::is_space);
  return is_odd && !line.starts_with("From") && !looks_like_mail(bytes) &&
         looks_like_mail(behind_line(bytes));
}

// What some programs put before a mail is left out.
std::string_view front_of(std::string_view bytes) {
  while (bytes.starts_with('\r') || bytes.starts_with('\n') || bytes.starts_with(">From ")) {
    bytes = behind_line(bytes);
  }
  return is_odd_field(bytes) ? behind_line(bytes) : bytes;
}

// Apple Mail's .emlx: a line with the mail's length, the mail, and a property list behind it.
std::optional<std::string_view> mail_in_emlx(std::string_view bytes) {
  text::Cursor cursor(bytes);
  cursor.take_while(ascii::is_blank, 16);
  const std::string_view digits = cursor.take_while(ascii::is_digit, 9);
  cursor.take_while(ascii::is_blank, 16);
  cursor.take('\r');
  if (digits.empty() || !cursor.take('\n') || !looks_like_mail(cursor.rest())) {
    return std::nullopt;
  }
  std::size_t length = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), length);
  return cursor.rest().substr(0, length);
}

}  // namespace

std::string_view mail_front(std::string_view bytes) {
  bytes = without_mark(bytes);
  return front_of(mail_in_emlx(bytes).value_or(bytes));
}

bool begins_with_field(std::string_view bytes) {
  constexpr std::size_t name_limit = 128;
  constexpr std::size_t blank_limit = 8;
  if (bytes.empty() || !is_field_name_byte(bytes.front())) {
    return false;
  }
  const std::size_t colon = bytes.substr(0, name_limit + blank_limit + 1).find(':');
  if (colon == std::string_view::npos) {
    return false;
  }
  const std::string_view name = bytes.substr(0, colon);
  const std::size_t length = name.find_last_not_of(" \t") + 1;
  return length <= name_limit && colon - length <= blank_limit &&
         std::ranges::all_of(name.substr(0, length), is_field_name_byte);
}

bool looks_like_mail(std::string_view bytes) {
  return !bytes.empty() && ascii::is_alpha(bytes.front()) && begins_with_field(bytes);
}

}  // namespace mta_sts::tlsrpt
