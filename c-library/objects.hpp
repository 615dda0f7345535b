#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/guarded.hpp"
#include "mta_sts.h"
#include "policy/policy.hpp"
#include "publish/directive.hpp"
#include "publish/published_policy.hpp"

// What the types of mta_sts.h are inside.

struct mta_sts_policy {
  mta_sts::Policy value;
};

struct mta_sts_directive {
  mta_sts_kind kind = MTA_STS_OFF;
  mta_sts_policy policy;  ///< with MTA_STS_WORDS
  std::string path;
  std::uint32_t serial = 0;
};

struct mta_sts_published {
  mta_sts::publish::PublishedPolicy value;
};

namespace mta_sts::c {

[[nodiscard]] inline std::string_view to_view(mta_sts_text text) {
  return text.size == 0 ? std::string_view() : std::string_view(text.data, text.size);
}

/// Gives a text that ends in NUL: a whole string of an object, or a literal.
[[nodiscard]] inline mta_sts_text to_text(std::string_view view) {
  return {.data = view.empty() ? "" : view.data(), .size = view.size()};
}

/// Each fills an error of the caller; does nothing where it is null.
void fill_error(const PolicyError& fault, mta_sts_error* error);
void fill_error(const publish::DirectiveError& fault, mta_sts_error* error);
void fill_internal_error(mta_sts_error* error);

/// Runs `body`, which gives a new object, or tells why not and gives null. What it throws becomes
/// "internal-error".
template <typename Object, typename Body>
[[nodiscard]] Object* make(mta_sts_error* error, Body&& body) noexcept {
  const auto made = guarded<std::optional<Object*>>(std::nullopt, std::forward<Body>(body));
  if (!made) {
    fill_internal_error(error);
  }
  return made.value_or(nullptr);
}

}  // namespace mta_sts::c
