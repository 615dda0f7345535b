#include "store/environment.hpp"

#include "store/store_file.hpp"

namespace mta_sts::store {
namespace {

constexpr unsigned trees_limit = 8;

}  // namespace

std::expected<Environment, StoreError> open_environment(const std::string& path, unsigned flags,
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

}  // namespace mta_sts::store
