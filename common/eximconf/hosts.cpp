#include "eximconf/hosts.hpp"

#include <algorithm>
#include <ranges>
#include <utility>

#include "base/ascii.hpp"

namespace mta_sts::eximconf {
namespace {

bool is_word_character(char c) {
  return ascii::is_alnum(c) || c == '_';
}

// Cuts a word, or what stands in double quotes, off the front of `rest`.
std::string_view next_word(std::string_view& rest) {
  rest = ascii::trim_blanks(rest);
  std::size_t end = 0;
  if (rest.starts_with('"')) {
    end = 1;
    while (end < rest.size() && rest[end] != '"') {
      end += rest[end] == '\\' ? 2 : 1;
    }
    end = std::min(end + 1, rest.size());
  } else {
    end = std::min(rest.find_first_of(" \t"), rest.size());
  }
  const std::string_view word = rest.substr(0, end);
  rest = ascii::trim_blanks(rest.substr(end));
  return word;
}

std::string without_quotes(std::string_view word) {
  return EximOption{.name = {}, .value = std::string(word), .text = {}}.unquoted();
}

// The separator of a list: what follows a "<" at its front, which is cut off.
char parse_separator(std::string_view& list, char standard) {
  list = ascii::trim_blanks(list);
  if (list.size() > 1 && list[0] == '<' && !is_word_character(list[1]) && !ascii::is_blank(list[1])) {
    const char separator = list[1];
    list.remove_prefix(2);
    return separator;
  }
  return standard;
}

// The items of a list; a doubled separator stands for itself.
std::vector<std::string> split_list(std::string_view list, char separator) {
  std::vector<std::string> items(1);
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (list[i] != separator) {
      items.back() += list[i];
    } else if (i + 1 < list.size() && list[i + 1] == separator) {
      items.back() += list[++i];
    } else {
      items.emplace_back();
    }
  }
  return items;
}

// An address has no policy, and neither has a name of one label ("localhost", a neighbour of a container): it
// is none of the public DNS.
bool has_policy(std::string_view host) {
  const bool is_address = host.find(':') != host.npos || host.starts_with('[') ||
                          std::ranges::all_of(host, [](char c) { return ascii::is_digit(c) || c == '.'; });
  const std::size_t dot = host.find('.');
  return !is_address && dot != host.npos && dot + 1 < host.size();
}

// The first host of a list without variables: no port, no "/MX".
std::string first_host(std::string_view list) {
  const char separator = parse_separator(list, ':');
  std::string host;
  for (const std::string& item : split_list(list, separator)) {
    host = ascii::trim_blanks(item);
    if (!host.empty()) {
      break;
    }
  }
  if (host.starts_with('[')) {
    return host;
  }
  host = host.substr(0, host.find('/'));
  const std::size_t colon = host.find(':');
  const bool is_port = colon != host.npos && host.find(':', colon + 1) == host.npos;
  return is_port ? host.substr(0, colon) : host;
}

// Behind an expansion of "hosts options": the hosts, without quotes.
constexpr std::string_view first_word = R"-(}{\N^\s*(?:"([^"]*)"|(\S*)).*$\N}{\$1\$2}})-";

constexpr std::string_view without_port = R"({\N(/.*|:\d+)$\N}{})";

PolicyDomain domain_of_list(const std::string& hosts) {
  if (hosts.find('$') == hosts.npos) {
    const std::string host = first_host(hosts);
    return {.text = has_policy(host) ? host : std::string(), .is_checked = false};
  }
  return {.text = "${sg{${listextract{1}{" + hosts + "}}}" + std::string(without_port) + "}",
          .is_checked = true};
}

bool has_braces(std::string_view text) {
  return text.find_first_of("{}") != text.npos;
}

// A pattern of route_list as a domain list of one item, whatever separators are in it.
std::string list_of_pattern(const std::string& pattern) {
  const bool is_literal = has_braces(pattern) && pattern.find('$') == pattern.npos;
  return "<\\n " + (is_literal ? "\\N" + pattern + "\\N" : pattern);
}

