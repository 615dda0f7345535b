#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace mta_sts::store {

/// Why the store could not be read or changed. Nothing is changed where one of these is given. A web server
/// answers 503 and logs the word; the command shows word and detail.
enum class StoreErrorCode : std::uint8_t {
  missing,         ///< there is no store at the path, or a link leads nowhere: make one
  unreadable,      ///< this user may not read it, or not write its lock file: grant it
  unwritable,      ///< this user may not change it, or the file system is read-only
  not_regular,     ///< a folder, pipe, socket or device: name another file
  foreign,         ///< a file of another program; it was left as it is
  other_version,   ///< of a version that this program does not know: use the one that made it
  cut,             ///< shorter than its own head says: put a copy in its place
  damaged,         ///< bytes of it went bad: 'store verify' says which; import again
  replaced,        ///< another file took its place while it was open: open it again once all have closed it
  full,            ///< no room on the disk: make room and try again
  busy,            ///< all reader slots are taken, or its lock cannot be had: try again
  no_domain,       ///< the domain is not in the store
  no_profile,      ///< the profile is not in the store
  in_use,          ///< domains still use the profile, or aliases the domain
  alias_of_alias,  ///< an alias must name a domain with a policy or profile
};

[[nodiscard]] std::string_view to_string(StoreErrorCode code);

struct StoreError {
  StoreErrorCode code = StoreErrorCode::missing;
  std::string detail;  ///< what happened and how to fix it, safe to show
};

/// Makes the error about the file at `path`, which may have any bytes.
[[nodiscard]] StoreError error_of_file(StoreErrorCode code, std::string_view path, std::string_view what);

/// Makes the error of a system call on the file at `path`, by its errno.
[[nodiscard]] StoreError error_of_system(std::string_view path, int error, StoreErrorCode otherwise);

/// Makes the error that LMDB's result `code` (not 0) stands for.
[[nodiscard]] StoreError error_of_lmdb(std::string_view path, int code);

}  // namespace mta_sts::store
