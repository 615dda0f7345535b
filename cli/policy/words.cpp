#include "cli/policy/words.hpp"

#include <string_view>
#include <utility>

#include "base/utf8.hpp"
#include "cli/input.hpp"
#include "publish/directive.hpp"

namespace mta_sts::cli {
namespace {

using Made = std::expected<MadePolicy, WordsFault>;

Made policy_from_file(const publish::Directive& directive) {
  const auto bytes = read_input(directive.path, policy_limit_bytes);
  if (!bytes) {
    return std::unexpected(WordsFault{bytes.error().word.text(), bytes.error().detail, ExitCode::wrong_use});
  }
  auto policy = publish::publish_policy_file(*bytes, directive.serial);
  if (!policy) {
    const PolicyError& error = policy.error();
    return std::unexpected(WordsFault{
        to_string(error.code),
        text::escape_for_display(directive.path) + ":" + std::to_string(error.where.line) + ":" +
            std::to_string(error.where.column) + ": " + error.detail + " 'mta-sts lint' shows every fault.",
        ExitCode::at_fault});
  }
  return MadePolicy{std::move(*policy), directive.serial};
}

std::string detail_of(const publish::DirectiveError& error) {
  return (error.word.empty() ? "" : "\"" + error.word + "\": ") + error.detail;
}

Made policy_of_directive(const publish::Directive& directive) {
  switch (directive.kind) {
    case publish::DirectiveKind::inline_policy:
      return MadePolicy{publish::publish_policy(directive.policy, directive.serial), directive.serial};
    case publish::DirectiveKind::file:
      return policy_from_file(directive);
    case publish::DirectiveKind::store:
    case publish::DirectiveKind::off:
      break;
  }
  const Fault fault{"no-policy-words",
                    directive.kind == publish::DirectiveKind::off
                        ? "\"off\" publishes no policy; give a mode and mx=, or file=PATH"
                        : "a store holds the policies of many domains: 'mta-sts store get' "
                          "shows one; give a mode and mx=, or file=PATH"};
  return std::unexpected(WordsFault{fault.word.text(), fault.detail, ExitCode::wrong_use});
}

}  // namespace

void show_error(Output& output, const publish::DirectiveError& error) {
  output.error(to_string(error.code), detail_of(error));
}

std::expected<MadePolicy, WordsFault> make_policy(const std::vector<std::string>& words) {
  const std::vector<std::string_view> views(words.begin(), words.end());
  auto directive = publish::parse_directive(views, publish::OfferedWords::policy_or_file);
  if (!directive) {
    return std::unexpected(
        WordsFault{to_string(directive.error().code), detail_of(directive.error()), ExitCode::wrong_use});
  }
  Made made = policy_of_directive(*directive);
  if (made) {
    std::vector<std::string>& warnings = made->policy.warnings;
    if (directive->kind == publish::DirectiveKind::inline_policy) {
      warnings = std::move(directive->warnings);  // the words' own have those of their policy
    } else {
      warnings.insert(warnings.begin(), directive->warnings.begin(), directive->warnings.end());
    }
  }
  return made;
}

PolicyFromWords policy_from_words(Output& output, const std::vector<std::string>& words) {
  auto made = make_policy(words);
  if (!made) {
    output.error(made.error().word, made.error().detail);
    return {std::nullopt, made.error().exit_code, 0};
  }
  for (const std::string& warning : made->policy.warnings) {
    output.warning(warning);
  }
  for (const std::string& notice : made->policy.notices) {
    output.note(notice);
  }
  return {std::move(made->policy), ExitCode::ok, made->serial};
}

}  // namespace mta_sts::cli
