#include "eximconf/sending.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "eximconf/choices.hpp"
#include "eximconf/hosts.hpp"
#include "eximconf/twin.hpp"

namespace mta_sts::eximconf {
namespace {

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

class Finder {
 public:
  Finder(const Configuration& configuration, const Settings& settings)
      : configuration_(configuration), settings_(settings) {
    made_.routers = with_own_names(without_own(configuration.routers), "router_name");
    made_.transports = with_own_names(without_own(configuration.transports), "transport_name");
    for (const Instance& transport : made_.transports) {
      if (sends_by_smtp(transport)) {
        made_.smtp_names.push_back(transport.name);
      }
    }
  }

  std::expected<Sending, DeriveError> run() && {
    if (auto error = check_own_names()) {
      return std::unexpected(*std::move(error));
    }
    if (auto error = find_routers()) {
      return std::unexpected(*std::move(error));
    }
    if (made_.by_router.empty()) {
      return std::unexpected(
          DeriveError{"exim-no-smtp",
                      "no router of this configuration sends mail by an smtp transport to hosts with a name",
                      "there is nothing to do: no policy concerns this host's mail"});
    }
    return std::move(made_);
  }

 private:
  [[nodiscard]] const Instance* transport(std::string_view name) const {
    const auto found = std::ranges::find(made_.transports, name, &Instance::name);
    return found == made_.transports.end() ? nullptr : &*found;
  }

  [[nodiscard]] std::optional<DeriveError> check_own_names() const;
  [[nodiscard]] bool sends(const Instance& router) const;
  std::string ignored_list(const Instance& router);
  std::optional<DeriveError> add_router(const Instance& router);
  std::optional<DeriveError> find_routers();

  const Configuration& configuration_;
  const Settings& settings_;
  std::map<std::string, std::string, std::less<>> ignored_lists_;  // value to name
  Sending made_;
};

// What has a name of ours is left out of account. An administrator's router of such a name would never be
// asked again, and mail through such a transport would go without a policy.
std::optional<DeriveError> Finder::check_own_names() const {
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
    const bool is_used =
        transport.is_own() && std::ranges::any_of(made_.routers, [&](const Instance& router) {
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
bool Finder::sends(const Instance& router) const {
  const std::string driver = router.value("driver");
  const bool is_accept = driver == "accept";
  if (!is_accept && driver != "dnslookup" && driver != "manualroute" && driver != "queryprogram") {
    return false;
  }
  return std::ranges::any_of(made_.smtp_names, [&](const std::string& name) {
    return may_use(router, name) && (!is_accept || transport(name)->find("hosts") != nullptr);
  });
}

// The named list of the hosts that a router ignores: within a longer list only a named one keeps its own
// separator, and fails for itself. Exim has few of them, so equal ones are one.
std::string Finder::ignored_list(const Instance& router) {
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
  made_.ignored_lists.push_back("hostlist " + name + " = " + *ignored->value);
  return ignored_lists_.emplace(value, name).first->second;
}

std::optional<DeriveError> Finder::add_router(const Instance& router) {
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
  for (const Instance& one : made_.transports) {
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
    made_.by_router.emplace(router.name, std::move(sending));
    made_.covered.push_back(router.name);
  }
  return std::nullopt;
}

std::optional<DeriveError> Finder::find_routers() {
  for (const Instance& router : made_.routers) {
    if (sends(router) && !contains(settings_.except, router.name)) {
      if (auto error = add_router(router)) {
        return error;
      }
    }
  }
  return std::nullopt;
}

}  // namespace

std::expected<Sending, DeriveError> find_sending(const Configuration& configuration,
                                                 const Settings& settings) {
  return Finder(configuration, settings).run();
}

}  // namespace mta_sts::eximconf
