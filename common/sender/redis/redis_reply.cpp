#include "sender/redis/redis_reply.hpp"

#include <new>
#include <utility>
#include <vector>

#include "base/guarded.hpp"

namespace mta_sts::sender {
namespace {

using Made = std::optional<RedisReply>;

// What hiredis holds in place of an object of its own: it only passes it on.
char stand_in = 0;

void* make(const redisReadTask* task, RedisReply::Kind kind, std::string_view text) noexcept {
  return guarded(static_cast<void*>(nullptr), [&]() -> void* {
    static_cast<Made*>(task->privdata)->emplace(RedisReply{.kind = kind, .text = std::string(text)});
    return &stand_in;
  });
}

void* make_text(const redisReadTask* task, char* text, std::size_t size) noexcept {
  const std::string_view bytes(text, size);
  switch (task->type) {
    case REDIS_REPLY_STRING:
      return make(task, RedisReply::Kind::text, bytes);
    case REDIS_REPLY_STATUS:
      return make(task, RedisReply::Kind::status, bytes);
    case REDIS_REPLY_ERROR:
      return make(task, RedisReply::Kind::error, bytes);
    default:
      return nullptr;  // of RESP3
  }
}

}  // namespace

std::string render_redis_command(std::span<const std::string_view> words) {
  std::vector<const char*> texts;
  std::vector<std::size_t> sizes;
  for (const std::string_view word : words) {
    texts.push_back(word.data());
    sizes.push_back(word.size());
  }
  char* command = nullptr;
  const auto size =
      redisFormatCommandArgv(&command, static_cast<int>(words.size()), texts.data(), sizes.data());
  if (size < 0) {
    throw std::bad_alloc();
  }
  const Handle<char, redisFreeCommand> owner(command);
  return {command, static_cast<std::size_t>(size)};
}

RedisReplyReader::RedisReplyReader(std::size_t limit_bytes) : limit_bytes_(limit_bytes) {
  functions_.createString = make_text;
  // No reply to our commands is an array. Before its elements come hiredis would make room for as many as the
  // reply claims: four thousand million, for twelve bytes.
  functions_.createArray = [](const redisReadTask*, auto) -> void* { return nullptr; };
  functions_.createInteger = [](const redisReadTask* task, long long) -> void* {
    return make(task, RedisReply::Kind::integer, {});
  };
  functions_.createNil = [](const redisReadTask* task) -> void* {
    return make(task, RedisReply::Kind::nothing, {});
  };
  functions_.freeObject = [](void*) {};
  reader_.reset(redisReaderCreateWithFunctions(&functions_));
  if (!reader_) {
    throw std::bad_alloc();
  }
  reader_->privdata = &made_;  // hiredis' macro for it is C
}

void RedisReplyReader::feed(std::string_view bytes) {
  const std::size_t unread = reader_->len - reader_->pos;
  is_broken_ = is_broken_ || unread + bytes.size() > limit_bytes_ ||
               redisReaderFeed(reader_.get(), bytes.data(), bytes.size()) != REDIS_OK;
}

std::optional<RedisReply> RedisReplyReader::next() {
  if (is_broken_) {
    return std::nullopt;
  }
  made_.reset();
  void* object = nullptr;
  is_broken_ = redisReaderGetReply(reader_.get(), &object) != REDIS_OK;
  if (is_broken_ || object == nullptr) {
    return std::nullopt;
  }
  is_broken_ = !made_.has_value();  // a kind of RESP3 that hiredis makes without asking
  return std::exchange(made_, std::nullopt);
}

}  // namespace mta_sts::sender
