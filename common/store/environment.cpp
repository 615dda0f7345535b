#include "store/environment.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "base/descriptor.hpp"
#include "store/store_file.hpp"

namespace mta_sts::store {
namespace {

constexpr unsigned trees_limit = 8;
constexpr int open_attempts_limit = 3;  // the first may make the lock file

std::expected<Environment, StoreError> open_once(const std::string& path, unsigned flags,
                                                 std::size_t map_bytes) {
  MDB_env* made = nullptr;
  if (const int rc = mdb_env_create(&made); rc != 0) {
    return std::unexpected(error_of_lmdb(path, rc));
  }
  Environment environment(made);
  mdb_env_set_maxreaders(made, readers_limit);
  mdb_env_set_maxdbs(made, trees_limit);
  if (map_bytes > 0) {
    mdb_env_set_mapsize(made, map_bytes);
  }
  // MDB_NOTLS: a slot belongs to its object and not to the thread that made it.
  if (const int rc = mdb_env_open(made, path.c_str(), flags | MDB_NOSUBDIR | MDB_NOTLS, file_mode); rc != 0) {
    return std::unexpected(error_of_lmdb(path, rc));
  }
  return environment;
}

// LMDB writes to its lock file through memory, where a process ends that finds no room left on the disk. So
// the file gets all its blocks before it is used.
std::expected<void, StoreError> make_lock_file(const std::string& path, const std::string& lock_path) {
  constexpr off_t reader_bytes = 64;
  constexpr off_t head_bytes = 4096;  // LMDB needs fewer, and takes what is left for readers
  const Descriptor made(::open(lock_path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, file_mode));
  if (!made.is_open()) {
    return {};  // it is there, or cannot be made: LMDB says why
  }
  if (::posix_fallocate(made.get(), 0, readers_limit * reader_bytes + head_bytes) == ENOSPC) {
    ::unlink(lock_path.c_str());
    return std::unexpected(error_of_file(StoreErrorCode::full, path,
                                         "the disk has no room for its lock file; nothing was changed"));
  }
  return {};
}

}  // namespace

// LMDB does not say which lock file it has open, and this process may not open it beside LMDB: to close it
// again would end LMDB's locks. So it is the one that was there before and is there still.
std::expected<LockedEnvironment, StoreError> open_environment(const std::string& path, unsigned flags,
                                                              std::size_t map_bytes) {
  const std::string lock_path = lock_path_of(path);
  if (auto made = make_lock_file(path, lock_path); !made) {
    return std::unexpected(std::move(made.error()));
  }
  for (int attempt = 0; attempt < open_attempts_limit; ++attempt) {
    const auto before = identity_of(lock_path);
    auto environment = open_once(path, flags, map_bytes);
    if (!environment) {
      return std::unexpected(std::move(environment.error()));
    }
    const auto after = identity_of(lock_path);
    if (before == after) {  // a read-only file system may have none
      return LockedEnvironment{.environment = *std::move(environment),
                               .lock = after.value_or(FileIdentity{})};
    }
  }
  return std::unexpected(lock_replaced(path));
}

}  // namespace mta_sts::store
