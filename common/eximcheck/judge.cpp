#include "eximcheck/judge.hpp"

#include <algorithm>
#include <map>

#include "base/ascii.hpp"
#include "base/utf8.hpp"
#include "eximcheck/wording.hpp"
#include "eximconf/compare.hpp"
#include "eximconf/hosts.hpp"
#include "eximconf/twin.hpp"
#include "eximconf/words.hpp"
#include "verdict/verdict_line.hpp"

namespace mta_sts::eximcheck {
namespace {

using eximconf::Difference;
using eximconf::Instance;
using Level = EximFinding::Level;

constexpr std::string_view run_again =
    "run \"mta-sts exim-setup --write FOLDER\" with the folder of the blocks, then reload Exim";

EximFinding warning_finding(std::string word, std::string text, std::string fix) {
  return {.level = Level::warning, .word = std::move(word), .text = std::move(text), .fix = std::move(fix)};
}

const Instance* find(const std::vector<Instance>& instances, std::string_view name) {
  const auto found = std::ranges::find(instances, name, &Instance::name);
  return found == instances.end() ? nullptr : &*found;
}

class Judge {
 public:
  explicit Judge(const EximCase& given) : given_(given), configuration_(given.configuration) {}

  std::vector<EximFinding> run() && {
    if (!given_.blocks) {
      add(fault_finding(given_.blocks.error().word, given_.blocks.error().text, given_.blocks.error().fix));
      return std::move(findings_);
    }
    if (find(configuration_.routers, eximconf::off_router) == nullptr) {
      add_missing();
    } else {
      judge_order();
    }
    judge_instances(configuration_.routers, given_.blocks->routers, "exim-routers-changed");
    judge_instances(configuration_.transports, given_.blocks->transports, "exim-transport-changed");
    judge_jumps();
    judge_lists();
    judge_own_lists();
    judge_recipients();
    if (std::ranges::none_of(findings_, [](const auto& one) { return one.level == Level::fault; })) {
      add(ok_finding("routers and transports are those of this configuration; policies concern " +
                     joined(given_.blocks->covered)));
    }
    if (configuration_.holds_callouts) {
      EximFinding finding = fault_finding("exim-callout-hold", std::string(eximconf::callout_warning),
                                          "leave \"hold\" out where recipients with a policy are verified");
      if (is_mode("observe") || is_mode("off")) {
        finding.level = Level::warning;  // no policy is obeyed
      }
      add(std::move(finding));
    }
    for (const std::string& router : given_.settings.except) {
      add(warning_finding("exim-router-excepted", "mail of the router " + router + " goes without a policy",
                          "run exim-setup without --except " + router + " where that is not wanted"));
    }
    if (find(configuration_.routers, eximconf::off_router) != nullptr) {
      judge_mode();
    }
    return std::move(findings_);
  }

 private:
  void add(EximFinding finding) { findings_.push_back(std::move(finding)); }
  [[nodiscard]] bool is_mode(std::string_view mode) const {
    return ascii::to_lower(given_.settings.mode) == mode;
  }
  void add_missing();
  void judge_order();
  void judge_instances(const std::vector<Instance>& there, const std::vector<Instance>& wanted,
                       const std::string& word);
  void add_difference(const std::string& name, const std::vector<Difference>& all, const std::string& word);
  void judge_jumps();
  void judge_lists();
  void judge_own_lists();
  void judge_recipients();
  void judge_mode();

