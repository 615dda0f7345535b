#include "store/store_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <optional>

#include "base/handle.hpp"
#include "store/page_copies.hpp"

namespace mta_sts::store {
namespace {

constexpr std::size_t heads_bytes = 2 * 65536;

struct CFree {
  void operator()(char* text) const noexcept { std::free(text); }
};

std::optional<std::string> resolved(const std::string& path) {
  const std::unique_ptr<char, CFree> real(::realpath(path.c_str(), nullptr));
  return real ? std::optional<std::string>(real.get()) : std::nullopt;
}

std::unexpected<StoreError> fail(StoreErrorCode code, const std::string& path, std::string_view what) {
  return std::unexpected(error_of_file(code, path, what));
}

std::unexpected<StoreError> fail(HeadFault fault, const std::string& path) {
  switch (fault) {
    case HeadFault::foreign:
      return fail(StoreErrorCode::foreign, path,
                  "it is no store but a file of another kind, and is left as it is; name another file");
    case HeadFault::other_version:
      return fail(StoreErrorCode::other_version, path,
                  "another version of LMDB made it; use the mta-sts that made it");
    case HeadFault::damaged:
      return fail(StoreErrorCode::damaged, path,
                  "its head is damaged; put a copy in its place, or import what it had");
    case HeadFault::too_short:
      break;
  }
  return fail(StoreErrorCode::cut, path,
              "it is shorter than its own head; put a copy in its place, or import what it had");
}

std::expected<Descriptor, StoreError> open_regular(const std::string& path) {
  // Never waits for a writer of a pipe.
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!file.is_open()) {
    if (errno == ENOENT) {
      return fail(StoreErrorCode::missing, path,
                  "there is no store; 'mta-sts store set' or 'mta-sts store import' makes it");
    }
    return std::unexpected(error_of_system(path, errno, StoreErrorCode::unreadable));
  }
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) {
    return std::unexpected(error_of_system(path, errno, StoreErrorCode::unreadable));
  }
  if (!S_ISREG(status.st_mode)) {
    return fail(StoreErrorCode::not_regular, path, "it is a folder, pipe, socket or device; name a file");
  }
  return file;
}

std::expected<std::string, StoreError> read_begin(const std::string& path, const Descriptor& file) {
  std::string begin(heads_bytes, '\0');
  std::size_t done = 0;
  while (done < begin.size()) {
    const ssize_t got =
        ::pread(file.get(), begin.data() + done, begin.size() - done, static_cast<off_t>(done));
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got < 0) {
      return std::unexpected(error_of_system(path, errno, StoreErrorCode::unreadable));
    }
    if (got == 0) {
      break;
    }
    done += static_cast<std::size_t>(got);
  }
  begin.resize(done);
  return begin;
}

// The mark of a store; nothing where a tree that may have it does not.
Pages::Found find_mark_in(const FileHead& head, const Pages& pages) {
  const auto about = pages.find_tree(head, about_tree);
  if (!about) {
    return std::unexpected(about.error());
  }
  return *about ? pages.find(**about, format_key) : Pages::Found(std::nullopt);
}

// Whether the mark of a store is there; nothing where the pages that lead to it do not hold. They are read as
// copies: a web server's main process asks, and must outlive a file that is cut at the same moment.
std::expected<bool, StoreError> find_mark(const std::string& path, const FileHead& head,
                                          const Descriptor& file) {
  if (head.trees[1].root == no_page) {
    return false;
  }
  auto copies = PageCopies::make(path, head);
  if (!copies) {
    return std::unexpected(copies.error());
  }
  const Pages pages = copies->pages();
  auto mark = find_mark_in(head, pages);
  while (!mark && copies->load(file, mark.error().page)) {
    mark = find_mark_in(head, pages);
  }
  if (!mark) {
    return fail(StoreErrorCode::damaged, path,
                "its first pages are damaged; 'mta-sts store verify' says where");
  }
  if (!*mark || !(*mark)->starts_with(format_mark)) {
    return fail(StoreErrorCode::foreign, path,
                "it is an LMDB file of another program, and is left as it is; name another file");
  }
  if ((*mark)->substr(format_mark.size()) != format_version) {
    return fail(StoreErrorCode::other_version, path,
                "another version of mta-sts made it; use that one, or export there and import here");
  }
  return true;
}

}  // namespace

