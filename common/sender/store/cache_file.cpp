#include "sender/store/cache_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "base/descriptor.hpp"

namespace mta_sts::sender {
namespace {

std::unexpected<Fault> unusable(std::string detail) {
  return std::unexpected(Fault{"cache-unusable", std::move(detail)});
}

// https://www.sqlite.org/fileformat2.html section 4.1
constexpr std::int64_t log_header_bytes = 32;
constexpr std::int64_t log_frame_header_bytes = 24;

// The same, section 1.3.2: SQLite locks these bytes, which hold no data.
constexpr off_t locks_begin = 0x40000000;
constexpr off_t locks_bytes = 512;

}  // namespace

// The folder and the file must be this user's alone: who can write them could take policies away.
std::expected<void, Fault> check_cache_place(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  const std::string& named = folder.empty() ? "." : folder;
  struct stat status {};
  if (stat(named.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) {
    return unusable("the cache's folder " + named + " is not there: make it, for this user alone");
  }
  if ((status.st_uid != geteuid() && status.st_uid != 0) || (status.st_mode & 022U) != 0) {
    return unusable("the cache's folder " + named +
                    " can be written by others: chown it to this user and chmod it 0700");
  }
  const Descriptor file(open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600));
  if (!file.is_open()) {
    return unusable("cannot open the cache " + path + ": " + std::strerror(errno));
  }
  const bool ours = fstat(file.get(), &status) == 0 && S_ISREG(status.st_mode) &&
                    status.st_uid == geteuid() && fchmod(file.get(), 0600) == 0;
  if (!ours) {
    return unusable("the cache " + path + " is not a file of this user: remove it or name another");
  }
  return {};
}

void CacheFileWatch::note_opened(std::size_t page_bytes) noexcept {
  struct stat status {};
  if (stat(path_.c_str(), &status) == 0) {
    device_ = status.st_dev;
    inode_ = status.st_ino;
    least_bytes_ = status.st_size;
  }
  page_bytes_ = static_cast<std::int64_t>(page_bytes);
  least_log_bytes_ = 0;
}

void CacheFileWatch::note_log(std::size_t pages) noexcept {
  least_log_bytes_ =
      log_header_bytes + static_cast<std::int64_t>(pages) * (log_frame_header_bytes + page_bytes_);
}

void CacheFileWatch::note_checkpoint() noexcept {
  struct stat status {};
  if (stat(path_.c_str(), &status) == 0) {
    least_bytes_ = status.st_size;
  }
}

bool CacheFileWatch::is_intact() const noexcept {
  struct stat file {};
  struct stat log {};
  const bool has_file = stat(path_.c_str(), &file) == 0 && file.st_dev == device_ && file.st_ino == inode_ &&
                        file.st_size >= least_bytes_;
  return has_file && (least_log_bytes_ == 0 ||
                      (stat((path_ + "-wal").c_str(), &log) == 0 && log.st_size >= least_log_bytes_));
}

bool CacheFileWatch::is_other_file() const noexcept {
  struct stat file {};
  return stat(path_.c_str(), &file) != 0 || file.st_dev != device_ || file.st_ino != inode_;
}

bool CacheFileWatch::is_in_use() const noexcept {
  const Descriptor file(open(path_.c_str(), O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  lock.l_start = locks_begin;
  lock.l_len = locks_bytes;
  return file.is_open() && fcntl(file.get(), F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

bool CacheFileWatch::has_lost_log() const noexcept {
  struct stat file {};
  struct stat log {};
  return least_log_bytes_ != 0 && stat((path_ + "-wal").c_str(), &log) != 0 && errno == ENOENT &&
         stat(path_.c_str(), &file) == 0 && file.st_dev == device_ && file.st_ino == inode_ &&
         file.st_size >= least_bytes_;
}

}  // namespace mta_sts::sender
