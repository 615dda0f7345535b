/* Loaded before libc's: the wall clock stands at CLOCK_AT, seconds since 1970; every other clock goes on. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec* now) {
  const char* seconds = getenv("CLOCK_AT");
  if (clock != CLOCK_REALTIME || seconds == NULL) {
    return (int)syscall(SYS_clock_gettime, clock, now);
  }
  now->tv_sec = strtol(seconds, NULL, 10);
  now->tv_nsec = 0;
  return 0;
}
