// What the compiler's own static libraries (libstdc++, libgcc_eh) ask of a newer C library than the oldest
// that an Exim may run on: with definitions of our own the plugin loads on glibc 2.28. They count inside the
// plugin alone (exports.map), which is called from one thread, and the unwinder has only the plugin's own
// frames to find: no exception leaves it. tests/layers holds the plugin's symbols to that version.

#include <dlfcn.h>
#include <link.h>
#include <pthread.h>

#include <cerrno>
#include <cstdint>

extern "C" {

/// glibc 2.32: whether the process has had one thread ever. False makes reference counts atomic.
extern char single_threaded __asm__("__libc_single_threaded");
char single_threaded = 0;

/// glibc 2.34 (before: libpthread). Calls `function` the first time.
int pthread_once(pthread_once_t* control, void (*function)()) {
  if (*control == PTHREAD_ONCE_INIT) {
    *control = PTHREAD_ONCE_INIT + 1;
    function();
  }
  return 0;
}

/// glibc 2.34 (before: libpthread). Only its address is looked at: that it has one says that locks are in
/// use.
int key_create(pthread_key_t* key, void (*destructor)(void*)) __asm__("__pthread_key_create");
int key_create(pthread_key_t*, void (*)(void*)) {
  return EAGAIN;
}
}

extern "C" {

/// glibc 2.38: strtoul, which the pool for exceptions without memory reads its size by, out of the
/// environment: no number is found there, and the size is the one compiled in.
unsigned long read_number(const char* text, char** end, int base) __asm__("__isoc23_strtoul");
unsigned long read_number(const char* text, char** end, int) {
  if (end != nullptr) {
    *end = const_cast<char*>(text);
  }
  return 0;
}
}

#ifdef DLFO_STRUCT_HAS_EH_DBASE
namespace {

struct Search {
  std::uintptr_t address;
  dl_find_object* result;
};

int look_into(dl_phdr_info* object, std::size_t, void* data) {
  const auto& search = *static_cast<Search*>(data);
  bool is_inside = false;
  const ElfW(Phdr)* frames = nullptr;
  for (const ElfW(Phdr)* part = object->dlpi_phdr; part != object->dlpi_phdr + object->dlpi_phnum; ++part) {
    const std::uintptr_t begin = object->dlpi_addr + part->p_vaddr;
    if (part->p_type == PT_LOAD && search.address >= begin && search.address - begin < part->p_memsz) {
      is_inside = true;
    } else if (part->p_type == PT_GNU_EH_FRAME) {
      frames = part;
    }
  }
  if (!is_inside || frames == nullptr) {
    return 0;
  }
  search.result->dlfo_eh_frame = reinterpret_cast<void*>(object->dlpi_addr + frames->p_vaddr);
  return 1;
}

}  // namespace

extern "C" {

/// glibc 2.35: finds the loaded object that an address lies in; the unwinder wants its dlfo_eh_frame alone.
int find_object(void* address, dl_find_object* result) __asm__("_dl_find_object");
int find_object(void* address, dl_find_object* result) {
  *result = {};
  Search search{reinterpret_cast<std::uintptr_t>(address), result};
  return dl_iterate_phdr(look_into, &search) == 1 ? 0 : -1;
}
}
#endif
