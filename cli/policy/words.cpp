#include "cli/policy/words.hpp"

#include <string_view>
#include <utility>

#include "base/utf8.hpp"
#include "cli/input.hpp"
#include "publish/directive.hpp"

namespace mta_sts::cli {
namespace {

PolicyFromWords policy_from_file(Output& output, const publish::Directive& directive) {
  const auto bytes = read_input(directive.path, policy_limit_bytes);
  if (!bytes) {
    output.error(bytes.error());
    return {std::nullopt, ExitCode::wrong_use, 0};
  }
  auto policy = publish::publish_policy_file(*bytes, directive.serial);
  if (!policy) {
    const PolicyError& error = policy.error();
    output.error(to_string(error.code), text::escape_for_display(directive.path) + ":" +
                                            std::to_string(error.where.line) + ":" +
                                            std::to_string(error.where.column) + ": " + error.detail +
                                            "; 'mta-sts lint' shows every fault");
    return {std::nullopt, ExitCode::at_fault, 0};
  }
  for (const std::string& warning : policy->warnings) {
    output.warning(warning);
  }
  for (const std::string& notice : policy->notices) {
    output.note(notice);
  }
  return {std::move(*policy), ExitCode::ok, directive.serial};
}

}  // namespace

void show_error(Output& output, const publish::DirectiveError& error) {
  output.error(to_string(error.code), (error.word.empty() ? "" : "\"" + error.word + "\": ") + error.detail);
}

PolicyFromWords policy_from_words(Output& output, const std::vector<std::string>& words) {
  const std::vector<std::string_view> views(words.begin(), words.end());
  const auto directive = publish::parse_directive(views);
  if (!directive) {
    show_error(output, directive.error());
    return {std::nullopt, ExitCode::wrong_use, 0};
  }
  for (const std::string& warning : directive->warnings) {
    output.warning(warning);
  }
  switch (directive->kind) {
    case publish::DirectiveKind::inline_policy:
      return {publish::publish_policy(directive->policy, directive->serial), ExitCode::ok, directive->serial};
    case publish::DirectiveKind::file:
      return policy_from_file(output, *directive);
    case publish::DirectiveKind::store:
    case publish::DirectiveKind::off:
      break;
  }
  const bool is_off = directive->kind == publish::DirectiveKind::off;
  output.error(
      Fault{"no-policy-words", is_off ? "\"off\" publishes no policy; give a mode and mx=, or file=PATH"
                                      : "a store holds the policies of many domains: 'mta-sts store get' "
                                        "shows one; give a mode and mx=, or file=PATH"});
  return {std::nullopt, ExitCode::wrong_use, 0};
}

}  // namespace mta_sts::cli
