#include "eximconf/derive.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "base/ascii.hpp"
#include "eximconf/choices.hpp"
#include "eximconf/hosts.hpp"
#include "eximconf/router_group.hpp"
#include "eximconf/sending.hpp"
#include "eximconf/twin.hpp"
#include "eximconf/words.hpp"

namespace mta_sts::eximconf {
namespace {

constexpr std::size_t hostlist_limit = 32;
constexpr std::size_t name_limit = 63;  // Exim's EXIM_DRIVERNAME_MAX, less its NUL

// The names of hosts_treat_as_local as items that keep them out of a host list, each with a semicolon behind.
// Lookups and lists among them cannot be kept so.
std::string local_hosts(const Configuration& configuration) {
  const std::string value = configuration.main_option("hosts_treat_as_local");
  std::string_view rest = value;
  std::string items;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(':'), rest.size());
    const std::string item(ascii::trim_blanks(rest.substr(0, end)));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const bool is_name = !item.empty() && std::ranges::all_of(item, [](char c) {
      return ascii::is_alnum(c) || c == '-' || c == '.' || c == '*';
    });
    if (is_name) {
      items += "! ^" + replaced(replaced(item, ".", "[.]"), "*", ".*") + "\\$ ; ";
    }
  }
  return items;
}

class Deriver {
 public:
  Deriver(const Configuration& configuration, const Settings& settings, const Sending& sending)
      : configuration_(configuration),
        settings_(settings),
        words_(settings, configuration),
        sending_(sending),
        routers_(sending.routers) {}

  std::expected<Derivation, DeriveError> run() {
    if (words_.tells_outcomes() && settings_.question == Question::readsocket) {
      return fail("exim-outcomes-unsupported",
                  "sessions are told by the plugin, and this Exim cannot load one (EXPAND_DLFUNC)",
                  "install exim4-daemon-heavy, or give --outcomes off");
    }
    if (settings_.tells_record && !settings_.has_dnsdb) {
      return fail("exim-outcomes-unsupported", "this Exim has no lookup dnsdb, so it finds no TLSRPT record",
                  "give --outcomes without --outcomes-record, for the resolver, which needs none");
    }
    if (!configuration_.retries_all_mail) {
      return fail("exim-no-retry",
                  "this configuration has no retry rule for all mail: Exim bounces mail that it should keep",
                  "put a last rule under \"begin retry\", such as \"* * F,2h,15m; G,16h,1h,1.5; F,4d,6h\"");
    }
    if (auto error = check_lists()) {
      return std::unexpected(*std::move(error));
    }
    make_main();
    make_routers();
    make_transports();
    if (auto error = check_names()) {
      return std::unexpected(*std::move(error));
    }
    made_.covered = sending_.covered;
    warn();
    return std::move(made_);
  }

 private:
  static std::unexpected<DeriveError> fail(std::string word, std::string text, std::string fix) {
    return std::unexpected(DeriveError{std::move(word), std::move(text), std::move(fix)});
  }

  [[nodiscard]] std::size_t count_copied() const;
  void make_main();
  void make_routers();
  void make_transports();
  void lead_to_ours(std::size_t copied);
  [[nodiscard]] std::optional<DeriveError> check_lists() const;
  [[nodiscard]] std::optional<DeriveError> check_names() const;
  void warn();

  const Configuration& configuration_;
  const Settings& settings_;
  const Words words_;
  const Sending& sending_;
  const std::vector<Instance>& routers_;  // the administrator's
  Derivation made_;
};

// How many of the administrator's routers our block repeats: all up to the last one that sends, or that leads
// to one of those, for from a router behind it nothing leads back to ours.
std::size_t Deriver::count_copied() const {
  std::size_t count = 0;
  std::set<std::string, std::less<>> copied;
  for (bool grows = true; grows;) {
    grows = false;
    for (std::size_t i = count; i < routers_.size(); ++i) {
      const bool leads_back = copied.contains(routers_[i].value("redirect_router"));
      if (sending_.by_router.contains(routers_[i].name) || leads_back) {
        for (; count <= i; ++count) {
          copied.insert(routers_[count].name);
        }
        grows = true;
      }
    }
  }
  return count;
}

