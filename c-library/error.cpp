#include <algorithm>
#include <iterator>

#include "objects.hpp"
#include "policy/parse_policy.hpp"

namespace mta_sts::c {
namespace {

// The arrays hold the longest that there is; were there a longer one, its end would be missing.
template <std::size_t size>
void copy(std::string_view text, char (&to)[size]) {
  const std::size_t length = std::min(text.size(), size - 1);
  std::copy_n(text.begin(), length, std::begin(to));
  to[length] = '\0';
}

/// `code` is one of to_string(): a literal.
void fill(mta_sts_error* error, std::string_view code, std::string_view word, std::string_view detail) {
  if (error == nullptr) {
    return;
  }
  error->code = code.data();
  error->line = 0;
  error->column = 0;
  copy(word, error->word);
  copy(detail, error->detail);
}

}  // namespace

void fill_error(const PolicyError& fault, mta_sts_error* error) {
  fill(error, to_string(fault.code), {}, fault.detail);
  if (error != nullptr) {
    error->line = fault.where.line;
    error->column = fault.where.column;
  }
}

void fill_error(const publish::DirectiveError& fault, mta_sts_error* error) {
  fill(error, to_string(fault.code), fault.word, fault.detail);
}

void fill_internal_error(mta_sts_error* error) {
  fill(error, "internal-error", {}, "the library ran out of memory, or met a fault of its own");
}

}  // namespace mta_sts::c
