#include "cli/exim/probe.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "base/ascii.hpp"
#include "base/utf8.hpp"
#include "cli/exim/scripted_resolver.hpp"
#include "eximcheck/route.hpp"
#include "eximconf/assemble.hpp"
#include "eximconf/hosts.hpp"
#include "eximconf/twin.hpp"

namespace mta_sts::cli {
namespace {

using Level = eximcheck::EximFinding::Level;

constexpr std::string_view probe_domain = "mta-sts-probe.invalid";

// The name behind one of our prefixes, else empty.
std::string_view behind(std::string_view name, std::string_view prefix) {
  return name.starts_with(prefix) ? name.substr(prefix.size()) : std::string_view();
}

std::string enforce_line(const std::vector<std::string>& hosts) {
  std::string names;
  std::string ignore;
  for (const std::string& host : hosts) {
    names += (names.empty() ? "" : " ") + ascii::to_lower(host);
    ignore += "! ^" + eximconf::replaced(ascii::to_lower(host), ".", "[.]") + "$ ; ";
  }
  return "mode=enforce id=probe mx=\"" + names + "\" ignore=\"" + ignore +
         "*\" source=cache expires=4102444800";
}

// Routers at the head of the configuration that lead one address each to a router, as a forward does.
std::string probe_routers(const std::vector<std::string>& targets, const std::string& domain) {
  std::string text;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const std::string number = std::to_string(i);
    text += "mta_sts_probe_" + number + ":\n  driver = redirect\n  domains = " + std::string(probe_domain) +
            "\n  local_parts = probe-" + number + "\n  data = someone@" + domain +
            "\n  redirect_router = " + targets[i] + "\n";
  }
  return text;
}

// Exim draws the order of hosts of one preference anew each time.
bool has_same_hosts(const eximcheck::EximRoute& one, const eximcheck::EximRoute& other) {
  return std::ranges::is_permutation(one.hosts, other.hosts);
}

// Copies (unseen) have no router of their own that waits: the one that looks for named hosts defers.
bool waits_for_hosts(const eximcheck::EximRoute& route, const std::string& router) {
  const auto says = [&](const std::string& text) { return route.message.find(text) != text.npos; };
  return says("sts-mx-mismatch") ||
         says("lookup failed for all hosts in mta_sts_enforce_" + router + " router");
}

class Probe {
 public:
  Probe(const EximProgram& exim, const LoadedExim& loaded, const eximconf::Derivation& blocks,
        std::string domain)
      : exim_(exim), loaded_(loaded), blocks_(blocks), domain_(std::move(domain)) {}

  std::vector<eximcheck::EximFinding> run();

 private:
  [[nodiscard]] eximcheck::EximRoute route(const std::string& address, const std::string& line,
                                           std::optional<RunAs> as);
  [[nodiscard]] eximcheck::EximRoute route_in_testing(const std::string& address, const std::string& wanted,
                                                      const std::vector<std::string>& asked,
                                                      std::optional<RunAs> as);
  void probe(const std::string& address, const std::string& way, std::optional<RunAs> as);
  void expect(bool is_right, const std::string& way, std::string_view verdict,
              const eximcheck::EximRoute& seen, const std::string& wanted);

