#include "tlsrpt/render/html_breakdown.hpp"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "base/number.hpp"
#include "tlsrpt/model/ranking.hpp"
#include "tlsrpt/model/report_values.hpp"
#include "tlsrpt/render/html_table.hpp"
#include "tlsrpt/render/render_text.hpp"

namespace mta_sts::tlsrpt {
namespace {

constexpr std::size_t rows_limit = 10;

using Member = std::string FailureSpot::*;

// What there are sections of.
struct Kind {
  std::string_view title;
  std::string_view word;
  Member member;
  const RankedNames& (Breakdown::*names)() const;
};

constexpr Kind domain_kind{"Domain", "domain", &FailureSpot::domain, &Breakdown::domains};
constexpr Kind sender_kind{"Sender", "sender", &FailureSpot::organization, &Breakdown::organizations};
constexpr Kind host_kind{"Host", "host", &FailureSpot::host, &Breakdown::hosts};

std::string anchor(const Kind& kind, std::size_t place) {
  return std::string(kind.word) + "-" + std::to_string(place + 1);
}

std::string linked(const Breakdown& breakdown, const Kind& kind, std::string_view name) {
  const auto place = (breakdown.*kind.names)().place_of(name);
  const std::string text = html_name(name);
  return place ? "<a href=\"#" + anchor(kind, *place) + "\">" + text + "</a>" : text;
}

// One column of a table: a part of spots, and the kind that it names.
struct Column {
  std::string_view title;
  Member member;
  const Kind* kind = nullptr;
};

constexpr Column type_column{"Failure", &FailureSpot::result_type};
constexpr Column domain_column{"Domain", &FailureSpot::domain, &domain_kind};
constexpr Column sender_column{"Sender", &FailureSpot::organization, &sender_kind};
constexpr Column host_column{"Host", &FailureSpot::host, &host_kind};
constexpr Column receiving_column{"Address", &FailureSpot::receiving_ip};
constexpr Column sending_column{"From address", &FailureSpot::sending_ip};

using Spot = Breakdown::Spots::value_type;
using Pair = Breakdown::Pairs::value_type;

// What a section is made of.
struct Part {
  std::vector<const Spot*> spots;
  std::map<std::string, Sessions, std::less<>> sessions;  ///< of a sender's domains, or of a domain's senders
};

// The spots and sessions of each name of a kind, in the order of its names.
class Parts {
 public:
  Parts(const Breakdown& breakdown, const Kind& kind)
      : names_((breakdown.*kind.names)()), parts_(names_.names().size()) {
    for (const Spot& spot : breakdown.spots()) {
      if (const auto place = names_.place_of(spot.first.*kind.member)) {
        parts_[*place].spots.push_back(&spot);
      }
    }
    for (const auto& [pair, sessions] : breakdown.pairs()) {
      const auto& [domain, sender] = pair;
      const bool is_of_domain = kind.member == domain_kind.member;
      const auto place =
          kind.member == host_kind.member ? std::nullopt : names_.place_of(is_of_domain ? domain : sender);
      if (place) {
        parts_[*place].sessions[is_of_domain ? sender : domain].add(sessions);
      }
    }
  }

  [[nodiscard]] const std::vector<Part>& all() const { return parts_; }

 private:
  const RankedNames& names_;
  std::vector<Part> parts_;
};

class Sections {
 public:
  Sections(const Metrics& metrics, const Breakdown& breakdown, Target target)
      : metrics_(metrics), breakdown_(breakdown), target_(target) {}

  std::string render() {
    sections(domain_kind);
    sections(sender_kind);
    sections(host_kind);
    others();
    return std::move(out_);
  }

 private:
  void sections(const Kind& kind) {
    const Parts parts(breakdown_, kind);
    const auto& names = (breakdown_.*kind.names)().names();
    for (std::size_t i = 0; i < names.size(); ++i) {
      out_ += "<section class=\"card\" id=\"" + anchor(kind, i) + "\">\n<h2>" + std::string(kind.title) +
              ": " + html_name(names[i]) + "</h2>\n";
      section(kind, names[i], parts.all()[i]);
      out_ += "<p class=\"soft\"><a href=\"#" + std::string(kind.word) + "s\">All " + std::string(kind.word) +
              "s</a></p>\n</section>\n";
    }
  }

  void section(const Kind& kind, const std::string& name, const Part& part) {
    Failures sum;
    for (const Spot* spot : part.spots) {
      sum.add(spot->second);
    }
    head(kind, name, sum);
    failures("Failure types", {type_column}, part);
    if (&kind == &domain_kind) {
      failures("Hosts", {host_column, receiving_column}, part);
      failures("Seen by", {sender_column, sending_column}, part);
      sessions(sender_kind, part);
    } else if (&kind == &sender_kind) {
      failures("Hosts", {host_column, receiving_column}, part);
      failures("Its own addresses", {sending_column}, part);
      sessions(domain_kind, part);
    } else {
      failures("Its addresses", {receiving_column}, part);
      failures("Domains", {domain_column}, part);
      failures("Seen by", {sender_column, sending_column}, part);
    }
  }

