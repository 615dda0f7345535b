#include "publish/directive.hpp"

#include <memory>
#include <span>

#include "objects.hpp"

using mta_sts::c::to_text;

namespace {

bool is_too_large(std::span<const mta_sts_text> words) {
  if (words.size() > MTA_STS_DIRECTIVE_WORDS) {
    return true;
  }
  size_t left = MTA_STS_DIRECTIVE_BYTES;
  for (const mta_sts_text& word : words) {
    if (word.size > left) {
      return true;
    }
    left -= word.size;
  }
  return false;
}

mta_sts_kind to_c(mta_sts::publish::DirectiveKind kind) {
  switch (kind) {
    case mta_sts::publish::DirectiveKind::inline_policy:
      return MTA_STS_WORDS;
    case mta_sts::publish::DirectiveKind::file:
      return MTA_STS_FILE;
    case mta_sts::publish::DirectiveKind::store:
      return MTA_STS_STORE;
    case mta_sts::publish::DirectiveKind::off:
      break;
  }
  return MTA_STS_OFF;
}

mta_sts_directive* read(std::span<const mta_sts_text> words, mta_sts_error* error) {
  if (is_too_large(words)) {
    mta_sts::c::fill_error({.code = mta_sts::publish::DirectiveErrorCode::too_large,
                            .word = {},
                            .detail = "a directive has at most 65536 words and 1048576 bytes"},
                           error);
    return nullptr;
  }
  std::vector<std::string_view> views;
  views.reserve(words.size());
  for (const mta_sts_text& word : words) {
    views.push_back(mta_sts::c::to_view(word));
  }
  auto directive = mta_sts::publish::parse_directive(views);
  if (!directive) {
    mta_sts::c::fill_error(directive.error(), error);
    return nullptr;
  }
  auto made = std::make_unique<mta_sts_directive>();
  made->kind = to_c(directive->kind);
  made->policy.value = std::move(directive->policy);
  made->path = std::move(directive->path);
  made->serial = directive->serial;
  return made.release();
}

}  // namespace

mta_sts_directive* mta_sts_directive_parse(const mta_sts_text* words, size_t count,
                                           mta_sts_error* error) noexcept {
  return mta_sts::c::make<mta_sts_directive>(error, [&] { return read({words, count}, error); });
}

void mta_sts_directive_free(mta_sts_directive* directive) noexcept {
  const std::unique_ptr<mta_sts_directive> owned(directive);
}

mta_sts_kind mta_sts_directive_kind(const mta_sts_directive* directive) noexcept {
  return directive->kind;
}

const mta_sts_policy* mta_sts_directive_policy(const mta_sts_directive* directive) noexcept {
  return directive->kind == MTA_STS_WORDS ? &directive->policy : nullptr;
}

mta_sts_text mta_sts_directive_path(const mta_sts_directive* directive) noexcept {
  return to_text(directive->path);
}

uint32_t mta_sts_directive_serial(const mta_sts_directive* directive) noexcept {
  return directive->serial;
}
