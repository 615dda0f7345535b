#include "eximconf/derive.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "base/ascii.hpp"
#include "eximconf/choices.hpp"
#include "eximconf/hosts.hpp"
#include "eximconf/router_group.hpp"
#include "eximconf/twin.hpp"
#include "eximconf/words.hpp"

namespace mta_sts::eximconf {
namespace {

constexpr std::size_t hostlist_limit = 32;
constexpr std::size_t name_limit = 63;  // Exim's EXIM_DRIVERNAME_MAX, less its NUL

template <typename T>
bool contains(const std::vector<T>& all, std::string_view one) {
  return std::ranges::find(all, one) != all.end();
}

std::vector<Instance> without_own(const std::vector<Instance>& instances) {
  std::vector<Instance> kept;
  std::ranges::copy_if(instances, std::back_inserter(kept),
                       [](const Instance& one) { return !one.is_own(); });
  return kept;
}

// Instances whose options say their own name where they ask for it by `variable`: ours have another.
std::vector<Instance> with_own_names(std::vector<Instance> instances, const std::string& variable) {
  for (Instance& instance : instances) {
    for (const std::string& written : {"$" + variable, "${" + variable + "}"}) {
      for (EximOption& option : instance.options) {
        option.text = replaced(std::move(option.text), written, instance.name);
        if (option.value) {
          option.value = replaced(*std::move(option.value), written, instance.name);
        }
      }
    }
  }
  return instances;
}

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
  Deriver(const Configuration& configuration, const Settings& settings)
      : configuration_(configuration),
        settings_(settings),
        words_(settings, configuration),
        routers_(with_own_names(without_own(configuration.routers), "router_name")),
        transports_(with_own_names(without_own(configuration.transports), "transport_name")) {
    for (const Instance& transport : transports_) {
      if (sends_by_smtp(transport)) {
        smtp_names_.push_back(transport.name);
      }
    }
  }

  std::expected<Derivation, DeriveError> run() {
    if (auto error = check_own_names()) {
      return std::unexpected(*std::move(error));
    }
    if (auto error = find_sending_routers()) {
      return std::unexpected(*std::move(error));
    }
    if (sending_.empty()) {
      return fail("exim-no-smtp",
                  "no router of this configuration sends mail by an smtp transport to hosts with a name",
                  "there is nothing to do: no policy concerns this host's mail");
    }
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
    warn();
    return std::move(made_);
  }

 private:
  static std::unexpected<DeriveError> fail(std::string word, std::string text, std::string fix) {
    return std::unexpected(DeriveError{std::move(word), std::move(text), std::move(fix)});
  }

  [[nodiscard]] const Instance* transport(std::string_view name) const {
    const auto found = std::ranges::find(transports_, name, &Instance::name);
    return found == transports_.end() ? nullptr : &*found;
  }

  [[nodiscard]] bool sends(const Instance& router) const;

