#include "tlsrpt/read/read_input.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/ascii.hpp"
#include "base/enum_names.hpp"
#include "tlsrpt/read/authentication_results.hpp"
#include "tlsrpt/read/foreign_format.hpp"
#include "tlsrpt/read/json_text.hpp"
#include "tlsrpt/read/mail.hpp"
#include "tlsrpt/read/mbox.hpp"
#include "tlsrpt/read/plain_mail.hpp"
#include "tlsrpt/read/unpack_archive.hpp"

namespace mta_sts::tlsrpt {
namespace {

// Wrappings in wrappings: a zip in a mail in a gzip is still read, deeper nesting is not.
constexpr int wrapping_limit = 4;

struct Ending {
  std::string_view text;
  Container container;
};

constexpr std::array endings = {
    Ending{".gz", Container::gzip},   Ending{".gzip", Container::gzip}, Ending{".tgz", Container::gzip},
    Ending{".zip", Container::zip},   Ending{".json", Container::json}, Ending{".eml", Container::eml},
    Ending{".emlx", Container::eml},  Ending{".mbox", Container::mbox}, Ending{".tar", Container::tar},
    Ending{".bz2", Container::bzip2}, Ending{".lz4", Container::lz4},   Ending{".xz", Container::xz},
    Ending{".zst", Container::zstd},
};

// The packings that libarchive unpacks, as inputs.
constexpr std::array<std::pair<Packing, Container>, 6> containers_of_packings = {{
    {Packing::zip, Container::zip},
    {Packing::tar, Container::tar},
    {Packing::bzip2, Container::bzip2},
    {Packing::lz4, Container::lz4},
    {Packing::xz, Container::xz},
    {Packing::zstd, Container::zstd},
}};

Container container_of(Packing packing) {
  return std::ranges::find(containers_of_packings, packing, &std::pair<Packing, Container>::first)->second;
}

std::optional<Packing> archive_packing(Container container) {
  const auto found =
      std::ranges::find(containers_of_packings, container, &std::pair<Packing, Container>::second);
  return found == containers_of_packings.end() ? std::nullopt : std::optional(found->first);
}

Container sniff(std::string_view bytes) {
  if (looks_like_gzip(bytes)) {
    return Container::gzip;
  }
  if (const auto packing = packing_of(bytes)) {
    return container_of(*packing);
  }
  if (looks_like_json(bytes) || looks_like_wide_text(bytes)) {
    return Container::json;
  }
  if (looks_like_mbox(bytes)) {
    return Container::mbox;
  }
  return looks_like_mail(mail_front(bytes)) ? Container::eml : Container::json;
}

bool has_ending(std::string_view name, std::string_view ending) {
  return name.size() > ending.size() &&
         ascii::equals_ignoring_case(name.substr(name.size() - ending.size()), ending);
}

bool name_differs(std::string_view name, Container container) {
  const auto ending =
      std::ranges::find_if(endings, [&](const Ending& each) { return has_ending(name, each.text); });
  return ending != endings.end() && ending->container != container;
}

// RFC 8460 section 6: two media types, one for each form.
bool media_type_fits(std::string_view type, Container container) {
  return type == "application/tlsrpt+gzip"
             ? container == Container::gzip
             : type == "application/tlsrpt+json" && container == Container::json;
}

// One way through the wrappings of an input.
class Reading {
 public:
  Reading(InputResult& result, GzipUnpacker& unpacker, std::chrono::sys_seconds latest,
          std::string_view authserv_id, const ReportSink& accept)
      : result_(result), unpacker_(unpacker), latest_(latest), authserv_id_(authserv_id), accept_(accept) {}

  void source(BufferedSource& source, std::string_view name) {
    result_.container = sniff(source.peek());
    if (const auto packing = archive_packing(result_.container)) {
      archive(*packing, source, told_by_name(name), 0);
    } else if (result_.container == Container::mbox) {
      split_mbox(source, FirstMessage::behind_separator, result_.findings,
                 [&](std::string_view message) { mail(message, 0); });
    } else {
      whole(source, name);
    }
    if (result_.reports == 0 && result_.findings.errors.empty()) {
      result_.findings.fail(ReadError::not_report, "there is no report in it");
    }
    result_.is_unreadable = source.failed();
    judge_name(name);
  }

