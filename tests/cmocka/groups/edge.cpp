#include <algorithm>
#include <string_view>
#include <vector>

#include "publish/directive.hpp"
#include "publish/published_policy.hpp"
#include "publish/web_answer.hpp"

// After the core's headers: the plugin's functions are declared without noexcept for C.
#include "edge.h"

namespace {

template <std::size_t size>
void copy(std::string_view text, char (&to)[size]) {
  const std::size_t length = std::min(text.size(), size - 1);
  std::ranges::copy(text.substr(0, length), std::begin(to));
  to[length] = '\0';
}

}  // namespace

int edge_parse_directive(const char* const* words, size_t count, edge_directive* out) {
  *out = {};
  const std::vector<std::string_view> views(words, words + count);
  const auto directive = mta_sts::parse_directive(views);
  if (!directive) {
    copy(to_string(directive.error().code), out->error);
    copy(directive.error().word, out->word);
    return 0;
  }
  const auto published = mta_sts::publish_policy(directive->policy, directive->serial);
  copy(directive->path, out->path);
  copy(published.body, out->body);
  copy(published.id, out->id);
  return 1;
}

int edge_answer_request(const char* method, const char* path, struct edge_answer* out) {
  *out = {};
  mta_sts::Policy policy;
  policy.mode = mta_sts::Mode::testing;
  policy.mx = {"mx.example.com"};
  policy.max_age_seconds = 86400;
  const auto published = mta_sts::publish_policy(policy);
  const auto answer = mta_sts::answer_request(method, path, published);
  if (!answer) {
    return 0;
  }
  out->status = answer->status;
  out->send_body = answer->send_body ? 1 : 0;
  copy(answer->content_type, out->content_type);
  copy(answer->etag, out->etag);
  copy(answer->allow, out->allow);
  copy(answer->body, out->body);
  return 1;
}
