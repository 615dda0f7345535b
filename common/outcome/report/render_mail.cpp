#include "outcome/report/render_mail.hpp"

#include <openssl/evp.h>

#include <array>
#include <cstdio>

#include "base/utc_time.hpp"
#include "digest/digest.hpp"

namespace mta_sts::outcome {
namespace {

// No line of base64 or of the text below can be the boundary.
constexpr std::string_view boundary = "=_mta-sts_tls-report";

std::string date_of(std::chrono::sys_seconds time) {
  using namespace std::chrono;
  constexpr std::array<const char*, 7> week_days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array<const char*, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                               "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(time - day);
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%s, %02u %s %04d %02d:%02d:%02d +0000",
                week_days[weekday(day).c_encoding()], static_cast<unsigned>(date.day()),
                months[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text.data();
}

// RFC 2045 section 6.8: lines of 76 characters.
std::string base64_lines(std::string_view bytes) {
  constexpr std::size_t bytes_of_line = 57;
  std::string lines;
  std::array<unsigned char, 80> line{};
  for (std::size_t at = 0; at < bytes.size(); at += bytes_of_line) {
    const std::string_view part = bytes.substr(at, bytes_of_line);
    const int length = EVP_EncodeBlock(line.data(), reinterpret_cast<const unsigned char*>(part.data()),
                                       static_cast<int>(part.size()));
    lines.append(reinterpret_cast<const char*>(line.data()), static_cast<std::size_t>(length));
    lines += '\n';
  }
  return lines;
}

// One for each address, since the mails are not the same.
std::string message_id_of(const MailHead& head) {
  constexpr std::size_t digits = 8;
  return sha256_hex(head.to.address).substr(0, digits) + "." + report_id_of(head.identity);
}

}  // namespace

std::string render_mail(const MailHead& head, std::string_view gzip) {
  const ReportIdentity& identity = head.identity;
  const std::string mark = "--" + std::string(boundary);
  std::string mail;
  const auto field = [&mail](std::string_view name, std::string_view value) {
    mail.append(name).append(": ").append(value).append("\n");
  };
  field("From", "<" + head.from.address + ">");
  field("To", "<" + head.to.address + ">");
  field("Date", date_of(head.made));
  field("Message-ID", "<" + message_id_of(head) + ">");
  field("Subject", report_subject_of(identity));
  field("TLS-Report-Domain", identity.domain);
  field("TLS-Report-Submitter", identity.submitter);
  field("TLS-Required", "No");
  field("Auto-Submitted", "auto-generated");
  field("MIME-Version", "1.0");
  field("Content-Type",
        "multipart/report; report-type=\"tlsrpt\"; boundary=\"" + std::string(boundary) + "\"");
  mail += "\n" + mark + "\n";
  field("Content-Type", "text/plain; charset=\"us-ascii\"");
  field("Content-Transfer-Encoding", "7bit");
  mail += "\nThis is an aggregate TLS report (RFC 8460) from " + identity.submitter + "\nfor " +
          identity.domain + "\nfrom " + utc_text(identity.day) + " to " +
          utc_text(last_second_of(identity.day)) + ".\n";
  mail += "\n" + mark + "\n";
  field("Content-Type", "application/tlsrpt+gzip");
  field("Content-Transfer-Encoding", "base64");
  field("Content-Disposition", "attachment; filename=\"" + report_file_name_of(identity) + "\"");
  mail += "\n" + base64_lines(gzip);
  mail += "\n" + mark + "--\n";
  return mail;
}

}  // namespace mta_sts::outcome