 private:
  void whole(BufferedSource& source, std::string_view name) {
    const std::size_t limit = result_.container == Container::json   ? unpacked_limit_bytes
                              : result_.container == Container::gzip ? 2 * unpacked_limit_bytes
                                                                     : mail_limit_bytes;
    std::string bytes;
    if (!source.read_all(bytes, limit)) {
      result_.findings.fail(ReadError::too_big, "the file has over " + std::to_string(limit >> 20) + " MiB");
      return;
    }
    unpacked(bytes, result_.container, told_by_name(name), 0);
  }

  void unpacked(std::string_view bytes, Container container, const Surroundings& around, int depth) {
    if (depth > wrapping_limit) {
      result_.findings.fail(ReadError::not_report, "it is packed more than 4 times: no report is sent so");
      return;
    }
    switch (container) {
      case Container::gzip:
        return gzip(bytes, around, depth);
      case Container::zip:
      case Container::tar:
      case Container::bzip2:
      case Container::lz4:
      case Container::xz:
      case Container::zstd: {
        MemorySource source(bytes);
        return archive(*archive_packing(container), source, around, depth);
      }
      case Container::eml:
        return mail(mail_front(bytes), depth);
      case Container::mbox: {
        MemorySource memory(bytes);
        BufferedSource source(memory);
        return split_mbox(source, FirstMessage::behind_separator, result_.findings,
                          [&](std::string_view message) { mail(message, depth); });
      }
      case Container::json:
        if (const auto foreign = foreign_format(bytes)) {
          result_.findings.fail(ReadError::not_report, "it is " + *foreign);
          return;
        }
        return document(bytes, around);
    }
  }

  void document(std::string_view bytes, Surroundings around) {
    around.latest = latest_;
    read_document(bytes, around, result_.findings, [&](Report&& report) {
      ++result_.reports;
      report.authentication = authentication_of(report, around);
      accept_(std::move(report));
    });
  }

  [[nodiscard]] Authentication authentication_of(const Report& report, const Surroundings& around) const {
    if (!is_in_mail_) {
      return Authentication::not_by_mail;
    }
    return signers_ ? judge_signatures(*signers_, report, around.submitter) : Authentication::not_checked;
  }

  void gzip(std::string_view bytes, const Surroundings& around, int depth) {
    auto plain = unpacker_.unpack(bytes);
    if (!plain) {
      result_.findings.fail(plain.error().error, std::move(plain.error().detail));
      return;
    }
    const std::size_t before = result_.reports;
    const Container inside = sniff(plain->bytes);
    unpacked(plain->bytes, inside, around, depth + 1);
    if (plain->has_trailing_bytes && result_.reports > before) {
      result_.findings.quirks.add(Quirk::trailing);
    }
    if (inside == Container::gzip && result_.reports > before) {
      result_.findings.quirks.add(Quirk::double_gzip);
    }
  }

  void archive(Packing packing, ByteSource& source, const Surroundings& around, int depth) {
    const std::size_t before = result_.reports;
    const bool is_zip = packing == Packing::zip;
    std::size_t entries = 0;
    unpack_archive(packing, source, result_.findings, [&](std::string_view name, std::string& bytes) {
      ++entries;
      const Container inside = sniff(bytes);
      if (is_zip && inside == Container::zip) {
        result_.findings.fail(ReadError::zip, "a zip archive inside a zip archive: unpack the outer one");
        return;
      }
      Surroundings told = told_by_name(name);
      told.domain = told.domain.empty() ? around.domain : told.domain;
      told.start = told.start ? told.start : around.start;
      told.submitter = around.submitter;
      unpacked(bytes, inside, told, depth + 1);
    });
    if (result_.reports > before && is_zip) {
      result_.findings.quirks.add(Quirk::zip);
    } else if (entries == 0 && result_.findings.errors.empty()) {
      result_.findings.fail(ReadError::not_report, "the archive is empty");
    }
  }

  // Of mails in mails the outermost alone was seen by the server that is trusted.
  void mail(std::string_view bytes, int depth) {
    const bool is_outermost = !std::exchange(is_in_mail_, true);
    if (is_outermost && !authserv_id_.empty()) {
      signers_ = dkim_domains(bytes, authserv_id_);
    }
    message(bytes, depth);
    if (is_outermost) {
      is_in_mail_ = false;
      signers_.reset();
    }
  }