void Deriver::make_main() {
  if (words_.has_macros()) {
    for (const auto& [name, value] :
         {std::pair<std::string, std::string>("MTA_STS_MODE", settings_.mode),
          std::pair<std::string, std::string>("MTA_STS_RECIPIENTS", settings_.recipients)}) {
      made_.main_text += ".ifndef " + name + "\n" + name + " = " + value + "\n.endif\n";
    }
  }
  made_.main = sending_.ignored_lists;
  made_.main.push_back("hostlist " + std::string(unnamed_hosts_list) + " = " +
                       unnamed_hosts(local_hosts(configuration_)));
  for (const std::string& line : made_.main) {
    made_.main_text += line + "\n";
  }
}

// A router that only goes on at another one. No host has that name, which Exim finds without asking DNS and
// without a line in its log; a host that is ignored leaves no trace in the address.
Instance jump(std::string name, const std::string& condition, const std::string& target) {
  Instance made{.name = std::move(name), .options = {make_option("driver", "manualroute")}};
  if (!condition.empty()) {
    made.options.push_back(make_option("condition", "${if " + condition + "}"));
  }
  for (const auto& [option, value] : {std::pair<std::string, std::string>("route_list", "* - bydns"),
                                      std::pair<std::string, std::string>("host_find_failed", "ignore"),
                                      std::pair<std::string, std::string>("host_all_ignored", "pass"),
                                      std::pair<std::string, std::string>("pass_router", target)}) {
    made.options.push_back(make_option(option, value));
  }
  return made;
}

void Deriver::make_routers() {
  const std::size_t copied = count_copied();
  made_.routers.push_back(jump(std::string(off_router), words_.is_mode("off"), routers_.front().name));
  made_.routers.back().options.push_back(
      make_option(std::string(settings_option), settings_line(settings_, !words_.has_macros())));
  for (std::size_t i = 0; i < copied; ++i) {
    if (const auto found = sending_.by_router.find(routers_[i].name); found != sending_.by_router.end()) {
      std::ranges::move(group_of(found->second, sending_.smtp_names, words_),
                        std::back_inserter(made_.routers));
    } else {
      Instance copy = routers_[i];
      copy.name = copy_of(copy.name);
      std::erase_if(copy.options, [](const EximOption& option) { return option.name == "debug_print"; });
      made_.routers.push_back(std::move(copy));
    }
  }
  if (copied < routers_.size()) {
    made_.routers.push_back(jump(std::string(end_router), "", routers_[copied].name));
  } else {
    Instance end{.name = std::string(end_router),
                 .options = {make_option("driver", "redirect"), make_option("data", ""),
                             make_option("more", "false")}};
    if (const EximOption* message = routers_.back().find("cannot_route_message")) {
      end.options.push_back(*message);
    }
    made_.routers.push_back(std::move(end));
  }
  lead_to_ours(copied);
}

// Where a copied router names another, its copy must name that one's.
void Deriver::lead_to_ours(std::size_t copied) {
  std::map<std::string, std::string, std::less<>> heads;
  for (std::size_t i = 0; i < copied; ++i) {
    const std::string& name = routers_[i].name;
    heads[name] = sending_.by_router.contains(name) ? head_of_group(name) : copy_of(name);
  }
  for (Instance& router : made_.routers) {
    if (router.name == off_router) {
      continue;
    }
    for (EximOption& option : router.options) {
      const bool leads = option.name == "redirect_router" || option.name == "pass_router";
      if (const auto head = heads.find(option.unquoted()); leads && head != heads.end()) {
        option = make_option(option.name, head->second);
      }
    }
  }
}

void Deriver::make_transports() {
  const auto is_used = [&](const Instance& transport, bool for_reports = false) {
    return std::ranges::any_of(sending_.by_router, [&](const auto& one) {
      const Instance& router = *one.second.router;
      const bool is_in_data = router.find("route_data") != nullptr && sends_by_smtp(transport);
      return (is_in_data || may_use(router, transport.name)) &&
             (!for_reports || sends_reports_apart(router, words_));
    });
  };
  for (const Instance& transport : sending_.transports) {
    if (!is_used(transport)) {
      continue;
    }
    if (sends_by_smtp(transport)) {
      made_.transports.push_back(enforcing_twin(transport, settings_, words_));
      made_.transports.push_back(testing_twin(transport, words_));
      if (words_.tells_outcomes()) {
        made_.transports.push_back(plain_twin(transport, words_));
      }
      if (is_used(transport, true)) {
        made_.transports.push_back(report_twin(transport, settings_));
      }
    } else {
      std::vector<std::string_view> prefixes{enforce_prefix, testing_prefix};
      if (words_.tells_outcomes()) {
        prefixes.push_back(plain_prefix);
      }
      if (is_used(transport, true)) {
        prefixes.push_back(report_prefix);
      }
      for (const std::string_view prefix : prefixes) {  // for an expansion that may choose it
        Instance copy = transport;
        copy.name = std::string(prefix) + copy.name;
        made_.transports.push_back(std::move(copy));
      }
    }
  }
}

