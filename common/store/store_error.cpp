#include "store/store_error.hpp"

#include <lmdb.h>

#include <cerrno>
#include <cstring>

#include "base/enum_names.hpp"
#include "base/utf8.hpp"

namespace mta_sts::store {
namespace {

/// What to do where the system refused a call on the file.
std::string_view advice_for(StoreErrorCode code) {
  using enum StoreErrorCode;
  switch (code) {
    case missing:
      return "name another file, or mend the link";
    case full:
      return "make room on its disk";
    case busy:
      return "try again, and allow the process more open files if it lasts";
    case unwritable:
      return "run this as the owner of the store";
    default:
      return "give this user's group the file and the right to read it, and to enter its folders";
  }
}

}  // namespace

std::string_view to_string(StoreErrorCode code) {
  using enum StoreErrorCode;
  static constexpr auto words = enum_names<StoreErrorCode>({
      {missing, "store-missing"},
      {unreadable, "store-unreadable"},
      {unwritable, "store-unwritable"},
      {not_regular, "store-not-regular"},
      {foreign, "store-foreign"},
      {other_version, "store-other-version"},
      {cut, "store-cut"},
      {damaged, "store-damaged"},
      {replaced, "store-replaced"},
      {full, "store-full"},
      {busy, "store-busy"},
      {no_domain, "domain-not-stored"},
      {no_profile, "profile-not-stored"},
      {in_use, "stored-name-in-use"},
      {alias_of_alias, "alias-of-alias"},
  });
  return words[code];
}

StoreError error_of_file(StoreErrorCode code, std::string_view path, std::string_view what) {
  return {code, text::escape_for_display(path) + ": " + std::string(what)};
}

StoreError error_of_system(std::string_view path, int error, StoreErrorCode otherwise) {
  using enum StoreErrorCode;
  StoreErrorCode code = otherwise;
  if (error == ENOSPC || error == EDQUOT || error == EFBIG) {
    code = full;
  } else if (error == ENOENT || error == ELOOP || error == ENOTDIR) {
    code = missing;
  } else if (error == EAGAIN || error == EINTR || error == EMFILE || error == ENFILE) {
    code = busy;
  }
  return error_of_file(code, path, std::string(std::strerror(error)) + "; " + std::string(advice_for(code)));
}

StoreError error_of_lmdb(std::string_view path, int code) {
  using enum StoreErrorCode;
  switch (code) {
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_PANIC:
    case MDB_BAD_TXN:
      return error_of_file(damaged, path, "its pages are damaged; 'mta-sts store verify' says where");
    case MDB_INVALID:
      return error_of_file(foreign, path, "it is no store, and is left as it is; name another file");
    case MDB_VERSION_MISMATCH:
      return error_of_file(other_version, path,
                           "another version of LMDB made it or its lock file; use the mta-sts that made it");
    case MDB_READERS_FULL:
      return error_of_file(busy, path, "all of its reader slots are taken; try again");
    case MDB_MAP_FULL:
      return error_of_file(full, path, "what is stored needs more room than was set aside; try again");
    default:
      return error_of_system(path, code, unwritable);
  }
}

}  // namespace mta_sts::store