std::expected<std::shared_ptr<const Mapping>, StoreError> Mapping::map(const std::string& path,
                                                                       const Descriptor& file,
                                                                       std::size_t bytes) {
  void* base = ::mmap(nullptr, bytes, PROT_READ, MAP_SHARED, file.get(), 0);
  if (base == MAP_FAILED) {
    return std::unexpected(error_of_system(path, errno, StoreErrorCode::busy));
  }
  return std::shared_ptr<const Mapping>(new Mapping(static_cast<const char*>(base), bytes));
}

std::expected<std::string, StoreError> real_path_of(const std::string& path) {
  if (auto real = resolved(path)) {
    return *std::move(real);
  }
  if (errno != ENOENT) {
    return std::unexpected(error_of_system(path, errno, StoreErrorCode::unreadable));
  }
  struct stat status{};
  if (::lstat(path.c_str(), &status) == 0) {
    return fail(StoreErrorCode::missing, path,
                "it is a link to a file that does not exist; mend the link, or name another file");
  }
  const std::size_t slash = path.find_last_of('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const auto real = resolved(folder);
  if (!real) {
    return fail(StoreErrorCode::missing, path, "its folder does not exist; make it, or name another file");
  }
  return *real + "/" + path.substr(slash == std::string::npos ? 0 : slash + 1);
}

std::expected<CheckedFile, StoreError> check_file(const std::string& path) {
  auto file = open_regular(path);
  if (!file) {
    return std::unexpected(file.error());
  }
  constexpr int attempts = 3;  // a writer may reuse pages while they are read here, without a slot
  for (int attempt = 1;; ++attempt) {
    const auto begin = read_begin(path, *file);
    if (!begin) {
      return std::unexpected(begin.error());
    }
    if (begin->empty()) {
      return CheckedFile{.file = std::move(*file), .mapping = nullptr, .head = {}, .has_mark = false};
    }
    const auto head = read_heads(*begin);
    if (!head) {
      return fail(head.error(), path);
    }
    struct stat status{};
    if (::fstat(file->get(), &status) != 0) {
      return std::unexpected(error_of_system(path, errno, StoreErrorCode::unreadable));
    }
    if (static_cast<std::size_t>(status.st_size) < head->needed_bytes()) {
      return fail(HeadFault::too_short, path);
    }
    auto mapping = Mapping::map(path, *file, head->needed_bytes());
    if (!mapping) {
      return std::unexpected(mapping.error());
    }
    const auto mark = find_mark(path, *head, *file);
    if (mark || attempt == attempts) {
      return mark ? std::expected<CheckedFile, StoreError>(CheckedFile{.file = std::move(*file),
                                                                       .mapping = *std::move(mapping),
                                                                       .head = *head,
                                                                       .has_mark = *mark})
                  : std::unexpected(mark.error());
    }
  }
}

StoreError nothing_stored(const std::string& path) {
  return error_of_file(
      StoreErrorCode::missing, path,
      "nothing has been stored in it yet; 'mta-sts store set' or 'mta-sts store import' does so");
}

std::string lock_path_of(const std::string& path) {
  return path + "-lock";
}

std::optional<FileIdentity> identity_of(const std::string& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0
             ? std::optional(FileIdentity{.device = status.st_dev, .inode = status.st_ino})
             : std::nullopt;
}

bool leads_elsewhere(const std::string& path, const FileIdentity& file) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) {
    return errno == ENOENT;
  }
  return FileIdentity{.device = status.st_dev, .inode = status.st_ino} != file;
}

StoreError store_replaced(const std::string& path) {
  return error_of_file(StoreErrorCode::replaced, path,
                       "it was removed, or another file took its place, while it was open; "
                       "restart what has it open, and change a store in its place");
}

StoreError lock_replaced(const std::string& path) {
  return error_of_file(StoreErrorCode::replaced, path,
                       "its lock file was removed, or another took its place, while it was open; "
                       "try again, and leave the lock file where it is");
}

StoreError lock_of_another(const std::string& path) {
  return error_of_file(
      StoreErrorCode::replaced, path,
      "another file took its place while its lock file was in use, and can be read once every "
      "process has closed the one before; restart the web server, and change a store in its "
      "place");
}

}  // namespace mta_sts::store