std::optional<DeriveError> Deriver::check_lists() const {
  const auto lists = configuration_.lists("hostlist");
  const auto own = std::ranges::count_if(lists, is_own_name);
  const std::size_t needed = sending_.ignored_lists.size() + 1;
  if (lists.size() - static_cast<std::size_t>(own) + needed <= hostlist_limit) {
    return std::nullopt;
  }
  return DeriveError{"exim-too-many-lists",
                     "Exim takes " + std::to_string(hostlist_limit) +
                         " named host lists, and this configuration needs " + std::to_string(needed) +
                         " more than it has",
                     "give routers that ignore the same hosts the same ignore_target_hosts, written alike"};
}

std::optional<DeriveError> Deriver::check_names() const {
  for (const auto& instances : {made_.routers, made_.transports}) {
    for (const Instance& instance : instances) {
      if (instance.name.size() > name_limit) {
        return DeriveError{"exim-name-too-long",
                           "the name " + instance.name + " would be longer than Exim allows",
                           "give the administrator's router or transport a shorter name"};
      }
      std::string text = instance.name;
      for (const EximOption& option : instance.options) {
        text += '\n' + option.text;
      }
      text = replaced(replaced(std::move(text), "MTA_STS_MODE", ""), "MTA_STS_RECIPIENTS", "");
      if (const std::string macro = macro_in(configuration_, text); !macro.empty()) {
        return DeriveError{"exim-macro-clash",
                           "the name of the macro " + macro + " stands in the text of " + instance.name +
                               ", where Exim would replace it",
                           "give the macro a longer name, such as MY_" + macro};
      }
    }
  }
  return std::nullopt;
}

// A transport is used as it is where no policy holds, and then sees the name of our router.
void Deriver::warn() {
  if (configuration_.holds_callouts) {
    made_.warnings.emplace_back(callout_warning);
  }
  if (!settings_.has_dkim) {
    made_.warnings.emplace_back(
        "this Exim cannot sign, so nothing keeps \"control = cutthrough_delivery\" from sending mail through "
        "the "
        "session of another host: do not use it for recipients with a policy");
  }
  const auto asks_for_router = [](const EximOption& option) {
    return option.text.find("router_name") != option.text.npos;
  };
  for (const Instance& transport : sending_.transports) {
    if (words_.tells_outcomes() && sends_by_smtp(transport) && hides_starttls(transport)) {
      made_.warnings.push_back(
          "the transport " + transport.name +
          " keeps hosts from TLS (hosts_avoid_tls or hosts_avoid_esmtp): its sessions without "
          "an enforce policy are not told to --outcomes");
    }
    if (std::ranges::any_of(transport.options, asks_for_router)) {
      made_.warnings.push_back("the transport " + transport.name +
                               " depends on $router_name: for mail that our routers take its value begins "
                               "with mta_sts_");
    }
  }
}

std::string text_of(const std::vector<Instance>& instances) {
  std::string text;
  for (const Instance& instance : instances) {
    text += '\n' + instance.name + ":\n";
    for (const EximOption& option : instance.options) {
      text += "  " + option.text + '\n';
    }
  }
  return text;
}

}  // namespace

std::expected<Derivation, DeriveError> derive(const Configuration& configuration, const Settings& settings) {
  const auto sending = find_sending(configuration, settings);
  if (!sending) {
    return std::unexpected(sending.error());
  }
  auto made = Deriver(configuration, settings, *sending).run();
  if (made) {
    const std::string head = "# Made by mta-sts exim-setup out of " + configuration.file +
                             ". Do not edit: change that\n# configuration and run the command again.\n";
    made->main_text =
        head + "# Belongs at the end of the main section, before the first \"begin\".\n" + made->main_text;
    made->routers_text = head + "# Belongs directly behind \"begin routers\".\n" + text_of(made->routers);
    made->transports_text =
        head + "# Belongs directly behind \"begin transports\".\n" + text_of(made->transports);
  }
  return made;
}

}  // namespace mta_sts::eximconf