  [[nodiscard]] std::optional<DeriveError> check_own_names() const;
  std::optional<DeriveError> find_sending_routers();
  std::optional<DeriveError> add_sending(const Instance& router);
  std::string ignored_list(const Instance& router);
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
  const std::vector<Instance> routers_;
  const std::vector<Instance> transports_;
  std::vector<std::string> smtp_names_;
  std::map<std::string, SendingRouter, std::less<>> sending_;
  std::map<std::string, std::string, std::less<>> ignored_lists_;  // value to name
  Derivation made_;
};

// What has a name of ours is left out of account. An administrator's router of such a name would never be
// asked again, and mail through such a transport would go without a policy.
std::optional<DeriveError> Deriver::check_own_names() const {
  const auto taken = [](const std::string& kind, const std::string& name) {
    return DeriveError{"exim-name-taken",
                       "the " + kind + ' ' + name + " has a name as this command gives it to its own",
                       "rename it: let it begin otherwise than with " + std::string(own_prefix)};
  };
  const auto& all = configuration_.routers;
  const bool has_blocks = std::ranges::any_of(
      all, [](const Instance& router) { return router.name == off_router || router.name == end_router; });
  const auto found = std::ranges::find_if(all, &Instance::is_own);
  if (!has_blocks && found != all.end()) {
    return taken("router", found->name);
  }
  for (const Instance& transport : configuration_.transports) {
    const bool is_used = transport.is_own() && std::ranges::any_of(routers_, [&](const Instance& router) {
                           return has_word(router.value("transport"), transport.name) ||
                                  has_word(router.value("route_list"), transport.name) ||
                                  has_word(router.value("route_data"), transport.name);
                         });
    if (is_used) {
      return taken("transport", transport.name);
    }
  }
  return std::nullopt;
}

// Whether a router may send mail by SMTP. An accept router can do so only by a transport that has hosts.
bool Deriver::sends(const Instance& router) const {
  const std::string driver = router.value("driver");
  const bool is_accept = driver == "accept";
  if (!is_accept && driver != "dnslookup" && driver != "manualroute" && driver != "queryprogram") {
    return false;
  }
  return std::ranges::any_of(smtp_names_, [&](const std::string& name) {
    return may_use(router, name) && (!is_accept || transport(name)->find("hosts") != nullptr);
  });
}

// The named list of the hosts that a router ignores: within a longer list only a named one keeps its own
// separator, and fails for itself. Exim has few of them, so equal ones are one.
std::string Deriver::ignored_list(const Instance& router) {
  const EximOption* ignored = router.find("ignore_target_hosts");
  if (ignored == nullptr || !ignored->value) {
    return {};
  }
  const std::string value = ignored->unquoted();
  const auto hostlists = configuration_.lists("hostlist");
  if (value.starts_with('+') && std::ranges::find(hostlists, value.substr(1)) != hostlists.end()) {
    return value.substr(1);
  }
  const auto found = ignored_lists_.find(value);
  if (found != ignored_lists_.end()) {
    return found->second;
  }
  const std::string name = "mta_sts_ignored_" + std::to_string(ignored_lists_.size() + 1);
  made_.main.push_back("hostlist " + name + " = " + *ignored->value);
  return ignored_lists_.emplace(value, name).first->second;
}

std::optional<DeriveError> Deriver::add_sending(const Instance& router) {
  const auto unsupported = [&](const std::string& why) {
    return DeriveError{"exim-router-unsupported", "the router " + router.name + ' ' + why,
                       "leave it out with --except " + router.name + ": its mail then goes without a policy"};
  };
  const std::string driver = router.value("driver");
  const Instance* own = transport(router.value("transport"));
  SendingRouter sending;
  sending.router = &router;
  sending.ignored = ignored_list(router);
  // An accept router's hosts are those of its transport anyway, and its twin is given them by the router.
  const bool has_own_hosts = driver == "accept" && own != nullptr;
  for (const Instance& one : transports_) {
    const EximOption* override = one.find("hosts_override");
    if (!has_own_hosts && may_use(router, one.name) && override != nullptr && override->is_on() &&
        one.find("hosts") != nullptr) {
      return unsupported("uses the transport " + one.name +
                         ", whose hosts_override sends mail past its hosts");
    }
  }
  if (driver == "queryprogram") {
    return unsupported("asks a program for hosts and transport");
  }
  if (driver == "dnslookup") {
    sending.domain.text = "$domain";
    if (router.find("unseen") != nullptr && router.find("unseen")->is_on()) {
      return unsupported("sends copies (unseen) to MX hosts");
    }
  } else if (driver == "manualroute") {
    sending.domain = policy_domain_of_route(router);
  } else if (own == nullptr) {
    return unsupported("is an accept router whose transport is an expansion");
  } else {
    sending.hosts_from = own;
    sending.domain = policy_domain_of_hosts(router, *own);
  }
  if (!sending.domain.text.empty()) {  // hosts that are given by address have no policy
    sending_.emplace(router.name, std::move(sending));
    made_.covered.push_back(router.name);
  }
  return std::nullopt;
}

std::optional<DeriveError> Deriver::find_sending_routers() {
  for (const Instance& router : routers_) {
    if (sends(router) && !contains(settings_.except, router.name)) {
      if (auto error = add_sending(router)) {
        return error;
      }
    }
  }
  return std::nullopt;
}

// How many of the administrator's routers our block repeats: all up to the last one that sends, or that leads
// to one of those, for from a router behind it nothing leads back to ours.
std::size_t Deriver::count_copied() const {
  std::size_t count = 0;
  std::set<std::string, std::less<>> copied;
  for (bool grows = true; grows;) {
    grows = false;
    for (std::size_t i = count; i < routers_.size(); ++i) {
      const bool leads_back = copied.contains(routers_[i].value("redirect_router"));
      if (sending_.contains(routers_[i].name) || leads_back) {
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
    if (const auto found = sending_.find(routers_[i].name); found != sending_.end()) {
      std::ranges::move(group_of(found->second, smtp_names_, words_), std::back_inserter(made_.routers));
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
    heads[name] = sending_.contains(name) ? head_of_group(name) : copy_of(name);
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
    return std::ranges::any_of(sending_, [&](const auto& one) {
      const Instance& router = *one.second.router;
      const bool is_in_data = router.find("route_data") != nullptr && sends_by_smtp(transport);
      return (is_in_data || may_use(router, transport.name)) &&
             (!for_reports || sends_reports_apart(router, words_));
    });
  };
  for (const Instance& transport : transports_) {
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
  const std::size_t needed = ignored_lists_.size() + 1;
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
  for (const Instance& transport : transports_) {
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
  auto made = Deriver(configuration, settings).run();
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
