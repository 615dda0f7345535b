#include "os/subprocess.hpp"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "base/deadline.hpp"
#include "base/descriptor.hpp"

namespace mta_sts {
namespace {

constexpr std::size_t output_limit_bytes = std::size_t{4} * 1024 * 1024;
constexpr std::size_t pipe_bytes =
    std::size_t{1024} * 1024;  // more than a pipe holds unless root says otherwise
constexpr int cannot_start = 127;

struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) == 0) {
      reader = Descriptor(ends[0]);
      writer = Descriptor(ends[1]);
    }
  }

  Descriptor reader;
  Descriptor writer;
};

// What a program must not have of its parent's: descriptors that a library has opened without O_CLOEXEC, and
// an ignored SIGPIPE or blocked signals, which execve() keeps.
void leave_behind_what_is_ours() {
  constexpr unsigned first_of_others = STDERR_FILENO + 1;
  static_cast<void>(close_range(first_of_others, ~0U, CLOSE_RANGE_CLOEXEC));
  static_cast<void>(std::signal(SIGPIPE, SIG_DFL));
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

// Becomes the other program; gives only errno where that fails. No allocation: the parent may have threads.
int become(char* const* argv, int in, int out, int err, std::optional<RunAs> as) {
  std::array<char, 32> path{"PATH=/usr/sbin:/usr/bin"};
  std::array<char, 16> locale{"LC_ALL=C"};
  std::array<char*, 3> environment{path.data(), locale.data(), nullptr};
  if (dup2(in, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 || dup2(err, STDERR_FILENO) < 0) {
    return errno;
  }
  leave_behind_what_is_ours();
  if (as && (setgroups(1, &as->group) != 0 || setgid(as->group) != 0 || setuid(as->user) != 0)) {
    return errno;
  }
  execve(argv[0], argv, environment.data());
  return errno;
}

// A file in memory: the program reads it whenever it likes, and nobody waits for it to do so.
Descriptor input_file(std::string_view input) {
  Descriptor file(memfd_create("input", MFD_CLOEXEC));
  while (file.is_open() && !input.empty()) {
    const ssize_t size = write(file.get(), input.data(), input.size());
    if (size > 0) {
      input.remove_prefix(static_cast<std::size_t>(size));
    } else if (errno != EINTR) {
      file.reset();
    }
  }
  if (file.is_open()) {
    lseek(file.get(), 0, SEEK_SET);
  }
  return file;
}

// Takes what is there, and gives how many bytes; nothing at the end of the stream.
std::size_t drain(int fd, std::string& into) {
  std::array<char, 16384> chunk{};
  ssize_t size = -1;
  do {
    size = read(fd, chunk.data(), chunk.size());
  } while (size < 0 && errno == EINTR);
  if (size <= 0) {
    return 0;
  }
  const auto taken = static_cast<std::size_t>(size);
  into.append(chunk.data(), std::min(taken, output_limit_bytes - into.size()));
  return taken;
}

// Takes what an ended program has left in a pipe, and does not wait for the end of the stream: a process that
// it left behind may hold the other end for as long as it likes (Exim's delivers the mail), and may go on
// writing.
void drain_rest(const Pipe& pipe, std::string& into) {
  const int flags = pipe.reader.is_open() ? fcntl(pipe.reader.get(), F_GETFL) : -1;
  if (flags < 0 || fcntl(pipe.reader.get(), F_SETFL, flags | O_NONBLOCK) != 0) {
    return;
  }
  for (std::size_t left = pipe_bytes; left > 0;) {
    const std::size_t taken = drain(pipe.reader.get(), into);
    if (taken == 0) {
      return;
    }
    left -= std::min(left, taken);
  }
}

// Reads both streams until the program has ended, or to their ends where the system cannot tell of that
// (Linux before 5.3); false where that lasts beyond the deadline.
bool read_all(const Descriptor& program, Pipe& out, Pipe& err, ProgramResult& result, Deadline deadline) {
  while (program.is_open() || out.reader.is_open() || err.reader.is_open()) {
    const auto left = deadline.left();
    std::array<pollfd, 3> waiting{pollfd{.fd = out.reader.get(), .events = POLLIN, .revents = 0},
                                  pollfd{.fd = err.reader.get(), .events = POLLIN, .revents = 0},
                                  pollfd{.fd = program.get(), .events = POLLIN, .revents = 0}};
    if (left.count() == 0 ||
        (poll(waiting.data(), waiting.size(), static_cast<int>(left.count())) < 0 && errno != EINTR)) {
      return false;
    }
    if (waiting[2].revents != 0) {
      drain_rest(out, result.output);
      drain_rest(err, result.errors);
      return true;
    }
    if (waiting[0].revents != 0 && drain(out.reader.get(), result.output) == 0) {
      out.reader.reset();
    }
    if (waiting[1].revents != 0 && drain(err.reader.get(), result.errors) == 0) {
      err.reader.reset();
    }
  }
  return true;
}

int wait_for_end(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

std::expected<ProgramResult, std::string> run_program(const std::vector<std::string>& words,
                                                      std::chrono::seconds limit, std::optional<RunAs> as,
                                                      std::string_view input) {
  std::vector<std::string> copies = words;
  std::vector<char*> argv;
  argv.reserve(copies.size() + 1);
  for (std::string& word : copies) {
    argv.push_back(word.data());
  }
  argv.push_back(nullptr);
  Pipe out;
  Pipe err;
  Pipe failure;
  const Descriptor in = input_file(input);
  const bool is_ready =
      in.is_open() && out.reader.is_open() && err.reader.is_open() && failure.reader.is_open();
  const pid_t child = is_ready ? fork() : -1;
  if (child < 0) {
    return std::unexpected("no process could be started: " + std::string(std::strerror(errno)));
  }
  if (child == 0) {
    const int reason = become(argv.data(), in.get(), out.writer.get(), err.writer.get(), as);
    (void)!write(failure.writer.get(), &reason, sizeof reason);
    _exit(cannot_start);
  }
  out.writer.reset();
  err.writer.reset();
  failure.writer.reset();
  ProgramResult result;
  // By its number: the header of glibc 2.36 declares it for C alone.
  const Descriptor program(static_cast<int>(syscall(SYS_pidfd_open, child, 0U)));
  const bool ended = read_all(program, out, err, result, Deadline::in(limit));
  if (!ended) {
    kill(child, SIGKILL);
  }
  result.exit_code = wait_for_end(child);
  int reason = 0;
  if (read(failure.reader.get(), &reason, sizeof reason) == sizeof reason) {
    return std::unexpected(words.front() + " cannot be run: " + std::strerror(reason));
  }
  if (!ended) {
    return std::unexpected(words.front() + " did not end within " + std::to_string(limit.count()) + " s");
  }
  return result;
}

}  // namespace mta_sts
