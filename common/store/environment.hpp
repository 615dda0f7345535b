#pragma once

#include <lmdb.h>

#include <expected>
#include <string>

#include "base/handle.hpp"
#include "store/store_error.hpp"
#include "store/store_file.hpp"

namespace mta_sts::store {

using Environment = Handle<MDB_env, mdb_env_close>;
using Transaction = Handle<MDB_txn, mdb_txn_abort>;

/// How many readers, of all processes, may look at a store at once: httpd needs one a thread. It counts where
/// the lock file is made.
inline constexpr unsigned readers_limit = 4096;

/// An environment, and the lock file that it has open.
struct LockedEnvironment {
  Environment environment;
  FileIdentity lock;
};

/// Opens LMDB's environment of one file; `path` is without links, and was looked at by check_file. A process
/// may open a file once, and after it has forked. `flags` are LMDB's. Errors: see error_of_lmdb, and
/// replaced where the lock file changes meanwhile.
[[nodiscard]] std::expected<LockedEnvironment, StoreError> open_environment(const std::string& path,
                                                                            unsigned flags,
                                                                            std::size_t map_bytes);

}  // namespace mta_sts::store