  void message(std::string_view bytes, int depth) {
    const std::size_t reports_before = result_.reports;
    bool has_failed = false;
    std::optional<std::string> foreign;
    const bool is_read = read_parts(bytes, [&](MailPart& mail_part) {
      const std::size_t before = result_.reports;
      has_failed = part(mail_part, depth) || has_failed;
      if (result_.reports == before && !foreign) {
        foreign = foreign_format(mail_part.bytes, mail_part.media_type);
      }
    });
    if (!is_read) {
      result_.findings.fail(ReadError::too_big,
                            "the mail has more parts, header fields or bytes than any report");
    } else if (result_.reports > reports_before) {
      result_.has_mail = true;
    } else if (!has_failed) {
      const std::string detail = "the mail has no TLS report in it";
      if (foreign) {
        result_.findings.fail(ReadError::not_report, detail + ", but " + *foreign);
      } else {
        result_.findings.leave_out_other_mail(ReadError::not_report, detail);
      }
    }
  }

  // False for a mail over the limits.
  static bool read_parts(std::string_view bytes, const std::function<void(MailPart&)>& accept) {
    if (bytes.size() > mail_limit_bytes) {
      return false;
    }
    if (read_plain_mail(bytes, accept)) {
      return true;
    }
    const bool is_sane = has_sane_structure(bytes);
    if (is_sane) {
      read_mail(bytes, accept);
    }
    return is_sane;
  }

  // True where a part that should be a report is none: then the mail needs no second word for it.
  bool part(const MailPart& part, int depth) {
    const Container inside = sniff(part.bytes);
    const bool is_declared = part.media_type.starts_with("application/tlsrpt");
    const bool is_packed = inside == Container::gzip || archive_packing(inside);
    const bool is_mail = (inside == Container::eml || inside == Container::mbox) && !part.is_text;
    if (!is_declared && !is_packed && !is_mail && !looks_like_json(part.bytes)) {
      return false;
    }
    Surroundings told = told_by_name(part.file_name);
    told.domain = part.report_domain.empty() ? told.domain : part.report_domain;
    told.submitter = part.report_submitter;
    Findings found;
    const std::size_t before = result_.reports;
    std::swap(found, result_.findings);
    unpacked(part.bytes, inside, told, depth + 1);
    std::swap(found, result_.findings);
    const bool has_reports = result_.reports > before;
    if (has_reports && !is_mail) {  // a mail in a mail has judged its own parts
      judge_wrapping(part, inside);
    }
    // A text for people, or another attachment, may be whatever it likes: only the one that claims to be a
    // report, or was damaged on the way, is at fault.
    const bool is_innocent = !has_reports && !is_declared && only_not_report(found);
    if (!is_innocent) {
      result_.findings.add(std::move(found));
    }
    return !has_reports && !is_innocent;
  }

  void judge_wrapping(const MailPart& part, Container inside) {
    if (!media_type_fits(part.media_type, inside)) {
      result_.findings.quirks.add(Quirk::media_type);
    }
    if (!part.is_in_report) {
      result_.findings.quirks.add(Quirk::multipart);
    }
  }

  static bool only_not_report(const Findings& found) {
    for (const ReadError error : found.errors.words()) {
      if (error != ReadError::not_report && error != ReadError::json && error != ReadError::empty) {
        return false;
      }
    }
    return true;
  }

  void judge_name(std::string_view name) {
    const bool is_empty = result_.findings.errors.contains(ReadError::empty);
    if (!is_empty && name_differs(name, result_.container)) {
      result_.findings.quirks.add(Quirk::name_type);
    }
  }

  InputResult& result_;
  GzipUnpacker& unpacker_;
  std::chrono::sys_seconds latest_;
  std::string_view authserv_id_;
  const ReportSink& accept_;
  bool is_in_mail_ = false;
  std::optional<std::vector<std::string>> signers_;  // of the outermost mail, where that is known
};

}  // namespace

std::string_view to_string(Container container) {
  using enum Container;
  static constexpr auto words = enum_names<Container>({
      {json, "json"},
      {gzip, "gzip"},
      {zip, "zip"},
      {eml, "eml"},
      {mbox, "mbox"},
      {tar, "tar"},
      {bzip2, "bzip2"},
      {lz4, "lz4"},
      {xz, "xz"},
      {zstd, "zstd"},
  });
  return words[container];
}

std::string_view InputResult::status() const {
  if (findings.errors.empty()) {
    return "ok";
  }
  return reports > 0 ? "partial" : "error";
}

InputResult InputReader::read(ByteSource& source, std::string_view name, const ReportSink& accept) {
  InputResult result;
  BufferedSource buffered(source, buffer_.get());
  Reading(result, unpacker_, latest_, authserv_id_, accept).source(buffered, name);
  return result;
}

}  // namespace mta_sts::tlsrpt
