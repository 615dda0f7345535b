#include "tlsrpt/read/foreign_format.hpp"

#include <algorithm>
#include <array>

#include "base/ascii.hpp"

namespace mta_sts::tlsrpt {
namespace {

using std::string_view_literals::operator""sv;

struct Format {
  std::string_view signature;  // the first bytes
  std::string_view text;       // what it is, and what to do
  bool may_be_a_mail = false;
};

constexpr std::string_view outlook = "an Outlook message (.msg): save it as .eml, or save its attachment";
constexpr std::string_view office =
    "an Outlook message (.msg) or an old Office document: save a message as .eml";
constexpr std::string_view tnef = "TNEF (winmail.dat): unpack its attachment, or have it sent as MIME";
constexpr std::string_view smime = "S/MIME, signed or encrypted as a whole: take the mail out of it first";
constexpr std::string_view uuencode = "a uuencoded text: decode it first";

constexpr std::array formats = {
    Format{"!BDN"sv, "an Outlook data file (.pst): export its mails as .eml or mbox"sv, true},
    Format{"\xCF\xAD\x12\xFE"sv, "an Outlook Express folder (.dbx): export its mails as .eml or mbox"sv,
           true},
    Format{"\x78\x9F\x3E\x22"sv, tnef, true},
    Format{"\x01\x01\x01\x01\n"sv, "an MMDF mailbox: convert it to mbox or Maildir"sv, true},
    Format{"*mbx*\r\n"sv, "an mbx mailbox: convert it to mbox or Maildir"sv, true},
    Format{"BABYL OPTIONS:"sv, "a Babyl mailbox (Emacs Rmail): convert it to mbox"sv, true},
    Format{"Dovecot-LZ4\r*\x9B\xC5"sv, "a mail that Dovecot packed by LZ4: get it by doveadm fetch"sv, true},
    Format{"-----BEGIN PGP MESSAGE-----"sv, "an OpenPGP message: decrypt it first"sv},
    Format{"begin-base64 "sv, "a uuencoded text in base64: decode it first"sv},
    Format{"7z\xBC\xAF\x27\x1C"sv, "a 7-Zip archive: unpack it first"sv},
    Format{"Rar!\x1A\x07"sv, "a RAR archive: unpack it first"sv},
    Format{"\x1F\x9D"sv, "a file of compress (.Z): unpack it first"sv},
    Format{"\x5D\x00\x00\x80\x00"sv, "an lzma stream: unpack it first"sv},
    Format{"%PDF-"sv, "a PDF document: reports are JSON"sv},
};

bool ends_with_ignoring_case(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && ascii::equals_ignoring_case(text.substr(text.size() - end.size()), end);
}

bool is_outlook_message(PartLabel label) {
  return label.media_type == "application/vnd.ms-outlook" || ends_with_ignoring_case(label.file_name, ".msg");
}

// A ContentInfo of PKCS #7: a sequence that begins with an object identifier below 1.2.840.113549.1.7.
bool is_pkcs7(std::string_view bytes) {
  constexpr std::string_view identifier = "\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x07";
  return bytes.starts_with('0') && bytes.substr(0, 32).contains(identifier);
}

// The whole mail, and no signature that stands beside it.
bool is_opaque_smime(std::string_view bytes, PartLabel label) {
  if (label.media_type == "application/pkcs7-mime" || label.media_type == "application/x-pkcs7-mime") {
    return true;
  }
  const bool is_named = label.media_type.empty() || ends_with_ignoring_case(label.file_name, ".p7m");
  return is_named && is_pkcs7(bytes);
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

std::optional<ForeignFormat> foreign_format(std::string_view bytes, PartLabel label) {
  if (bytes.starts_with('{')) {
    return std::nullopt;  // a report, as most are: it need not be searched
  }
  if (bytes.starts_with("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1")) {
    const bool is_message = is_outlook_message(label);
    return ForeignFormat{.text = std::string(is_message ? outlook : office), .may_be_a_mail = is_message};
  }
  const auto format =
      std::ranges::find_if(formats, [&](const Format& each) { return bytes.starts_with(each.signature); });
  if (format != formats.end()) {
    return ForeignFormat{.text = std::string(format->text), .may_be_a_mail = format->may_be_a_mail};
  }
  if (is_opaque_smime(bytes, label)) {
    return ForeignFormat{.text = std::string(smime), .may_be_a_mail = true};
  }
  if (label.media_type == "application/ms-tnef" || label.media_type == "application/vnd.ms-tnef") {
    return ForeignFormat{.text = std::string(tnef), .may_be_a_mail = true};
  }
  return is_uuencoded(bytes) ? std::optional(ForeignFormat{.text = std::string(uuencode)}) : std::nullopt;
}

}  // namespace mta_sts::tlsrpt