PolicyDomain domain_of_route_list(std::string_view list) {
  PolicyDomain domain;
  bool is_any = false;
  for (const RouteItem& item : std::views::reverse(read_route_list(list))) {
    const PolicyDomain own = domain_of_list(item.hosts);
    is_any = is_any || !own.text.empty();
    if (item.pattern == "*") {
      domain = own;
    } else {
      domain = {.text = "${if match_domain{$domain}{" + list_of_pattern(item.pattern) + "}{" + own.text +
                        "}{" + domain.text + "}}",
                .is_checked = true};
    }
  }
  return is_any ? domain : PolicyDomain();
}

// The router sets its address_data only when it runs, which is after the question.
PolicyDomain with_own_address_data(PolicyDomain domain, const Instance& router) {
  if (const EximOption* own = router.find("address_data")) {
    domain.text = replaced(std::move(domain.text), "${address_data}", own->unquoted());
    domain.text = replaced(std::move(domain.text), "$address_data", own->unquoted());
  }
  return domain;
}

std::string alternatives(const std::vector<std::string>& names) {
  std::string made;
  for (const std::string& name : names) {
    made += (made.empty() ? "" : "|") + name;
  }
  return made;
}

}  // namespace

std::vector<RouteItem> read_route_list(std::string_view list) {
  std::vector<RouteItem> items;
  const char separator = parse_separator(list, ';');
  for (const std::string& text : split_list(list, separator)) {
    std::string_view rest = text;
    const std::string_view pattern = next_word(rest);
    const std::string_view hosts = next_word(rest);
    if (!pattern.empty()) {
      items.push_back({.pattern = without_quotes(pattern),
                       .hosts = without_quotes(hosts),
                       .head = std::string(pattern) + (hosts.empty() ? "" : " ") + std::string(hosts),
                       .options = std::string(rest)});
    }
  }
  return items;
}

PolicyDomain policy_domain_of_hosts(const Instance& router, const Instance& transport) {
  return with_own_address_data(domain_of_list(transport.value("hosts")), router);
}

PolicyDomain policy_domain_of_route(const Instance& router) {
  PolicyDomain domain;
  if (const EximOption* list = router.find("route_list")) {
    domain = domain_of_route_list(list->unquoted());
  } else {
    const std::string data = router.value("route_data");
    std::string_view rest = data;
    domain = data.find('$') == data.npos ? domain_of_list(without_quotes(next_word(rest)))
                                         : domain_of_list("${sg{" + data + std::string(first_word));
  }
  return with_own_address_data(std::move(domain), router);
}

EximOption route_with_transports(const EximOption& route, const std::vector<std::string>& transports,
                                 std::string_view prefix) {
  std::string made;
  if (route.name == "route_data") {
    const std::string name = prefix.empty() ? "" : std::string(prefix) + "\\$2";
    made = "${sg{" + route.unquoted() + R"(}{\N(\s)()" + alternatives(transports) + R"()(?=\s|$)\N}{\$1)" +
           name + "}}";
  } else {
    // The separator is given, so that none within the items can be taken for it.
    for (const RouteItem& item : read_route_list(route.unquoted())) {
      std::string text = item.head;
      std::string_view rest = item.options;
      while (!rest.empty()) {
        const std::string word(next_word(rest));
        const bool is_transport = std::ranges::find(transports, word) != transports.end();
        if (!is_transport || !prefix.empty()) {
          text += " " + (is_transport ? std::string(prefix) : std::string()) + word;
        }
      }
      made += (made.empty() ? "" : " ; ") + replaced(text, ";", ";;");
    }
  }
  const std::string value = quoted_if_needed(made);
  return {.name = route.name, .value = value, .text = route.name + " = " + value};
}

bool has_word(std::string_view text, std::string_view word) {
  for (std::size_t at = text.find(word); at != text.npos; at = text.find(word, at + 1)) {
    const bool begins = at == 0 || !is_word_character(text[at - 1]);
    const std::size_t end = at + word.size();
    if (begins && (end == text.size() || !is_word_character(text[end]))) {
      return true;
    }
  }
  return false;
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != text.npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

}  // namespace mta_sts::eximconf
