#include "eximconf/choices.hpp"

#include <algorithm>
#include <iterator>

#include "base/ascii.hpp"
#include "eximconf/hosts.hpp"

namespace mta_sts::eximconf {
namespace {

constexpr int depth_limit = 20;

// The texts in braces that follow one another at the end of an item; a word may stand behind them ("fail").
// Nothing where braces do not pair.
std::optional<std::vector<std::string_view>> groups_of(std::string_view item) {
  std::vector<std::string_view> groups;
  std::size_t depth = 0;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < item.size(); ++i) {
    if (item[i] == '\\') {
      ++i;
    } else if (item[i] == '{' && depth++ == 0) {
      begin = i + 1;
    } else if (item[i] == '}') {
      if (depth == 0) {
        return std::nullopt;
      }
      if (--depth == 0) {
        groups.push_back(item.substr(begin, i - begin));
      }
    }
  }
  return depth == 0 ? std::optional(std::move(groups)) : std::nullopt;
}

std::optional<std::vector<std::string>> choices_within(std::string_view text, int depth) {
  text = ascii::trim_blanks(text);
  if (text.find('$') == text.npos) {
    return std::vector{std::string(text)};
  }
  if (depth == depth_limit || !text.starts_with("${if ") || !text.ends_with('}')) {
    return std::nullopt;
  }
  const auto groups = groups_of(text.substr(5, text.size() - 6));
  if (!groups || groups->empty()) {
    return std::nullopt;
  }
  // The branches are the last two groups, or the last one alone behind the condition's arguments, of which
  // one is then taken for a branch.
  std::vector<std::string> names;
  for (std::size_t i = groups->size() - std::min<std::size_t>(groups->size(), 2); i < groups->size(); ++i) {
    auto more = choices_within((*groups)[i], depth + 1);
    if (!more) {
      return std::nullopt;
    }
    std::ranges::move(*more, std::back_inserter(names));
  }
  return names;
}

// Whether a router's transport may be any, for its name is put together or looked up.
bool has_any_transport(const Instance& router) {
  const EximOption* own = router.find("transport");
  const EximOption* data = router.find("route_data");
  const bool is_in_data =
      own == nullptr && data != nullptr && data->unquoted().find('$') != std::string::npos;
  return is_in_data || (own != nullptr && !choices_of(own->unquoted()));
}

}  // namespace

std::optional<std::vector<std::string>> choices_of(std::string_view text) {
  return choices_within(text, 0);
}

bool may_use(const Instance& router, std::string_view transport) {
  return has_any_transport(router) || has_word(router.value("transport"), transport) ||
         has_word(router.value("route_list"), transport) || has_word(router.value("route_data"), transport);
}

}  // namespace mta_sts::eximconf
