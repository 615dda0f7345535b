#include "cli/documents/completed_value.hpp"

namespace mta_sts::cli {

Offer offer_of(const OptionText& option) {
  if (!option.choices.empty()) {
    return Offer::words;
  }
  if (option.value.find("FILE") != std::string::npos || option.value.find("PATH") != std::string::npos) {
    return Offer::files;
  }
  return option.value.find("DIR") != std::string::npos ? Offer::folders : Offer::nothing;
}

std::vector<std::string> names_of(const OptionText& option) {
  std::vector<std::string> names{option.name};
  if (!option.short_name.empty()) {
    names.push_back(option.short_name);
  }
  return names;
}

std::vector<const CommandText*> all_of(const CommandText& command) {
  std::vector<const CommandText*> all{&command};
  for (const CommandText& below : command.subcommands) {
    const auto more = all_of(below);
    all.insert(all.end(), more.begin(), more.end());
  }
  return all;
}

std::string last_word(const CommandText& command) {
  return command.name.substr(command.name.rfind(' ') + 1);
}

std::string join_words(const std::vector<std::string>& words, const std::string& between) {
  std::string joined;
  for (const std::string& word : words) {
    joined += (joined.empty() ? "" : between) + word;
  }
  return joined;
}

std::string mark(const std::string& text, const std::string& special, const std::string& before) {
  std::string marked;
  for (const char c : text) {
    marked += special.find(c) == std::string::npos ? std::string(1, c) : before + c;
  }
  return marked;
}

}  // namespace mta_sts::cli
