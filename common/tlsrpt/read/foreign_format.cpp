#include "tlsrpt/read/foreign_format.hpp"

#include <algorithm>
#include <array>

namespace mta_sts::tlsrpt {
namespace {

using std::string_view_literals::operator""sv;

struct Format {
  std::string_view signature;  // the first bytes
  std::string_view text;       // what it is, and what to do
};

constexpr std::string_view tnef = "TNEF (winmail.dat): unpack its attachment, or have it sent as MIME";
constexpr std::string_view smime = "S/MIME, signed or encrypted as a whole: take the mail out of it first";
constexpr std::string_view uuencode = "a uuencoded text: decode it first";

constexpr std::array formats = {
    Format{"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"sv,
           "an Outlook message (.msg): save it as .eml, or save its attachment"sv},
    Format{"!BDN"sv, "an Outlook data file (.pst): export its mails as .eml or mbox"sv},
    Format{"\x78\x9F\x3E\x22"sv, tnef},
    Format{"\x01\x01\x01\x01\n"sv, "an MMDF mailbox: convert it to mbox or Maildir"sv},
    Format{"*mbx*\r\n"sv, "an mbx mailbox: convert it to mbox or Maildir"sv},
    Format{"-----BEGIN PGP MESSAGE-----"sv, "an OpenPGP message: decrypt it first"sv},
    Format{"7z\xBC\xAF\x27\x1C"sv, "a 7-Zip archive: unpack it first"sv},
    Format{"Rar!\x1A\x07"sv, "a RAR archive: unpack it first"sv},
    Format{"%PDF-"sv, "a PDF document: reports are JSON"sv},
};

// A ContentInfo of PKCS #7: a sequence that begins with an object identifier below 1.2.840.113549.1.7.
bool is_pkcs7(std::string_view bytes) {
  constexpr std::string_view identifier = "\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x07";
  return bytes.starts_with('0') && bytes.substr(0, 32).contains(identifier);
}

// "begin 644 NAME" at the start of a line.
bool is_uuencoded(std::string_view bytes) {
  constexpr std::string_view begin = "begin ";
  for (std::size_t at = bytes.find(begin); at != std::string_view::npos; at = bytes.find(begin, at + 1)) {
    const std::string_view mode = bytes.substr(at + begin.size());
    const std::size_t digits = std::min(mode.find_first_not_of("01234567"), mode.size());
    const bool is_line_start = at == 0 || bytes[at - 1] == '\n';
    if (is_line_start && (digits == 3 || digits == 4) && mode.substr(digits).starts_with(' ')) {
      return true;
    }
  }
  return false;
}

}  // namespace

std::optional<std::string> foreign_format(std::string_view bytes, std::string_view media_type) {
  const auto format =
      std::ranges::find_if(formats, [&](const Format& each) { return bytes.starts_with(each.signature); });
  if (format != formats.end()) {
    return std::string(format->text);
  }
  if (media_type == "application/pkcs7-mime" || media_type == "application/x-pkcs7-mime" || is_pkcs7(bytes)) {
    return std::string(smime);
  }
  if (media_type == "application/ms-tnef") {
    return std::string(tnef);
  }
  return is_uuencoded(bytes) ? std::optional(std::string(uuencode)) : std::nullopt;
}

}  // namespace mta_sts::tlsrpt
