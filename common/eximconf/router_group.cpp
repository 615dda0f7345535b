#include "eximconf/router_group.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>

#include "eximconf/twin.hpp"

namespace mta_sts::eximconf {
namespace {

// What Exim tests before a router runs, and what these tests depend on.
constexpr std::array<std::string_view, 18> preconditions{"address_test",
                                                         "caseful_local_part",
                                                         "check_local_user",
                                                         "condition",
                                                         "domains",
                                                         "expn",
                                                         "local_part_prefix",
                                                         "local_part_prefix_optional",
                                                         "local_part_suffix",
                                                         "local_part_suffix_optional",
                                                         "local_parts",
                                                         "require_files",
                                                         "router_home_directory",
                                                         "senders",
                                                         "verify",
                                                         "verify_only",
                                                         "verify_recipient",
                                                         "verify_sender"};

// What gives $domain_data, $local_part_data, $home and the like their values, and $local_part its form.
constexpr std::array<std::string_view, 9> sources_of_variables{"caseful_local_part",
                                                               "check_local_user",
                                                               "domains",
                                                               "local_part_prefix",
                                                               "local_part_prefix_optional",
                                                               "local_part_suffix",
                                                               "local_part_suffix_optional",
                                                               "local_parts",
                                                               "router_home_directory"};

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::ranges::find(names, name) != names.end();
}

class Group {
 public:
  Group(const SendingRouter& sending, const std::vector<std::string>& smtp_transports, const Words& words)
      : sending_(sending), router_(*sending.router), smtp_transports_(smtp_transports), words_(words) {}

  std::vector<Instance> make() && {
    add_question();
    const bool is_unseen = router_.find("unseen") != nullptr && router_.find("unseen")->is_on();
    add_enforce(is_unseen);
    if (!is_unseen) {
      add_wait();
    }
    add_copy("testing", is_verdict("testing"), testing_prefix);
    if (sends_reports_apart(router_, words_)) {
      add_copy("report", words_.is_report(), report_prefix);
    }
    add_copy("plain", "!inlist{" + mode_of("$r_mta_sts") + "}{enforce:testing}",
             words_.tells_outcomes() ? plain_prefix : "");
    return std::move(made_);
  }

 private:
  [[nodiscard]] std::string name_of(std::string_view step) const {
    return std::string(own_prefix) + std::string(step) + "_" + router_.name;
  }
  [[nodiscard]] std::string is_here() const { return "eq{$r_mta_sts_at}{" + router_.name + "}"; }
  [[nodiscard]] static std::string mode_of(std::string_view line) {
    return "${extract{mode}{" + std::string(line) + "}}";
  }
  [[nodiscard]] static std::string is_verdict(std::string_view mode) {
    return "eq{" + mode_of("$r_mta_sts") + "}{" + std::string(mode) + "}";
  }

  Instance& add(std::string_view step, std::string_view driver) {
    made_.push_back({.name = name_of(step), .options = {make_option("driver", driver)}});
    return made_.back();
  }

  // A redirect router that changes nothing but what its options set, and passes on.
  Instance& add_step(std::string_view step, const std::vector<std::string>& conditions) {
    Instance& made = add(step, "redirect");
    made.options.push_back(EximOption{.name = "verify_sender", .value = "false", .text = "no_verify_sender"});
    made.options.push_back(condition(conditions));
    return made;
  }

  static EximOption condition(const std::vector<std::string>& conditions) {
    std::string all;
    for (const std::string& one : conditions) {
      all += "{" + one + "}";
    }
    const bool is_one = conditions.size() == 1;
    return make_option("condition", "${if " + (is_one ? conditions.front() : "and{" + all + "}") + "}");
  }

  static void set(Instance& made, std::initializer_list<std::pair<std::string, std::string>> options) {
    for (const auto& [name, value] : options) {
      made.options.push_back(make_option(name, value));
    }
  }

  void add_question();
  [[nodiscard]] bool sees_variables() const;
  Instance& add_asking(std::string_view step, std::vector<std::string> conditions);
  [[nodiscard]] std::string whose_policy() const;
  void add_enforce(bool is_unseen);
  void add_wait();
  void add_copy(std::string_view step, const std::string& verdict, std::string_view prefix);
  void copy_options(Instance& made, std::initializer_list<std::string_view> left_out,
                    std::string_view prefix) const;
  void use_hosts_of_transport(Instance& made) const;

