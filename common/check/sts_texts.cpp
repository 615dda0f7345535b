#include "check/sts_texts.hpp"

#include <algorithm>

#include "base/ascii.hpp"

namespace mta_sts::check {

std::vector<std::string> texts_of(const TxtAnswer& answer) {
  std::vector<std::string> texts;
  std::ranges::transform(answer.records, std::back_inserter(texts), join_strings);
  return texts;
}

std::vector<std::string> sts_like(const TxtAnswer& answer) {
  std::vector<std::string> texts = texts_of(answer);
  std::erase_if(texts, [](const std::string& text) {
    return ascii::to_lower(text.substr(0, 16)).find("v=sts") == std::string::npos;
  });
  return texts;
}

bool is_of_wildcard(const Case& c, const TxtFact& fact) {
  const auto& sibling = c.facts.dns.sibling;
  const bool answers = sibling && (!sibling->answer.records.empty() || !sibling->cname_chain.empty());
  return answers && sibling->answer.records == fact.answer.records &&
         sibling->cname_chain == fact.cname_chain;
}

}  // namespace mta_sts::check
