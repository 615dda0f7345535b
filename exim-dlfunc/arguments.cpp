#include "arguments.hpp"

#include <algorithm>

#include "base/number.hpp"
#include "base/utf8.hpp"
#include "policy/dns_id.hpp"

namespace mta_sts::exim {
namespace {

constexpr std::size_t shown_limit_bytes = 200;

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    parts.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

// Collects the words after the domain.
class ArgumentReader {
 public:
  explicit ArgumentReader(std::string_view domain) { arguments_.domain = domain; }

  bool parse_word(std::string_view word) {
    if (parse_key(word, "socket=", has_socket_)) {
      arguments_.address.socket_path = word;
      return word.starts_with('/');  // Exim's working folder is its spool, where others may write
    }
    if (parse_key(word, "wait=", has_wait_)) {
      const auto seconds = text::parse_decimal(word, wait_limit_seconds);
      arguments_.address.wait = std::chrono::seconds(seconds.value_or(0));
      return seconds.value_or(0) > 0;
    }
    return parse_key(word, "log=", arguments_.is_observed) && word == "observe";
  }

  VerdictArguments result() && { return std::move(arguments_); }

 private:
  // Cuts the key off `word` where it has it for the first time.
  static bool parse_key(std::string_view& word, std::string_view key, bool& seen) {
    if (seen || !word.starts_with(key)) {
      return false;
    }
    word.remove_prefix(key.size());
    return seen = true;
  }

  VerdictArguments arguments_;
  bool has_socket_ = false;
  bool has_wait_ = false;
};

std::string refuse(std::string_view mx_host, std::string_view what) {
  return "MTA-STS certificate-host-mismatch: the certificate of " +
         text::escape_for_display(mx_host, shown_limit_bytes) + ' ' + std::string(what) +
         "; its postmaster must install one with the host's name as a DNS name in subjectAltName";
}

// "*" is the whole left-most label or does not occur: of such names Exim's library and we think alike.
bool is_exact_form(std::string_view name) {
  return name.find('*', name.starts_with("*.") ? 1 : 0) == name.npos;
}

}  // namespace

std::optional<VerdictArguments> parse_verdict_arguments(std::span<const std::string_view> arguments) {
  if (arguments.empty()) {
    return std::nullopt;
  }
  ArgumentReader reader(arguments.front());
  for (const std::string_view word : arguments.subspan(1)) {
    if (!reader.parse_word(word)) {
      return std::nullopt;
    }
  }
  return std::move(reader).result();
}

std::string certificate_fault(std::string_view mx_host, std::string_view dns_names, NameCheck check) {
  const auto names = split(dns_names, '\n');
  // Exim doubles a separator that stands inside a name: an empty line is not from an honest certificate.
  if (names.empty() || std::ranges::any_of(names, [](std::string_view name) { return name.empty(); })) {
    return refuse(mx_host, "has no DNS name that could be checked");
  }
  const bool is_left_to_exim =
      check == NameCheck::of_mx_record_by_exim && std::ranges::all_of(names, is_exact_form);
  if (!is_left_to_exim && !matches_dns_id(names, mx_host)) {
    return refuse(mx_host, "names " + text::escape_for_display(names.front(), shown_limit_bytes) +
                               (names.size() > 1 ? " and others, not this host" : ", not this host"));
  }
  return {};
}

}  // namespace mta_sts::exim