  const SendingRouter& sending_;
  const Instance& router_;
  const std::vector<std::string>& smtp_transports_;
  const Words& words_;
  std::vector<Instance> made_;
};

// Whether the Policy Domain hangs on variables that the router's own options give.
bool Group::sees_variables() const {
  return router_.value("driver") != "dnslookup" && sending_.domain.text.find('$') != std::string::npos;
}

// A step that asks for the policy. Where the Policy Domain hangs on variables, the step sees them as the
// router itself does, and whether the recipient is one of those who are asked about is a step of its own.
Instance& Group::add_asking(std::string_view step, std::vector<std::string> conditions) {
  if (!sees_variables()) {
    Instance& made = add_step(step, conditions);
    set(made, {{"domains", words_.recipients()}});
    return made;
  }
  conditions.insert(conditions.begin(), "eq{$r_mta_sts}{ask}");
  Instance& made = add_step(step, conditions);
  for (const EximOption& option : router_.options) {
    if (std::ranges::find(sources_of_variables, option.name) != sources_of_variables.end()) {
      made.options.push_back(option);
    }
  }
  return made;
}

// The Policy Domain for a message; what hangs on variables is not asked again for that.
std::string Group::whose_policy() const {
  const std::string& domain = sending_.domain.text;
  const bool is_plain = domain == "$domain" || domain.find('$') == domain.npos;
  return is_plain ? domain : "the first host of " + router_.name;
}

void Group::add_question() {
  set(add("begin", "redirect"), {{"set", "r_mta_sts_at = none"}, {"data", ""}});

  // The router's own variables are set here, once, so that the steps behind see them.
  Instance& take = add("take", "redirect");
  for (const EximOption& option : router_.options) {
    if (option.name == "set" || std::ranges::find(preconditions, option.name) != preconditions.end()) {
      take.options.push_back(option);
    }
  }
  set(take, {{"set", "r_mta_sts_at = " + router_.name},
             {"set", "r_mta_sts_admin = $address_data"},
             {"set", "r_mta_sts = mode=none"},
             {"data", ""}});
  // What an expansion gives is not asked for once more: sessions to hosts of a table are not told.
  const std::string& whose = sending_.domain.text;
  if (words_.tells_outcomes() && (whose == "$domain" || whose.find('$') == whose.npos)) {
    set(take, {{"set", "r_mta_sts_for = " + whose}});
  }

  const PolicyDomain& domain = sending_.domain;
  std::string is_asked = is_here();
  if (domain.is_checked) {
    is_asked = "and{{" + is_asked + "}{match{" + domain.text + "}{[.].}}{!isip{" + domain.text +
               "}}{!match{" + domain.text + "}{^[[]}}}";
  }
  if (sees_variables()) {
    set(add_step("ask", {is_here()}),
        {{"domains", words_.recipients()}, {"set", "r_mta_sts = ask"}, {"data", ""}});
  }
  Instance& observe = add_asking("observe", {is_asked, words_.is_mode("observe"), "first_delivery",
                                             "eq{" + words_.verdict(domain.text, true) + "}{}"});
  set(observe, {{"data", ""}});

  std::vector<std::string> asks{is_asked, "!" + words_.is_mode("off:observe")};
  if (sends_reports_apart(router_, words_)) {
    asks.push_back("!" + words_.is_report());
  }
  Instance& verdict = add_asking("verdict", asks);
  set(verdict,
      {{"address_data", words_.verdict(domain.text, false)}, {"set", "r_mta_sts = asked"}, {"data", ""}});

  const std::string is_answered = "eq{$r_mta_sts}{asked}";
  Instance& temp = add_step("temp", {is_here(), is_answered, "!" + Words::is_usable("$address_data")});
  set(temp, {{"allow_defer", "true"},
             {"data", ":defer: " + words_.label() +
                          " ${extract{reason}{$address_data}{$value}{answer-garbled}}: " + "the policy of " +
                          whose_policy() + " is not known for now"},
             {"more", "false"}});

  // "set" comes before "address_data" in Exim.
  set(add_step("keep", {is_here(), is_answered}),
      {{"set", "r_mta_sts = $address_data"}, {"address_data", "$r_mta_sts_admin"}, {"data", ""}});
}

// The router's own options without its conditions and variables, which were asked and set, and the transport
// with a prefix.
void Group::copy_options(Instance& made, std::initializer_list<std::string_view> left_out,
                         std::string_view prefix) const {
  for (const EximOption& option : router_.options) {
    if (is_one_of(option.name, {"condition", "driver", "debug_print", "set", "transport"}) ||
        is_one_of(option.name, left_out)) {
      continue;
    }
    const bool is_route = is_one_of(option.name, {"route_list", "route_data"});
    made.options.push_back(
        is_route && !prefix.empty() ? route_with_transports(option, smtp_transports_, prefix) : option);
  }
  if (router_.find("transport") != nullptr) {
    made.options.push_back(transport_with_prefix(router_, prefix));
  }
}

// An accept router's hosts are those of its transport; as a manualroute router it can leave some of them out.
void Group::use_hosts_of_transport(Instance& made) const {
  const Instance& transport = *sending_.hosts_from;
  const bool is_by_name =
      transport.find("gethostbyname") != nullptr && transport.find("gethostbyname")->is_on();
  const std::string without_blanks = "${sg{" + transport.value("hosts") + R"(}{\N\s\N}{}})";
  made.options.push_back(make_option("route_data", without_blanks + (is_by_name ? " byname" : " bydns")));
  if (const EximOption* randomize = transport.find("hosts_randomize")) {
    made.options.push_back(*randomize);
  }
}

void Group::add_enforce(bool is_unseen) {
  const bool has_hosts = router_.value("driver") == "accept";
  Instance& made = add("enforce", has_hosts ? "manualroute" : router_.value("driver"));
  made.options.push_back(condition({is_here(), is_verdict("enforce")}));
  copy_options(made,
               {"fail_defer_domains", "fallback_hosts", "host_all_ignored", "host_find_failed",
                "ignore_target_hosts", "more"},
               enforce_prefix);
  if (has_hosts) {
    use_hosts_of_transport(made);
  }
  // The policy's list comes first: Exim ends a list where an item of it fails, and takes that for "not in
  // it".
  const std::string ignored = sending_.ignored.empty() ? std::string() : " ; +" + sending_.ignored;
  set(made, {{"ignore_target_hosts", "<; +" + std::string(unnamed_hosts_list) + ignored}});
  if (made.value("driver") == "manualroute") {
    // A host that is ignored counts as one that is not found.
    set(made, {{"host_find_failed", "ignore"}, {"host_all_ignored", is_unseen ? "defer" : "decline"}});
  }
}

// The router once more, with all the hosts that it would use. Where it finds none, it does what the
// administrator's does: a domain that does not exist bounces at once. Where it finds hosts, the policy names
// none of them, and there is no transport for that.
void Group::add_wait() {
  if (router_.value("driver") == "accept") {
    set(add_step("wait", {is_here(), is_verdict("enforce")}),
        {{"allow_defer", "true"},
         {"data", ":defer: " + words_.label() + " sts-mx-mismatch: the enforce policy of " + whose_policy() +
                      " names none of the hosts" + words_.unnamed_event()},
         {"more", "false"}});
    return;
  }
  Instance& made = add("wait", router_.value("driver"));
  made.options.push_back(condition({is_here(), is_verdict("enforce")}));
  copy_options(made, {"fallback_hosts", "route_list", "route_data"}, enforce_prefix);
  std::erase_if(made.options, [](const EximOption& option) { return option.name == "transport"; });
  for (const std::string_view name : {"route_list", "route_data"}) {
    if (const EximOption* route = router_.find(name)) {
      made.options.push_back(route_with_transports(*route, smtp_transports_, ""));
    }
  }
  set(made, {{"transport", "${if def:domain{none, for " + words_.label() +
                               " sts-mx-mismatch: the enforce policy names none of the hosts" +
                               words_.unnamed_event() + "}}"}});
}

void Group::add_copy(std::string_view step, const std::string& verdict, std::string_view prefix) {
  Instance& made = add(step, router_.value("driver"));
  made.options.push_back(condition({is_here(), verdict}));
  copy_options(made, {}, prefix);
}

}  // namespace

std::vector<Instance> group_of(const SendingRouter& sending, const std::vector<std::string>& smtp_transports,
                               const Words& words) {
  return Group(sending, smtp_transports, words).make();
}

std::string unnamed_hosts(const std::string& local_hosts) {
  // This host is never in it, for loop protection by MX preference (RFC 8461 section 8.4).
  return "<; ! @[] ; " + local_hosts + "${extract{ignore}{$r_mta_sts}{$value}{*}}";
}

bool sends_reports_apart(const Instance& router, const Words& words) {
  return router.value("driver") == "dnslookup" && !words.is_report().empty();
}

std::string head_of_group(std::string_view name) {
  return std::string(own_prefix) + "begin_" + std::string(name);
}

std::string copy_of(std::string_view name) {
  return std::string(own_prefix) + "plain_" + std::string(name);
}

EximOption transport_with_prefix(const Instance& router, std::string_view prefix) {
  const EximOption& transport = *router.find("transport");
  return prefix.empty() ? transport : make_option("transport", std::string(prefix) + transport.unquoted());
}

}  // namespace mta_sts::eximconf