  void head(const Kind& kind, const std::string& name, const Failures& sum) {
    std::string text;
    if (&kind == &host_kind) {
      text = render_number(sum.count, "session") + " failed";
    } else {
      const auto& table = &kind == &domain_kind ? metrics_.domains : metrics_.organizations;
      const Sessions& sessions = table.find(name)->second;
      text = html_rate(sessions, target_) + " (" + text::render_grouped(sessions.success) + " ok, " +
             text::render_grouped(sessions.failure) + " failed)";
    }
    out_ += "<p>" + text + failing_days(sum) + "</p>\n";
    out_ += sum.count == 0 ? "<p>No report tells how they failed.</p>\n" : "";
  }

  // Of the failures alone: sessions are there on other days too.
  static std::string failing_days(const Failures& sum) {
    if (!sum.first) {
      return {};
    }
    const std::string first = html_day(*sum.first);
    return " &middot; failures " +
           (sum.first == sum.last ? "on " + first : "from " + first + " to " + html_day(*sum.last));
  }

  // Adds the spots up by the columns; those that say nothing in the last of them are left out.
  void failures(std::string_view caption, const std::vector<Column>& columns, const Part& part) {
    std::map<std::vector<std::string_view>, Failures> sums;
    for (const Spot* spot : part.spots) {
      std::vector<std::string_view> key;
      for (const Column& column : columns) {
        key.emplace_back(spot->first.*column.member);
      }
      if (columns.size() > 1 || !key.back().empty()) {
        sums[std::move(key)].add(spot->second);
      }
    }
    if (sums.empty()) {
      return;
    }
    std::vector<std::string_view> titles;
    for (const Column& column : columns) {
      titles.push_back(column.title);
    }
    titles.insert(titles.end(), {"#Failed", "#First", "#Last"});
    HtmlTable table(caption, titles);
    for (const auto& [key, sum] : most(sums, rows_limit)) {
      for (std::size_t i = 0; i < key->size(); ++i) {
        const Kind* const kind = columns[i].kind;
        const std::string name =
            kind == nullptr ? html_name((*key)[i]) : linked(breakdown_, *kind, (*key)[i]);
        i == 0 ? table.row(name) : table.cell(name);
      }
      table.number(sum->count)
          .number(sum->first ? render_day(*sum->first) : "")
          .number(sum->last ? render_day(*sum->last) : "");
    }
    out_ += table.take();
    rest(sums.size());
  }

  void sessions(const Kind& kind, const Part& part) {
    if (part.sessions.empty()) {
      return;
    }
    HtmlTable table("Sessions by " + std::string(kind.word), {kind.title, "#Rate", "#Ok", "#Failed"});
    for (const auto& [name, sessions] : worst(part.sessions, rows_limit)) {
      table.row(linked(breakdown_, kind, *name))
          .number(html_rate(*sessions, target_), !sessions->meets(target_).value_or(true))
          .number(sessions->success)
          .number(sessions->failure);
    }
    out_ += table.take();
    rest(part.sessions.size());
  }

  void rest(std::size_t size) {
    if (size > rows_limit) {
      out_ += "<p class=\"soft\">" + text::render_grouped(size - rows_limit) + " more</p>\n";
    }
  }

  void others() {
    const std::string list = other(domain_kind, failing(metrics_.domains)) +
                             other(sender_kind, failing(metrics_.organizations)) +
                             other(host_kind, metrics_.hosts.size());
    if (list.empty() && breakdown_.is_complete()) {
      return;
    }
    out_ += "<section class=\"card\">\n<h2>What has no section here</h2>\n";
    if (!list.empty()) {
      out_ += "<ul>\n" + list + "</ul>\n";
    }
    if (!breakdown_.is_complete()) {
      out_ +=
          "<p class=\"warn\">There is more than a page has room for: the sections above lack a part.</p>\n";
    }
    out_ +=
        "<p><code>mta-sts tlsrpt show --domain DOMAIN</code> shows one domain, and <code>mta-sts tlsrpt show "
        "--csv --failures</code> every failure with its domain, sender and host.</p>\n</section>\n";
  }

  static std::size_t failing(const std::map<std::string, Sessions, std::less<>>& table) {
    return static_cast<std::size_t>(
        std::ranges::count_if(table, [](const auto& entry) { return entry.second.failure > 0; }));
  }

  [[nodiscard]] std::string other(const Kind& kind, std::size_t count) const {
    const std::size_t shown = (breakdown_.*kind.names)().names().size();
    return shown == 0 || count <= shown
               ? std::string()
               : "<li>" + render_number(count - shown, "more " + std::string(kind.word)) +
                     " with failed sessions</li>\n";
  }

  const Metrics& metrics_;
  const Breakdown& breakdown_;
  Target target_;
  std::string out_;
};

}  // namespace

std::string html_domain(const Breakdown& breakdown, std::string_view name) {
  return linked(breakdown, domain_kind, name);
}

std::string html_organization(const Breakdown& breakdown, std::string_view name) {
  return linked(breakdown, sender_kind, name);
}

std::string html_host(const Breakdown& breakdown, std::string_view name) {
  return linked(breakdown, host_kind, name);
}

std::string render_html_breakdown(const Metrics& metrics, const Breakdown& breakdown, Target target) {
  return Sections(metrics, breakdown, target).render();
}

}  // namespace mta_sts::tlsrpt
