#include "tlsrpt/read/read_input.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <optional>
#include <utility>

#include "base/ascii.hpp"
#include "base/enum_names.hpp"
#include "tlsrpt/read/authentication_results.hpp"
#include "tlsrpt/read/declared_report.hpp"
#include "tlsrpt/read/foreign_format.hpp"
#include "tlsrpt/read/json_text.hpp"
#include "tlsrpt/read/mail.hpp"
#include "tlsrpt/read/mbox.hpp"
#include "tlsrpt/read/plain_mail.hpp"
#include "tlsrpt/read/plain_zip.hpp"
#include "tlsrpt/read/unpack_archive.hpp"

namespace mta_sts::tlsrpt {
namespace {

// Wrappings in wrappings: a zip in a mail that was forwarded a few times in a packed Maildir is still read,
// deeper nesting is not. All that an input unpacks to is bounded too, by the bytes that it has: each level
// alone may multiply them.
constexpr int wrapping_limit = 10;
constexpr std::size_t all_unpacked_limit_bytes = 10 * unpacked_limit_bytes;

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

// A report that was cut or changed on the way still has some of these.
bool has_report_keys(std::string_view bytes) {
  return looks_like_json(bytes) &&
         (bytes.contains("\"organization-name\"") || bytes.contains("\"policy-type\""));
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
    source_ = &source;
    result_.container = sniff(source.peek());
    if (const auto packing = archive_packing(result_.container)) {
      archive(*packing, source, told_by_name(name), 0);
    } else if (result_.container == Container::mbox) {
      mails(source, FirstMessage::behind_separator, 0);
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
    if (source.read_all(bytes, limit)) {
      unpacked(bytes, result_.container, told_by_name(name), 0);
    } else if (result_.container == Container::eml) {
      FrontedSource all(mail_front(bytes), source);  // perhaps an mbox whose first line was lost
      BufferedSource buffered(all);
      mails(buffered, FirstMessage::at_begin, 0);
    } else {
      result_.findings.fail(ReadError::too_big, "the file has over " + std::to_string(limit >> 20) + " MiB");
    }
  }

  void unpacked(std::string_view bytes, Container container, const Surroundings& around, int depth) {
    if (depth > wrapping_limit) {
      result_.findings.fail(
          ReadError::not_report,
          "it is packed more than " + std::to_string(wrapping_limit) + " times: no report is sent so");
      return;
    }
    unpacked_bytes_ += depth > 0 ? bytes.size() : 0;
    if (unpacked_bytes_ > all_unpacked_limit_bytes + archive_ratio_limit * source_->taken()) {
      result_.findings.fail(ReadError::too_big,
                            "all in it unpacks to more than any reports; the rest is left");
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
        MemorySource memory(bytes);
        BufferedSource source(memory);
        return archive(*archive_packing(container), source, around, depth);
      }
      case Container::eml: {
        const std::string_view front = mail_front(bytes);
        if (!may_hold_mails(front)) {
          return mail(front, depth);
        }
        MemorySource memory(front);
        BufferedSource source(memory);
        return mails(source, FirstMessage::at_begin, depth);
      }
      case Container::mbox: {
        MemorySource memory(bytes);
        BufferedSource source(memory);
        return mails(source, FirstMessage::behind_separator, depth);
      }
      case Container::json:
        if (const auto foreign = foreign_format(bytes)) {
          result_.findings.fail(ReadError::not_report, "it is " + foreign->text);
          return;
        }
        return document(bytes, around);
    }
  }

  void document(std::string_view bytes, Surroundings around) {
    around.latest = latest_;
    const std::size_t before = result_.reports;
    read_document(bytes, around, result_.findings, [&](Report&& report) {
      ++result_.reports;
      report.authentication = authentication_of(report, around);
      accept_(std::move(report));
    });
    is_declared_ = is_declared_ || (result_.reports == before && has_report_keys(bytes));
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
    if (plain->has_lost_bytes) {
      result_.findings.fail(ReadError::gzip, "what follows the gzip stream is none: fetch the file again");
    }
    if (inside == Container::gzip && result_.reports > before) {
      result_.findings.quirks.add(Quirk::double_gzip);
    }
  }

  void archive(Packing packing, BufferedSource& source, const Surroundings& around, int depth) {
    const std::size_t before = result_.reports;
    const bool is_zip = packing == Packing::zip;
    std::size_t entries = 0;
    const auto take = [&](std::string_view name, std::string& bytes) {
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
      const std::size_t reports_before = result_.reports;
      unpacked(bytes, inside, told, depth + 1);
      is_declared_ = is_declared_ || (result_.reports == reports_before && is_report_name(name));
    };
    const ArchiveFront front = is_zip ? read_plain_zip(source, take) : ArchiveFront();
    if (!front.is_whole) {
      unpack_archive(packing, source, front, result_.findings, take);
    }
    if (result_.reports > before && is_zip) {
      result_.findings.quirks.add(Quirk::zip);
    } else if (entries == 0 && result_.findings.errors.empty()) {
      result_.findings.fail(ReadError::not_report, "the archive is empty");
    }
  }

