#include "eximconf/words.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "eximconf/hosts.hpp"

namespace mta_sts::eximconf {
namespace {

constexpr std::array<std::string_view, 2> own_macros{"MTA_STS_MODE", "MTA_STS_RECIPIENTS"};

bool can_use_macros(const Configuration& configuration) {
  return std::ranges::none_of(configuration.macros, [](const Macro& macro) {
    return std::ranges::any_of(own_macros, [&](std::string_view own) {
      return macro.name != own &&
             (own.find(macro.name) != own.npos || macro.name.find(own) != macro.name.npos);
    });
  });
}

// A verdict line and nothing else, in the order in which the resolver writes its words.
std::string line_grammar() {
  const std::string reason = "[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?";
  const std::string name = R"((?:\*\.)?[a-z0-9-]+(?>\.[a-z0-9-]+)*)";
  const std::string id = "id=[A-Za-z0-9]{1,32}";
  const std::string any_reason = "(?: reason=" + reason + ")?";
  const std::string none =
      "mode=none" + any_reason + "(?: " + id + ")?" + " source=(?:none|cache|fetch)(?: expires=[0-9]{1,11})?";
  const std::string policy = "mode=(?:testing|(enforce))" + any_reason + " " + id + " mx=\"" + name + "(?> " +
                             name + R"()*"(?(1) ignore="(?>! \^[][^a-z0-9.+-]+\$ ; )+\*"))" +
                             " source=(?:cache|fetch) expires=[0-9]{1,11}";
  const std::string temp = "mode=temp reason=" + reason + "(?: source=(?:none|cache|fetch))?";
  return R"(\N^(?>)" + none + "|" + policy + "|" + temp + R"()%$\N)";
}

}  // namespace

Words::Words(const Settings& settings, const Configuration& configuration)
    : settings_(settings),
      has_macros_(can_use_macros(configuration)),
      label_(macro_in(configuration, "MTA-STS").empty() ? "MTA-STS" : "${uc:mta-sts}"),
      mode_(has_macros_ ? own_macros[0] : std::string_view(settings.mode)),
      recipients_(has_macros_ ? own_macros[1] : std::string_view(settings.recipients)) {}

std::string Words::is_mode(std::string_view modes) const {
  return "inlisti{" + mode_ + "}{" + std::string(modes) + "}";
}

std::string Words::verdict(std::string_view domain, bool is_observed) const {
  const std::string asked(domain);
  if (settings_.question == Question::plugin) {
    return "${if exists{" + settings_.plugin + "}{${dlfunc{" + settings_.plugin + "}{mta_sts_verdict}{" +
           asked + "}{socket=" + settings_.socket + "}" + (is_observed ? "{wait=2}{log=observe}" : "") +
           "}}{mode=temp reason=plugin-missing}}";
  }
  // The end of a line is read as "%", which no verdict holds: a second line, or half of one, is told apart.
  const std::string line = "${readsocket{" + settings_.socket + "}{verdict ${sg{" + asked +
                           R"(}{\N[\x00-\x20\x7f]\N}{?}}\n}{)" + (is_observed ? "2" : "10") +
                           "s:cache=yes}{%}{mode=temp reason=resolver-unreachable%}}";
  return "${if match{" + line + "}{" + line_grammar() +
         R"(}{${sg{$0}{%\$}{}}}{mode=temp reason=answer-garbled}})";
}

std::string Words::is_usable(std::string_view line) {
  return "inlist{${extract{mode}{" + std::string(line) + "}{$value}{temp}}}{none:testing:enforce}";
}

std::string Words::certificate_fault() const {
  const std::string fault = label_ + " certificate-host-mismatch: the certificate of $host ";
  // Exim itself checks the certificate for the name in the MX record, which may be an alias of $host. That
  // check takes partial wildcards, and is none at all where a TLSA record names an authority (usage 2).
  const std::string has_no_tlsa = settings_.has_dane ? "eq{$tls_out_tlsa_usage}{0}" : "bool{yes}";
  if (settings_.question == Question::plugin) {
    const std::string names = "${certextract{subj_altname,dns}{$tls_out_peercert}{$value}{}}";
    return "${if eq{" + names + "}{}{" + fault + "has no DNS name in subjectAltName}{${if exists{" +
           settings_.plugin + "}{${dlfunc{" + settings_.plugin + "}{mta_sts_cert}{$host}{" + names +
           "}{${if " + has_no_tlsa + "{alias=checked}{alias=no}}}}}{" + label_ + " plugin-missing}}}}";
  }
  const std::string names = "${certextract{subj_altname,dns,>:}{$tls_out_peercert}{$value}{}}";
  return "${if or{{inlisti{$host}{" + names + R"(}}{inlisti{*.${sg{$host}{\N^[^.]+\.\N}{}}}{)" + names +
         "}}{and{{" + has_no_tlsa + "}{!eq{" + names + "}{}}{forall{" + names +
         R"(}{match{$item}{\N^(\*\.)?[^*]+$\N}}}}}}{}{)" + fault + "names another host or none}}";
}

std::string Words::event_action(const std::string& other) const {
  // Where the certificate itself stands in a TLSA record (usage 3), it needs no name: RFC 7672 section 3.1.1.
  const std::string dane = settings_.has_dane ? "{!eq{$tls_out_tlsa_usage}{8}}" : "";
  const std::string is_checked = "and{{eq{$event_name}{tls:cert}}{eq{$event_data}{0}}" + dane + "}";
  const std::string fault = certificate_fault();
  if (other.empty()) {
    return "${if " + is_checked + "{" + fault + "}}";
  }
  return "${if " + is_checked + "{${if eq{" + fault + "}{}{" + other + "}{" + fault + "}}}{" + other + "}}";
}

std::string macro_in(const Configuration& configuration, std::string_view text) {
  const auto found = std::ranges::find_if(
      configuration.macros, [&](const Macro& macro) { return text.find(macro.name) != text.npos; });
  return found == configuration.macros.end() ? std::string() : found->name;
}

std::vector<Instance> with_macros(std::vector<Instance> instances, const Configuration& configuration) {
  for (Instance& instance : instances) {
    for (Option& option : instance.options) {
      for (const std::string_view name : own_macros) {
        const std::string value = configuration.macro(name);
        option.text = replaced(std::move(option.text), name, value);
        if (option.value) {
          option.value = replaced(*std::move(option.value), name, value);
        }
      }
    }
  }
  return instances;
}

}  // namespace mta_sts::eximconf
