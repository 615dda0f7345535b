#include "sender/decide/exceptions.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "base/utf8.hpp"
#include "policy/parse_policy.hpp"
#include "sender/decide/cached_policy.hpp"
#include "sender/decide/policy_domain.hpp"

namespace mta_sts::sender {
namespace {

std::unexpected<Fault> wrong_exceptions(std::string detail) {
  return std::unexpected(Fault{"exceptions-wrong", std::move(detail)});
}

// Of a line without its end: a domain of 253 bytes, a path of 4095, and blanks.
constexpr std::size_t line_limit_bytes = 8192;
constexpr std::string_view policy_word = "policy=";
constexpr std::string_view pinned_id = "pinned";

std::string_view next_word(std::string_view& line) {
  line = ascii::trim_blanks(line);
  const std::size_t end = std::min(line.find_first_of(" \t"), line.size());
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(end);
  return word;
}

std::expected<Exception, Fault> read_pinned(const std::string& path, const Exceptions::ReadFile& read_file) {
  const auto text = read_file(path);
  if (!text) {
    return std::unexpected(text.error());
  }
  const auto policy = parse_policy(*text, Reading::sender);
  if (!policy) {
    return wrong_exceptions(text::escape_for_display(path, 256) + " is no policy: line " +
                            std::to_string(policy.error().where.line) + ": " +
                            to_line(to_string(policy.error().code), policy.error().detail));
  }
  Exception exception{.kind = Exception::Kind::pinned, .max_age = policy->max_age_used()};
  exception.pinned.mode = to_verdict_mode(policy->mode);
  exception.pinned.source = VerdictSource::cache;
  exception.pinned.reason = "exception-pinned";
  if (exception.pinned.mode != VerdictMode::none) {
    exception.pinned.id = pinned_id;
    exception.pinned.mx = policy->mx;
  }
  return exception;
}

std::expected<Exception, Fault> read_exception(std::string_view word, const Exceptions::ReadFile& read_file) {
  if (word == "off") {
    return Exception{.kind = Exception::Kind::off};
  }
  if (word == "testing") {
    return Exception{.kind = Exception::Kind::testing};
  }
  if (word.starts_with(policy_word) && word.size() > policy_word.size()) {
    return read_pinned(std::string(word.substr(policy_word.size())), read_file);
  }
  return wrong_exceptions("\"" + text::escape_for_display(word, 80) +
                          "\" is no exception: write off, testing or policy=FILE behind the domain");
}

}  // namespace

std::optional<Verdict> Exception::verdict(std::chrono::sys_seconds now) const {
  if (kind == Kind::testing) {
    return std::nullopt;
  }
  Verdict verdict = pinned;
  if (kind == Kind::off) {
    verdict.mode = VerdictMode::none;
    verdict.reason = "exception-off";
  } else if (!verdict.id.empty()) {
    verdict.expires = now + max_age;
  }
  return verdict;
}

Verdict Exception::applied_to(Verdict verdict, std::chrono::sys_seconds now) const {
  if (auto own = this->verdict(now)) {
    return *std::move(own);
  }
  if (verdict.mode == VerdictMode::enforce) {
    verdict.mode = VerdictMode::testing;
    verdict.reason = "exception-testing";
  }
  return verdict;
}

std::expected<Exceptions, Fault> Exceptions::parse(std::string_view text, std::string_view name,
                                                   const ReadFile& read_file) {
  Exceptions exceptions;
  std::size_t number = 0;
  const auto wrong = [&](const std::string& what) {
    return wrong_exceptions(std::string(name) + ":" + std::to_string(number) + ": " + what);
  };
  while (!text.empty()) {
    ++number;
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) {
      line.remove_suffix(1);
    }
    if (line.size() > line_limit_bytes ||
        std::ranges::any_of(line, [](char c) { return c != '\t' && ascii::is_control(c); })) {
      return wrong("the line is too long, or holds a control character");
    }
    const std::string_view written = next_word(line);
    if (written.empty() || written.starts_with('#')) {
      continue;
    }
    const auto domain = policy_domain_of(written);
    if (!domain) {
      return wrong("\"" + text::escape_for_display(written, 80) +
                   "\" is not a domain that can have a policy");
    }
    const std::string_view word = next_word(line);
    const std::string_view more = next_word(line);
    auto exception = read_exception(word, read_file);
    if (!exception) {
      return wrong(exception.error().detail);
    }
    if (!more.empty()) {
      return wrong("\"" + text::escape_for_display(more, 80) + "\" is one word too many");
    }
    if (exceptions.domains_.size() >= domains_limit) {
      return wrong("these are more than 100000 domains");
    }
    if (!exceptions.domains_.emplace(domain->text(), *std::move(exception)).second) {
      return wrong("\"" + domain->text() + "\" stands here a second time");
    }
  }
  return exceptions;
}

const Exception* Exceptions::find(std::string_view domain) const {
  const auto found = domains_.find(domain);
  return found == domains_.end() ? nullptr : &found->second;
}

}  // namespace mta_sts::sender