  void mails(BufferedSource& source, FirstMessage first, int depth) {
    split_mbox(source, first, result_.findings, [&](std::string_view message) { mail(message, depth); });
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
    Parts parts;
    const bool is_read = read_parts(bytes, [&](MailPart& mail_part) {
      const std::size_t before = result_.reports;
      part(mail_part, parts, depth);
      if (result_.reports == before && !(parts.foreign && parts.foreign->may_be_a_mail)) {
        auto foreign = foreign_format(mail_part.bytes, {mail_part.media_type, mail_part.file_name});
        parts.foreign = foreign ? std::move(foreign) : std::move(parts.foreign);
      }
    });
    const bool has_reports = result_.reports > reports_before;
    result_.has_mail = result_.has_mail || has_reports;
    if (!is_read) {
      parts.doubtful.fail(ReadError::too_big,
                          "the mail has more parts, header fields or bytes than any report");
    } else if (!has_reports && !parts.has_failed && parts.doubtful.faults == 0) {
      parts.doubtful.fail(ReadError::not_report, "the mail has no TLS report in it" +
                                                     (parts.foreign ? ", but " + parts.foreign->text : ""));
    }
    if (parts.doubtful.problems.empty()) {
      return;
    }
    const bool may_hide_one = parts.foreign && parts.foreign->may_be_a_mail;
    if (has_reports || parts.has_failed || may_hide_one || declares_report(bytes)) {
      result_.findings.add(std::move(parts.doubtful));
    } else {  // mails are looked through, and this one is of another kind
      for (Problem& problem : parts.doubtful.problems) {
        result_.findings.leave_out_other_mail(problem.error, std::move(problem.detail));
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

  // What the parts of a mail came to.
  struct Parts {
    bool has_failed =
        false;          // one that should be a report is none: then the mail needs no second word for it
    Findings doubtful;  // faults if the mail is one of a report
    std::optional<ForeignFormat> foreign;
  };

  void part(const MailPart& part, Parts& parts, int depth) {
    const Container inside = sniff(part.bytes);
    const bool is_declared =
        part.media_type.starts_with("application/tlsrpt") || is_report_name(part.file_name);
    const bool is_packed = inside == Container::gzip || archive_packing(inside);
    const bool may_be_mail =
        !part.is_text || part.media_type == "text/rfc822" || has_ending(part.file_name, ".eml");
    const bool is_mail = (inside == Container::eml || inside == Container::mbox) && may_be_mail;
    if (!is_declared && !is_packed && !is_mail && !looks_like_json(part.bytes)) {
      return;
    }
    Surroundings told = told_by_name(part.file_name);
    told.domain = part.report_domain.empty() ? told.domain : part.report_domain;
    told.submitter = part.report_submitter;
    Findings found;
    const std::size_t before = result_.reports;
    const bool is_declared_around = std::exchange(is_declared_, is_declared);
    std::swap(found, result_.findings);
    unpacked(part.bytes, inside, told, depth + 1);
    std::swap(found, result_.findings);
    const bool is_fault = std::exchange(is_declared_, is_declared_around);
    const bool has_reports = result_.reports > before;
    if (has_reports && !is_mail) {  // a mail in a mail has judged its own parts
      judge_wrapping(part, inside);
    }
    if (is_fault && !has_reports && found.faults == 0) {
      found.fail(ReadError::not_report, "what should be the report is another mail");
    }
    if (has_reports || is_fault || (found.faults > 0 && is_mail)) {
      parts.has_failed = parts.has_failed || !has_reports;
      result_.findings.add(std::move(found));
    } else {
      judge_other(std::move(found), parts);
    }
  }

  // A text for people, or another attachment, may be whatever it likes. What is in an archive may be no
  // report either. The rest is a report that was damaged on the way.
  void judge_other(Findings&& found, Parts& parts) {
    using enum ReadError;
    const auto has_others_than = [&](std::initializer_list<ReadError> allowed) {
      return std::ranges::any_of(found.errors.words(),
                                 [&](ReadError error) { return !std::ranges::count(allowed, error); });
    };
    if (has_others_than({not_report, json, empty, depth, mbox, zip, too_big})) {
      parts.has_failed = true;
      result_.findings.add(std::move(found));
    } else if (has_others_than({not_report, json, empty, depth, mbox})) {
      parts.doubtful.add(std::move(found));
    }
  }

  void judge_wrapping(const MailPart& part, Container inside) {
    if (!media_type_fits(part.media_type, inside)) {
      result_.findings.quirks.add(Quirk::media_type);
    }
    if (!part.is_in_report) {
      result_.findings.quirks.add(Quirk::multipart);
    }
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
  BufferedSource* source_ = nullptr;
  std::size_t unpacked_bytes_ = 0;
  bool is_declared_ = false;  // what is being unpacked says that it is a report
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