  const EximProgram& exim_;
  const LoadedExim& loaded_;
  const eximconf::Derivation& blocks_;
  const std::string domain_;
  std::vector<std::string> targets_;
  std::string policy_domain_;  // whose policy a probe is about; empty: of all that are asked for
  std::optional<EximProgram> copy_;
  std::unique_ptr<ScriptedResolver> resolver_;
  std::vector<eximcheck::EximFinding> findings_;
};

std::vector<eximcheck::EximFinding> Probe::run() {
  const auto replaced = loaded_.configuration.replaced_routers();
  for (const eximconf::Instance& router : loaded_.configuration.routers) {
    const std::string target = router.value("redirect_router");
    if (!target.empty() && std::ranges::find(replaced, router.name) == replaced.end() &&
        std::ranges::find(targets_, target) == targets_.end()) {
      targets_.push_back(target);
    }
  }
  std::string text = eximconf::with_routers_in_front(loaded_.flat, probe_routers(targets_, domain_));
  auto file = TemporaryConfig::write("", loaded_.rights);
  if (!file) {
    return {{.level = Level::temporary,
             .word = "output-unwritable",
             .text = file.error().detail,
             .fix = "free some space below /tmp"}};
  }
  const std::string socket = file->folder() + "/socket";
  text = eximconf::replaced(std::move(text), loaded_.settings.socket, socket);
  auto resolver = ScriptedResolver::listen(socket);
  const auto written = replace_file(file->path(), text, loaded_.rights);
  if (!resolver || !written) {
    return {{.level = Level::temporary,
             .word = "output-unwritable",
             .text = resolver ? written.error().detail : resolver.error().detail,
             .fix = "free some space below /tmp"}};
  }
  resolver_ = *std::move(resolver);
  copy_ = exim_.with_config(file->path());

  const std::string address = "someone@" + domain_;
  probe(address, "mail for " + domain_, {});
  if (const auto user = exim_.find_user();
      user && findings_.size() == 1 && findings_.front().level == Level::ok) {
    probe(address, "mail for " + domain_ + ", routed by " + user->first, user->second);
  }
  for (std::size_t i = 0; i < targets_.size(); ++i) {
    probe("probe-" + std::to_string(i) + "@" + std::string(probe_domain),
          "a forward to " + domain_ + " that goes on at " + targets_[i], {});
  }
  resolver_.reset();
  return std::move(findings_);
}

eximcheck::EximRoute Probe::route(const std::string& address, const std::string& line,
                                  std::optional<RunAs> as) {
  resolver_->answer(line, policy_domain_);
  const auto result = copy_->run({"-bt", address}, as);
  return result ? eximcheck::read_route(result->output + result->errors)
                : eximcheck::EximRoute{
                      .router = {}, .transport = {}, .hosts = {}, .message = result.error().detail};
}

// Routes under a policy of mode testing, and finds out whose policy the wanted router asks for: routers
// before and behind it ask too, if they decline or send copies.
eximcheck::EximRoute Probe::route_in_testing(const std::string& address, const std::string& wanted,
                                             const std::vector<std::string>& asked, std::optional<RunAs> as) {
  eximcheck::EximRoute seen;
  for (auto domain = asked.rbegin(); domain != asked.rend() && seen.router != wanted; ++domain) {
    policy_domain_ = *domain;
    seen = route(address, "mode=testing id=probe mx=\"mx.invalid\" source=cache expires=4102444800", as);
  }
  return seen;
}

void Probe::expect(bool is_right, const std::string& way, std::string_view verdict,
                   const eximcheck::EximRoute& seen, const std::string& wanted) {
  if (!is_right) {
    const std::string where = seen.router.empty() ? text::escape_for_display(seen.message, 200)
                                                  : seen.router + ", transport " + seen.transport;
    findings_.push_back(eximcheck::fault_finding(
        "exim-route-wrong",
        way + " under a policy of mode " + std::string(verdict) + " goes to " + where + "; it should be " +
            wanted,
        "see \"exim -bt\" for an address there; run exim-setup again and reload Exim"));
  }
}

void Probe::probe(const std::string& address, const std::string& way, std::optional<RunAs> as) {
  const std::size_t before = findings_.size();
  policy_domain_.clear();
  const eximcheck::EximRoute plain = route(address, std::string(no_policy), as);
  const auto asked = resolver_->asked();
  if (plain.hosts.empty()) {
    return;  // a domain that has no way, or one that is delivered here: nothing to see
  }
  const std::string router(behind(plain.router, "mta_sts_plain_"));
  const bool is_covered = std::ranges::find(blocks_.covered, router) != blocks_.covered.end();
  if (!is_covered) {
    if (std::ranges::find(loaded_.settings.except, plain.router) == loaded_.settings.except.end()) {
      expect(plain.transport.empty(), way, "none", plain, "one of ours: no policy is looked up there");
    }
    return;
  }
  if (asked.empty()) {
    return;  // its hosts are given by address, or this recipient is left out
  }
  const eximcheck::EximRoute testing = route_in_testing(address, "mta_sts_testing_" + router, asked, as);
  expect(testing.router == "mta_sts_testing_" + router && has_same_hosts(testing, plain), way, "testing",
         testing, "mta_sts_testing_" + router);
  const eximcheck::EximRoute named = route(address, enforce_line(plain.hosts), as);
  expect(
      named.router == "mta_sts_enforce_" + router &&
          behind(named.transport, eximconf::enforce_prefix) == plain.transport &&
          has_same_hosts(named, plain),
      way, "enforce", named,
      "mta_sts_enforce_" + router + ", transport " + std::string(eximconf::enforce_prefix) + plain.transport);
  const eximcheck::EximRoute unnamed = route(address, enforce_line({"mx.invalid"}), as);
  expect(unnamed.hosts.empty() && waits_for_hosts(unnamed, router), way, "enforce that names no host",
         unnamed, "to wait");
  const eximcheck::EximRoute unknown = route(address, "mode=temp reason=deadline source=none", as);
  expect(unknown.hosts.empty() && unknown.message.find("deadline") != std::string::npos, way,
         "that is not known", unknown, "to wait");
  if (findings_.size() == before) {
    findings_.push_back(eximcheck::ok_finding(way + " takes the router " + router +
                                              " and obeys the policy of " + policy_domain_));
  }
}

}  // namespace

std::vector<eximcheck::EximFinding> probe_routes(const EximProgram& exim, const LoadedExim& loaded,
                                                 const eximconf::Derivation& blocks,
                                                 const std::string& domain) {
  return Probe(exim, loaded, blocks, domain).run();
}

}  // namespace mta_sts::cli
