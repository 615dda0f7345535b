// Any bytes as what a server of the shared cache sends: replies, and in one of them a value.
#include "sender/share/shared_value.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "fuzz/fuzz.hpp"
#include "sender/redis/redis_reply.hpp"

using namespace mta_sts;

namespace {

constexpr std::chrono::sys_seconds now{std::chrono::seconds(1'800'000'000)};

const DomainName domain = *DomainName::parse("example.com");
const sender::SharedValueForm open{""};
const sender::SharedValueForm sealed{std::string(32, 'k')};

void check_value(std::string_view bytes) {
  // The seeds have no seal: whatever is made of them, nobody without the secret is believed.
  fuzz::require(!sealed.parse(domain, bytes, now));
  const auto value = open.parse(domain, bytes, now);
  if (!value) {
    return;
  }
  const auto& fetched = value->fetched;
  fuzz::require(bytes.size() <= sender::shared_value_limit_bytes && fetched.shared && *fetched.shared <= now);
  fuzz::require(now <= *fetched.shared + fetched.policy.max_age_used() &&
                fetched.body.size() <= policy_limit_bytes);
  fuzz::require(fetched.policy.mode == Mode::none || !fetched.policy.mx.empty());
  for (const sender::SharedValueForm* form : {&open, &sealed}) {
    const auto again = form->parse(domain, form->render(domain, value->id, fetched, *fetched.shared), now);
    fuzz::require(again && again->id == value->id && again->fetched.body == fetched.body &&
                  again->fetched.peer == fetched.peer && again->fetched.shared == fetched.shared);
  }
}

// The replies of a stream that comes in pieces of so many bytes.
std::vector<std::string> replies_of(std::string_view bytes, std::size_t piece) {
  std::vector<std::string> replies;
  sender::RedisReplyReader reader(sender::shared_value_limit_bytes);
  for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
    reader.feed(bytes.substr(0, piece));
    while (auto reply = reader.next()) {
      fuzz::require(reply->text.size() <= sender::shared_value_limit_bytes);
      replies.push_back(std::move(reply->text));
    }
  }
  return replies;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = fuzz::view_of(data, std::min<std::size_t>(size, 16384));
  check_value(bytes);
  const auto replies = replies_of(bytes, 1000);
  for (const std::string& reply : replies) {
    check_value(reply);
  }
  fuzz::require(replies == replies_of(bytes, 7));
  return 0;
}
