#include "sender/dns/resolv_conf.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <utility>

#include "base/descriptor.hpp"

namespace mta_sts::sender {
namespace {

constexpr std::size_t size_limit = 64 * 1024;

bool is_same_time(const timespec& one, const timespec& other) {
  return one.tv_sec == other.tv_sec && one.tv_nsec == other.tv_nsec;
}

class File {
 public:
  // Without O_NONBLOCK a FIFO in the file's place would hold the process.
  explicit File(const std::string& path)
      : descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}

  [[nodiscard]] bool facts(struct stat& facts) const {
    return descriptor_.is_open() && ::fstat(descriptor_.get(), &facts) == 0 && S_ISREG(facts.st_mode);
  }

  [[nodiscard]] std::string text() const {
    std::string text;
    std::array<char, 4096> part{};
    ssize_t length = 0;
    while (text.size() < size_limit && (length = ::read(descriptor_.get(), part.data(), part.size())) > 0) {
      text.append(part.data(), static_cast<std::size_t>(length));
    }
    return text;
  }

 private:
  Descriptor descriptor_;
};

}  // namespace

ResolvConf::ResolvConf(std::string path) : path_(std::move(path)), servers_(parse_resolv_conf("")) {
  read();
}

ResolvConf::Stamp ResolvConf::stamp_of(const struct stat& facts) {
  return {.device = facts.st_dev,
          .inode = facts.st_ino,
          .size = facts.st_size,
          .changed = facts.st_mtim,
          .touched = facts.st_ctim};
}

bool ResolvConf::is_same(const Stamp& one, const Stamp& other) {
  return one.device == other.device && one.inode == other.inode && one.size == other.size &&
         is_same_time(one.changed, other.changed) && is_same_time(one.touched, other.touched);
}

bool ResolvConf::look() {
  struct stat facts {};
  if (::stat(path_.c_str(), &facts) != 0 || (stamp_ && is_same(*stamp_, stamp_of(facts)))) {
    return false;
  }
  return read();
}

bool ResolvConf::read() {
  const File file(path_);
  struct stat facts {};
  if (!file.facts(facts)) {
    return false;
  }
  stamp_ = stamp_of(facts);  // from before the reading: what is written meanwhile is seen at the next look
  const std::string text = file.text();
  if (text.empty()) {
    return false;
  }
  trusts_ad_ = has_trust_ad(text);
  auto servers = parse_resolv_conf(text);
  const bool others = servers != servers_;
  servers_ = std::move(servers);
  return others;
}

}  // namespace mta_sts::sender
