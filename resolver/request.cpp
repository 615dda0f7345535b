#include "request.hpp"

#include <algorithm>
#include <array>

#include "base/ascii.hpp"
#include "base/cursor.hpp"
#include "base/enum_names.hpp"
#include "base/utf8.hpp"
#include "verdict/verdict_line.hpp"

namespace mta_sts::resolver {
namespace {

enum class Domain : std::uint8_t { none, optional, needed };

struct Form {
  std::string_view words;
  RequestKind kind;
  Domain domain;
};

constexpr std::array<Form, 7> forms{{
    {"verdict", RequestKind::verdict, Domain::needed},
    {"explain", RequestKind::explain, Domain::needed},
    {"cache list", RequestKind::cache_list, Domain::optional},
    {"cache stats", RequestKind::cache_stats, Domain::none},
    {"cache show", RequestKind::cache_show, Domain::needed},
    {"cache refresh", RequestKind::cache_refresh, Domain::needed},
    {"cache purge", RequestKind::cache_purge, Domain::needed},
}};

constexpr std::string_view whole_cache = "*";

std::expected<Request, RequestError> read_domain(const Form& form, std::string_view domain) {
  if (domain.empty()) {
    return std::unexpected(RequestError::missing_domain);
  }
  if (domain.find(' ') != std::string_view::npos) {
    return std::unexpected(RequestError::unexpected_word);
  }
  if (form.kind == RequestKind::cache_purge && domain == whole_cache) {
    return Request{form.kind, {}};
  }
  return Request{form.kind, std::string(domain)};
}

}  // namespace

std::string_view to_string(RequestError error) {
  using enum RequestError;
  static constexpr auto words = enum_names<RequestError>({
      {too_long, "request-too-long"},
      {bad_character, "request-bad-character"},
      {unknown_request, "request-unknown"},
      {missing_domain, "request-missing-domain"},
      {unexpected_word, "request-unexpected-word"},
      {malformed, "request-malformed"},
      {unknown_map, "request-unknown-map"},
      {bad_next_hop, "request-bad-next-hop"},
  });
  return words[error];
}

std::expected<Request, RequestError> parse_request(std::string_view line) {
  if (line.size() > request_limit_bytes) {
    return std::unexpected(RequestError::too_long);
  }
  if (std::ranges::any_of(line, ascii::is_control) || text::find_invalid_utf8(line)) {
    return std::unexpected(RequestError::bad_character);
  }
  for (const Form& form : forms) {
    text::Cursor cursor(line);
    if (!cursor.take(form.words)) {
      continue;
    }
    if (cursor.at_end()) {
      return form.domain == Domain::needed ? std::unexpected(RequestError::missing_domain)
                                           : std::expected<Request, RequestError>({form.kind, {}});
    }
    if (cursor.take(' ')) {
      if (form.domain == Domain::none) {
        return std::unexpected(RequestError::unexpected_word);
      }
      return read_domain(form, cursor.rest());
    }
  }
  return std::unexpected(RequestError::unknown_request);
}

}  // namespace mta_sts::resolver
