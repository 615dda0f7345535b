#include "eximconf/words.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
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

// What ${readsocket gives where nobody answers, as a line of the resolver would read.
constexpr std::string_view no_answer = "mode=temp reason=resolver-unreachable%";

// A process that found the resolver silent asks it for nothing else, for as long as the plugin does not.
// Exim's only memory of a process is a variable of ACLs. Messages that wait are kept with it, hence the
// process' number. Verifying in an ACL goes without: calling one there resets what the outer one has set.
constexpr std::string_view silence = "acl_m_mta_sts_silent";

// With strict_acl_vars, Exim fails on a variable that is not set yet, even where it asks whether it is set.
bool can_use_undefined_variables(const Configuration& configuration) {
  return std::ranges::none_of(configuration.main,
                              [](const std::string& line) { return line.starts_with("strict_acl_vars"); });
}

std::string is_found_silent() {
  const std::string since = "${extract{1}{ }{$" + std::string(silence) + "}}";
  const std::string process = "${extract{2}{ }{$" + std::string(silence) + "}}";
  return "and{{def:" + std::string(silence) + "}{eq{" + process + "}{$pid}}{<{${eval:$tod_epoch-" + since +
         "}}{60}}}";
}

// Calls an ACL of these lines, which stand in it as they are; it gives no text.
std::string call_acl(std::initializer_list<std::string> lines, const std::string& argument) {
  std::string text;
  for (const std::string& line : lines) {
    text += (text.empty() ? "\\N" : "\\n\\N") + line + "\\N";
  }
  return "${acl{" + text + "}{" + argument + "}}";
}

// Asks for a name that can have no policy, which needs no lookup, and remembers the resolver as silent where
// it says nothing to that for two seconds. Where nobody listens there is no wait, and nothing is to be
// remembered.
std::string note_silence(const std::string& socket) {
  const std::string variable(silence);
  return call_acl(
      {"accept set " + variable + " = $tod_epoch 0",
       R"(condition = ${if eq{${readsocket{)" + socket + R"(}{verdict [192.0.2.1]\n}{2s}{%}{}}}{}})",
       "condition = ${if >{${eval:$tod_epoch-${extract{1}{ }{$" + variable + "}}}}{1}}",
       "set " + variable + " = $tod_epoch $pid", "accept"},
      "");
}

std::string log_line(const std::string& text) {
  return call_acl({"accept logwrite = :main: $acl_arg1"}, text);
}

}  // namespace

Words::Words(const Settings& settings, const Configuration& configuration)
    : settings_(settings),
      has_macros_(can_use_macros(configuration)),
      can_remember_(can_use_undefined_variables(configuration)),
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
  return is_observed ? "noted" + log_line(label_ + " observe: " + asked + " ${length_600:${sg{" +
                                          read_line(asked, 2, false) + R"(}{ ignore="[^"]*"}{}}})")
                     : read_line(asked, 10, can_remember_);
}

std::string Words::read_line(const std::string& asked, unsigned wait_seconds, bool remembers) const {
  const std::string none(no_answer);
  // The end of a line is read as "%", which no verdict holds: a second line, or half of one, is told apart.
  std::string line = "${readsocket{" + settings_.socket + "}{verdict ${sg{" + asked +
                     R"(}{\N[\x00-\x20\x7f]\N}{?}}\n}{)" + std::to_string(wait_seconds) + "s:cache=yes}{%}{" +
                     none + "}}";
  std::string remark;
  if (remembers) {
    line = "${if " + is_found_silent() + "{" + none + "}{" + line + "}}";
    remark = "${if and{{eq{$0}{" + none + "}}{eq{$verify_mode}{}}{!" + is_found_silent() + "}}{" +
             note_silence(settings_.socket) + "}}";
  }
  return "${if match{" + line + "}{" + line_grammar() + R"(}{${sg{$0}{%\$}{}})" + remark +
         "}{mode=temp reason=answer-garbled}}";
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

// Verifying a recipient by a callout raises the same events, and so does testing an address. Sessions that
// take TLS reports are not told: a report on these would follow each day.
std::string Words::call_event(const std::string& conditions, const std::string& arguments) const {
  // The delivery waits for this answer, which no mail needs: one question to each name server, two seconds.
  // Exim remembers in the process that there was none.
  const std::string record =
      settings_.tells_record
          ? R"({${lookup dnsdb{>\n; retrans_2s,retry_1,defer_never,txt=_smtp._tls.$r_mta_sts_for}{$value}{}}})"
          : "";
  const std::string is_report_of_ours = is_report();
  const std::string tells_it = is_report_of_ours.empty() ? "" : "{!" + is_report_of_ours + "}";
  return "${if and{{def:message_exim_id}{eq{$verify_mode}{}}" + tells_it + conditions + "{exists{" +
         settings_.plugin + "}}}{${dlfunc{" + settings_.plugin + "}{" + std::string(session_function) +
         "}{socket=" + settings_.outcomes + "}" + arguments + record + "}}}";
}

std::string Words::session_event(bool judges_mx) const {
  if (!tells_outcomes()) {
    return {};
  }
  const std::string dane = settings_.has_dane ? "$tls_out_dane\\n$tls_out_tlsa_usage" : "\\n";
  // Exim sets it when it begins a handshake, whatever comes of it, and back with each connection, as it does
  // not do with $tls_out_sni (with GnuTLS).
  const std::string is_begun = "${if >{$tls_out_ocsp}{0}{yes}}";
  // A host that is the target of an alias has another name in the MX record, which nobody tells.
  const std::string is_mx_name =
      judges_mx && settings_.has_dnsdb
          ? "${if eq{$event_name}{smtp:ehlo}{${if inlisti{$host}{<\\n ${lookup dnsdb{defer_never,mxh="
            "$r_mta_sts_for}{$value}{$r_mta_sts_for}}}{yes}}}}"
          : "";
  const std::string certificate =
      "${if and{{eq{$event_name}{tls:cert}}{eq{$event_data}{0}}}{${certextract{notafter,int}{$tls_out_"
      "peercert}}\\n${certextract{subj_altname,dns}{$tls_out_peercert}{$value}{}}}}";
  return call_event(R"({match{$event_name}{\N^(tcp:|smtp:|tls:cert|dane:fail|msg:host:defer)\N}})",
                    "{$event_name}{$event_data}{$tod_epoch\\n$r_mta_sts_for\\n$host\\n$host_address\\n"
                    "$sending_ip_address\\n$tls_out_ver\\n$tls_out_certificate_verified\\n" +
                        dane + "\\n" + is_begun + "\\n$lookup_dnssec_authenticated\\n" + is_mx_name +
                        "}{$r_mta_sts}{" + certificate + "}");
}

std::string Words::unnamed_event() const {
  if (!tells_outcomes()) {
    return {};
  }
  return call_event("",
                    R"({sts-mx-mismatch}{}{$tod_epoch\n$r_mta_sts_for\n\n\n\n\n\n\n\n\n\n}{$r_mta_sts}{})");
}

std::string Words::is_report() const {
  return settings_.report_uid ? "eq{$originator_uid}{" + std::to_string(*settings_.report_uid) + "}"
                              : std::string();
}

std::string macro_in(const Configuration& configuration, std::string_view text) {
  const auto found = std::ranges::find_if(
      configuration.macros, [&](const Macro& macro) { return text.find(macro.name) != text.npos; });
  return found == configuration.macros.end() ? std::string() : found->name;
}

std::vector<Instance> with_macros(std::vector<Instance> instances, const Configuration& configuration) {
  for (Instance& instance : instances) {
    for (EximOption& option : instance.options) {
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