  const EximCase& given_;
  const eximconf::Configuration& configuration_;
  std::vector<EximFinding> findings_;
};

void Judge::add_missing() {
  add(fault_finding(
      "exim-routers-missing",
      "the routers of MTA-STS are not in " + configuration_.file + ": mail of " +
          joined(given_.blocks->covered) + " goes without a policy",
      "\"mta-sts exim-setup --write /etc/exim4/mta-sts\" makes them and says where to include them"));
}

void Judge::judge_order() {
  for (const Instance& router : configuration_.routers) {
    if (router.name == eximconf::off_router) {
      return;
    }
    if (!router.is_own()) {
      add(fault_finding(
          "exim-routers-order",
          "the router " + router.name + " stands before ours: what it sends goes without a policy",
          "include the routers directly behind \"begin routers\""));
    }
  }
}

// What an instance of ours lacks, in a sentence: names of options where many, else the options themselves.
void Judge::add_difference(const std::string& name, const std::vector<Difference>& all,
                           const std::string& word) {
  const Difference& first = all.front();
  std::string text = describe(first);
  if (first.kind == Difference::Kind::missing && name.starts_with(eximconf::enforce_prefix)) {
    std::vector<std::string> options;
    if (const Instance* own = find(configuration_.transports, name.substr(eximconf::enforce_prefix.size()))) {
      for (const eximconf::EximOption& option : own->options) {
        options.push_back(option.name);
      }
      text +=
          ": of " + own->name + " the options " + joined(options) + " do not hold for mail under a policy";
    }
  } else if (all.size() > 1) {
    std::vector<std::string> options;
    for (const Difference& one : all) {
      options.push_back((one.kind == Difference::Kind::option_missing ? "no " : "another ") + one.option);
    }
    text = name + " has " + joined(options) + "; first of them: " + text;
  }
  add(fault_finding(word, std::move(text), std::string(run_again)));
}

void Judge::judge_instances(const std::vector<Instance>& there, const std::vector<Instance>& wanted,
                            const std::string& word) {
  std::map<std::string, std::vector<Difference>> by_name;
  std::vector<std::string> missing;
  std::vector<std::string> unknown;
  for (Difference& one : eximconf::compare(eximconf::with_macros(wanted, configuration_), there)) {
    const bool is_twin =
        &there == &configuration_.transports && one.name.starts_with(eximconf::enforce_prefix);
    if (one.kind == Difference::Kind::missing && !is_twin) {
      missing.push_back(one.name);
    } else if (one.kind == Difference::Kind::unknown) {
      unknown.push_back(one.name);
    } else {
      by_name[one.name].push_back(std::move(one));
    }
  }
  for (const auto& [name, all] : by_name) {
    add_difference(name, all, all.front().kind == Difference::Kind::order ? "exim-routers-order" : word);
  }
  if (!missing.empty() && find(configuration_.routers, eximconf::off_router) != nullptr) {
    add(fault_finding(word, joined(missing) + " should be there: what the administrator's do is left out",
                      std::string(run_again)));
  }
  if (!unknown.empty()) {
    add(fault_finding(word,
                      joined(unknown) + " should not be there: they are not made from this configuration",
                      "take them out; " + std::string(run_again)));
  }
}

void Judge::judge_jumps() {
  const std::vector<std::string> replaced = configuration_.replaced_routers();
  const auto is_replaced = [&](std::string_view name) {
    return std::ranges::find(replaced, name) != replaced.end();
  };
  for (const Instance& router : configuration_.routers) {
    if (router.name == eximconf::off_router || is_replaced(router.name)) {
      continue;
    }
    for (const char* option : {"redirect_router", "pass_router"}) {
      if (const std::string target = router.value(option); is_replaced(target)) {
        add(fault_finding("exim-redirect-behind",
                          "the router " + router.name + " leads to " + target + " by its " + option +
                              ", behind ours: that mail goes without a policy",
                          std::string(run_again)));
      }
    }
  }
}

// Exim notices a list that is not defined only when it needs it, and then defers the mail.
void Judge::judge_lists() {
  for (const auto& [option, kind] :
       {std::pair("domains", "domainlist"), std::pair("ignore_target_hosts", "hostlist")}) {
    const auto lists = configuration_.lists(kind);
    for (const Instance& router : configuration_.routers) {
      const std::string value = router.value(option);
      for (std::size_t at = value.find('+'); at != value.npos; at = value.find('+', at + 1)) {
        const std::size_t end = value.find_first_not_of(
            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_", at + 1);
        const std::string name = value.substr(at + 1, end == value.npos ? end : end - at - 1);
        const bool is_name = !name.empty() && name != "include_defer" && name != "ignore_defer" &&
                             name != "include_unknown" && name != "ignore_unknown" && name != "caseful";
        const bool is_item = at == 0 || ascii::is_blank(value[at - 1]) || value[at - 1] == ':' ||
                             value[at - 1] == '!' || value[at - 1] == ';';
        if (is_name && is_item && std::ranges::find(lists, name) == lists.end()) {
          add(fault_finding("exim-list-missing",
                            "the router " + router.name + " needs the " + kind + " " + name +
                                ", which is not defined: all its mail waits",
                            "define it in the main section, or take it out of " + std::string(option)));
        }
      }
    }
  }
}

// The lists of the main block hold what the routers do not say themselves: whom a policy shuts out.
void Judge::judge_own_lists() {
  std::vector<std::string> there;
  for (const std::string& line : configuration_.main) {
    const std::size_t name = line.find_first_not_of(" \t", line.find_first_of(" \t"));
    if (line.starts_with("hostlist") && name != line.npos &&
        eximconf::is_own_name(std::string_view(line).substr(name, line.find_first_of(" \t=", name) - name))) {
      there.push_back(line);
    }
  }
  const std::vector<std::string>& wanted = given_.blocks->main;
  if (!there.empty() && !std::ranges::is_permutation(there, wanted)) {
    const auto line = std::ranges::find_if(
        wanted, [&](const std::string& one) { return std::ranges::find(there, one) == there.end(); });
    const std::string text =
        line == wanted.end() ? "there are more lists of ours than this configuration needs"
                             : "the main section should have the line " + text::quote_for_display(*line, 200);
    add(fault_finding("exim-lists-changed", text, std::string(run_again)));
  }
}

// The items of a list whose separator is a colon.
std::vector<std::string> items_of(std::string_view list) {
  std::vector<std::string> items;
  while (!list.empty()) {
    const std::size_t end = std::min(list.find_first_of(":;"), list.size());
    if (const std::string_view item = ascii::trim_blanks(list.substr(0, end)); !item.empty()) {
      items.emplace_back(item);
    }
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return items;
}

// Whether an item of a list of domains is "*", or a named list that holds it.
bool holds_all(const eximconf::Configuration& configuration, std::string_view item, int depth = 0) {
  if (item == "*" || !item.starts_with('+') || depth == 10) {
    return item == "*";
  }
  const std::string head = "domainlist " + std::string(item.substr(1));
  return std::ranges::any_of(configuration.main, [&](const std::string& line) {
    const std::size_t equals = line.find('=');
    return line.starts_with(head) && equals != line.npos &&
           ascii::trim_blanks(std::string_view(line).substr(0, equals)) == head &&
           std::ranges::any_of(
               items_of(std::string_view(line).substr(equals + 1)),
               [&](const std::string& one) { return holds_all(configuration, one, depth + 1); });
  });
}

// Exim takes the first item that fits; behind a last one with "!" stands an unwritten "*".
void Judge::judge_recipients() {
  const std::vector<std::string> items = items_of(given_.settings.recipients);
  bool is_somebody = !items.empty() && items.back().starts_with('!');
  std::string why = "MTA_STS_RECIPIENTS is empty";
  for (const std::string& item : items) {
    const std::string_view left_out = ascii::trim_blanks(std::string_view(item).substr(1));
    is_somebody = is_somebody || !item.starts_with('!');
    if (!item.starts_with('!')) {
      break;
    }
    if (holds_all(configuration_, left_out)) {
      is_somebody = false;
      why = "MTA_STS_RECIPIENTS leaves out " + std::string(left_out) +
            (left_out == "*" ? "" : ", which holds \"*\"");
      break;
    }
  }
  if (!is_somebody) {
    add(fault_finding("exim-recipients-none", why + ": no policy is asked for",
                      "set MTA_STS_RECIPIENTS = *, or list the domains that are meant"));
  }
}

void Judge::judge_mode() {
  const std::string mode = ascii::to_lower(given_.settings.mode);
  const bool is_wanted = given_.expected_mode.empty() || given_.expected_mode == mode;
  const std::string fix = "\"mta-sts exim-setup --write FOLDER --mode " +
                          (given_.expected_mode.empty() ? "enforce" : given_.expected_mode) +
                          "\" sets it, then reload Exim";
  if (mode != "enforce" && mode != "observe" && mode != "off") {
    add(fault_finding(
        "exim-mode-unknown",
        text::quote_for_display(given_.settings.mode, 60) + " is not a mode; policies are obeyed meanwhile",
        fix));
  } else if (mode == "off") {
    add(fault_finding("exim-mode-off", "policies are ignored", fix));
  } else if (mode == "observe") {
    EximFinding finding =
        warning_finding("exim-mode-observe", "policies are looked up and logged, not obeyed", fix);
    finding.level = is_wanted ? Level::warning : Level::fault;
    add(std::move(finding));
  } else if (!is_wanted) {
    add(fault_finding("exim-mode-enforce", "policies are obeyed", fix));
  } else {
    add(ok_finding("the mode is enforce"));
  }
}

// The fix of each reason that lies on this host; all other reasons may pass.
std::optional<std::string> fix_of(std::string_view reason, const eximconf::Settings& settings,
                                  std::string_view who) {
  if (reason == "resolver-unreachable") {
    return "start the resolver (mta-sts resolver --socket " + settings.socket +
           "), or run exim-setup with --socket and the path of its socket";
  }
  if (reason == "socket-permission") {
    return "let " + std::string(who) + " write to " + settings.socket +
           ": root and the group of Exim's user, 0660";
  }
  if (reason == "peer-not-trusted") {
    return "see who listens at " + settings.socket + " (ss -xlp); it must be root or the user mta-sts";
  }
  if (reason == "socket-path-too-long" || reason == "bad-argument") {
    return "run exim-setup with --socket and an absolute path of at most 107 bytes";
  }
  if (reason == "plugin-missing") {
    return "install mta_sts.so at " + settings.plugin + ", or run exim-setup with --plugin and its path";
  }
  if (reason == "answer-garbled") {
    return "install plugin and resolver of the same version";
  }
  return std::nullopt;
}

EximFinding plugin_fault(std::string_view expansion, const eximconf::Settings& settings) {
  return fault_finding("exim-plugin-not-loaded", text::escape_for_display(expansion, 300),
                       "install mta_sts.so of this version at " + settings.plugin + ", owned by root");
}

}  // namespace

std::vector<EximFinding> judge_configuration(const EximCase& given) {
  return Judge(given).run();
}

EximFinding judge_verdict(std::string_view expansion, const eximconf::Settings& settings,
                          std::string_view who) {
  const bool has_plugin = settings.question == eximconf::Question::plugin;
  const auto verdict = parse_verdict_line(ascii::trim_blanks(expansion));
  if (!verdict && !has_plugin) {  // the plugin gives nothing but verdicts
    return fault_finding("answer-garbled", text::escape_for_display(expansion, 300),
                         "install the resolver of this version");
  }
  if (!verdict) {
    return plugin_fault(expansion, settings);
  }
  if (verdict->mode != VerdictMode::temp) {
    return ok_finding("the resolver, asked by " + std::string(who) + ", answers: " + std::string(expansion));
  }
  const std::string text = "asked by " + std::string(who) + ", there is no verdict";
  if (const auto fix = fix_of(verdict->reason, settings, who)) {
    return fault_finding(verdict->reason, text, *fix);
  }
  return {.level = Level::temporary,
          .word = verdict->reason,
          .text = text,
          .fix = "Exim and resolver work, the lookup did not: look at the resolver's log, and at DNS"};
}

EximFinding judge_certificate_check(std::string_view fitting, std::string_view unfitting,
                                    const eximconf::Settings& settings) {
  if (!fitting.empty() || !unfitting.starts_with("MTA-STS certificate-host-mismatch")) {
    return plugin_fault(fitting.empty() ? unfitting : fitting, settings);
  }
  return ok_finding("the plugin checks the names in certificates");
}

}  // namespace mta_sts::eximcheck
