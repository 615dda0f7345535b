#include <memory>

#include "objects.hpp"
#include "policy/render_policy.hpp"
#include "publish/published_policy.hpp"
#include "publish/web_answer.hpp"

using mta_sts::c::to_text;
using mta_sts::c::to_view;

static_assert(mta_sts::publish::policy_path == MTA_STS_POLICY_PATH);

mta_sts_published* mta_sts_publish(const mta_sts_policy* policy, uint32_t serial,
                                   mta_sts_error* error) noexcept {
  return mta_sts::c::make<mta_sts_published>(error, [&]() -> mta_sts_published* {
    // A policy that a sender may read need not be one to serve: what will be sent is read as a publisher's
    // file is.
    auto published = mta_sts::publish::publish_policy_file(mta_sts::render_policy(policy->value), serial);
    if (!published) {
      mta_sts::c::fill_error(published.error(), error);
      return nullptr;
    }
    return std::make_unique<mta_sts_published>(*std::move(published)).release();
  });
}

void mta_sts_published_free(mta_sts_published* published) noexcept {
  const std::unique_ptr<mta_sts_published> owned(published);
}

mta_sts_text mta_sts_published_body(const mta_sts_published* published) noexcept {
  return to_text(published->value.body);
}

mta_sts_text mta_sts_published_id(const mta_sts_published* published) noexcept {
  return to_text(published->value.id);
}

mta_sts_text mta_sts_published_warning(const mta_sts_published* published, size_t index) noexcept {
  return to_text(index < published->value.warnings.size() ? published->value.warnings[index]
                                                          : std::string_view());
}

bool mta_sts_answer_request(const mta_sts_published* published, mta_sts_text method, mta_sts_text path,
                            mta_sts_answer* answer) noexcept {
  const auto made = mta_sts::publish::answer_request(to_view(method), to_view(path), published->value);
  if (!made) {
    return false;
  }
  *answer = {.status = made->status,
             .send_body = made->send_body,
             .content_type = to_text(mta_sts::publish::answer_content_type),
             .etag = to_text(made->etag),
             .allow = to_text(made->allow),
             .body = to_text(made->body)};
  return true;
}
