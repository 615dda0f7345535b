#include "file/has_changed.hpp"

namespace mta_sts {

bool has_changed_since(const struct stat& before, int file) {
  struct stat after = {};
  return ::fstat(file, &after) != 0 || after.st_size != before.st_size ||
         after.st_mtim.tv_sec != before.st_mtim.tv_sec || after.st_mtim.tv_nsec != before.st_mtim.tv_nsec;
}

}  // namespace mta_sts
