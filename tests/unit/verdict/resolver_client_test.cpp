#include "verdict/resolver_client.hpp"

#include <dirent.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <thread>

#include "verdict/verdict_line.hpp"

namespace mta_sts {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::string_view none_line = "mode=none source=none\n";
constexpr uid_t other_user = 65534;

class Folder {
 public:
  Folder() {
    std::string name = "/tmp/mta-sts-test-XXXXXX";
    path_ = mkdtemp(name.data());
    chmod(path_.c_str(), 0755);
  }
  ~Folder() {
    unlink(socket().c_str());
    rmdir(path_.c_str());
  }
  [[nodiscard]] std::string socket() const { return path_ + "/s"; }

 private:
  std::string path_;
};

int listen_at(const std::string& path, int type = SOCK_STREAM, int backlog = 5) {
  const int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(static_cast<char*>(address.sun_path), sizeof address.sun_path - 1);
  EXPECT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  chmod(path.c_str(), 0666);
  if (type == SOCK_STREAM) {
    EXPECT_EQ(listen(fd, backlog), 0);
  }
  return fd;
}

std::string read_request(int fd) {
  std::string request;
  char c = 0;
  while (read(fd, &c, 1) == 1 && c != '\n') {
    request += c;
  }
  return request;
}

void write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t size = send(fd, text.data(), text.size(), MSG_NOSIGNAL);
    if (size <= 0) {
      return;
    }
    text.remove_prefix(static_cast<std::size_t>(size));
  }
}

// Until the client hangs up: the script's way to stay silent.
void wait_for_hangup(int fd) {
  char c = 0;
  while (read(fd, &c, 1) > 0) {
  }
}

// A resolver that serves each connection by a script, one after the other.
class ScriptedResolver {
 public:
  explicit ScriptedResolver(std::function<void(int)> script)
      : listener_(listen_at(folder_.socket())), thread_([this, script = std::move(script)] {
          for (int fd = accept_next(); fd >= 0; fd = accept_next()) {
            script(fd);
            close(fd);
          }
        }) {}
  ~ScriptedResolver() {
    shutdown(listener_, SHUT_RDWR);
    thread_.join();
    close(listener_);
  }
  [[nodiscard]] ResolverAddress address(milliseconds wait = milliseconds(10000)) const {
    return {.socket_path = folder_.socket(), .wait = wait};
  }

 private:
  [[nodiscard]] int accept_next() const { return accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC); }

  Folder folder_;
  int listener_;
  std::thread thread_;
};

Verdict ask_answering(std::string answer) {
  const ScriptedResolver resolver([&answer](int fd) {
    read_request(fd);
    write_all(fd, answer);
  });
  return ask_resolver(resolver.address(), "example.com");
}

TEST(ResolverClient, AsksForTheDomainAndReadsTheVerdict) {
  std::string request;
  const ScriptedResolver resolver([&request](int fd) {
    request = read_request(fd);
    write_all(fd, none_line);
  });
  EXPECT_EQ(ask_resolver(resolver.address(),
                         "b\xC3\xBC"
                         "cher.example"),
            Verdict{.mode = VerdictMode::none});
  EXPECT_EQ(request,
            "verdict b\xC3\xBC"
            "cher.example");  // U-labels go as they came
}

TEST(ResolverClient, ReadsAnAnswerThatComesInPieces) {
  const ScriptedResolver resolver([](int fd) {
    read_request(fd);
    for (const char c : none_line) {
      write_all(fd, {&c, 1});
    }
  });
  EXPECT_EQ(ask_resolver(resolver.address(), "a.example").mode, VerdictMode::none);
}

TEST(ResolverClient, ReadsTheLargestPolicy) {
  Verdict verdict{.mode = VerdictMode::enforce, .id = "1", .source = VerdictSource::cache};
  verdict.expires = std::chrono::sys_seconds(std::chrono::seconds(1));
  for (int i = 0; i < 8000; ++i) {
    verdict.mx.push_back("*.a" + std::to_string(i) + ".example");
  }
  EXPECT_EQ(ask_answering(render_verdict_line(verdict) + "\n"), verdict);
}

TEST(ResolverClient, RefusesDomainsThatDoNotFitARequest) {
  const ResolverAddress nowhere{.socket_path = "/nonexistent/s", .wait = milliseconds(1000)};
  const auto reason = [&](std::string_view domain) { return ask_resolver(nowhere, domain).reason; };
  EXPECT_EQ(reason(""), "domain-empty");
  EXPECT_EQ(reason(std::string(2000, 'a')), "domain-too-long");
  EXPECT_EQ(reason(std::string(255, 'a')), "domain-too-long");  // no name of DNS, so nobody need be asked
  EXPECT_EQ(reason(std::string(254, 'a')), "resolver-unreachable");  // 253 and a root dot may be one
  EXPECT_EQ(reason("a.example\nverdict b.example"), "domain-bad-character");
  EXPECT_EQ(reason("a.example\r"), "domain-bad-character");
  EXPECT_EQ(reason("a b"), "domain-bad-character");
  EXPECT_EQ(reason(std::string_view("a\0b", 3)), "domain-bad-character");
  EXPECT_EQ(reason("a.example"), "resolver-unreachable");
}

TEST(ResolverClient, SaysThatTheResolverIsNotThere) {
  const Folder folder;
  EXPECT_EQ(ask_resolver({.socket_path = folder.socket()}, "a.example").reason, "resolver-unreachable");
  close(listen_at(folder.socket()));  // the file of a resolver that has died
  EXPECT_EQ(ask_resolver({.socket_path = folder.socket()}, "a.example").reason, "resolver-unreachable");
}

TEST(ResolverClient, SaysThatThePathIsNoSocketOfAResolver) {
  const Folder folder;
  const int datagram = listen_at(folder.socket(), SOCK_DGRAM);
  EXPECT_EQ(ask_resolver({.socket_path = folder.socket()}, "a.example").reason, "resolver-unreachable");
  close(datagram);
  EXPECT_EQ(ask_resolver({.socket_path = "/dev/null"}, "a.example").reason, "resolver-unreachable");
  EXPECT_EQ(ask_resolver({.socket_path = ""}, "a.example").reason, "resolver-unreachable");
  EXPECT_EQ(ask_resolver({.socket_path = "/" + std::string(108, 's')}, "a.example").reason,
            "socket-path-too-long");
  EXPECT_EQ(ask_resolver({.socket_path = "/" + std::string(106, 's')}, "a.example").reason,
            "resolver-unreachable");
}

TEST(ResolverClient, DistrustsGarbledAnswers) {
  for (const std::string_view answer :
       {"\n", "hello\n", "mode=none source=none", "mode=none source=none\nmode=none source=none\n",
        "mode=none source=none\n ", "mode=none source=none\r\n", "mode=enforce id=1\n"}) {
    EXPECT_EQ(ask_answering(std::string(answer)).reason, "answer-garbled") << answer;
  }
  EXPECT_EQ(ask_answering(std::string("mode=none\0source=none\n", 22)).reason, "answer-garbled");
}

TEST(ResolverClient, StopsReadingAnAnswerWithoutEnd) {
  const ScriptedResolver resolver([](int fd) {
    read_request(fd);
    const std::string chunk(65536, 'a');
    for (int i = 0; i < 1024; ++i) {  // 64 MiB, were all of it read
      write_all(fd, chunk);
    }
  });
  EXPECT_EQ(ask_resolver(resolver.address(), "a.example").reason, "answer-garbled");
}

TEST(ResolverClient, TellsAClosedConnectionFromHalfALine) {
  EXPECT_EQ(ask_answering("").reason, "resolver-unreachable");
  EXPECT_EQ(ask_answering("mode=no").reason, "answer-garbled");
}

TEST(ResolverClient, AsksOnceMoreWhereTheConnectionIsLost) {
  int connections = 0;
  const auto ask = [&connections](int lost, bool with_reset) {
    connections = 0;
    const ScriptedResolver resolver([&connections, lost, with_reset](int fd) {
      if (++connections > lost) {
        read_request(fd);
        write_all(fd, none_line);
      } else if (!with_reset) {  // what was sent and is not read resets the connection
        read_request(fd);
      }
    });
    const Verdict verdict = ask_resolver(resolver.address(), "a.example");
    return verdict.mode == VerdictMode::none ? "answered" : verdict.reason;
  };
  for (const bool with_reset : {false, true}) {
    EXPECT_EQ(ask(1, with_reset), "answered");
    EXPECT_EQ(ask(99, with_reset), "resolver-unreachable");
    EXPECT_EQ(connections, 2);
  }
}

TEST(ResolverClient, ReadsTheAnswerOfAResolverThatDoesNotListen) {
  const ScriptedResolver resolver([](int fd) {
    write_all(fd, "mode=temp reason=too-busy source=none\n");
    shutdown(fd, SHUT_RD);
    wait_for_hangup(fd);
  });
  EXPECT_EQ(ask_resolver(resolver.address(), "a.example").reason, "too-busy");
}

TEST(ResolverClient, WaitsNoLongerThanItsDeadline) {
  const std::function<void(int)> silent = [](int fd) { wait_for_hangup(fd); };
  const std::function<void(int)> dripping = [](int fd) {
    read_request(fd);
    pollfd gone{.fd = fd, .events = POLLIN, .revents = 0};
    while (poll(&gone, 1, 5) == 0) {  // one byte each 5 ms, and never a line
      write_all(fd, "m");
    }
  };
  for (const auto& script : {silent, dripping}) {
    const ScriptedResolver resolver(script);
    const auto begin = steady_clock::now();
    EXPECT_EQ(ask_resolver(resolver.address(milliseconds(100)), "a.example").reason, "deadline");
    EXPECT_GE(steady_clock::now() - begin, milliseconds(100));
    EXPECT_LT(steady_clock::now() - begin, milliseconds(5000));  // an idle machine needs 101
  }
}

TEST(ResolverClient, WaitsNoLongerWhileTheQueueOfConnectionsIsFull) {
  const Folder folder;
  const int listener = listen_at(folder.socket(), SOCK_STREAM, 0);
  std::vector<int> waiting;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  folder.socket().copy(static_cast<char*>(address.sun_path), sizeof address.sun_path - 1);
  while (true) {
    waiting.push_back(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (connect(waiting.back(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      break;
    }
  }
  EXPECT_EQ(ask_resolver({.socket_path = folder.socket(), .wait = milliseconds(50)}, "a.example").reason,
            "deadline");
  for (const int fd : waiting) {
    close(fd);
  }
  close(listener);
}

TEST(ResolverClient, GivesUpAtOnceWithNoTimeToWait) {
  const Folder folder;
  const int listener = listen_at(folder.socket());
  for (const auto wait : {milliseconds(0), milliseconds(-5)}) {
    EXPECT_EQ(ask_resolver({.socket_path = folder.socket(), .wait = wait}, "a.example").reason, "deadline");
  }
  close(listener);
}

void ignore_signal(int) {}

TEST(ResolverClient, LivesThroughTheHostsAlarms) {
  struct sigaction handler {};
  handler.sa_handler = ignore_signal;  // no SA_RESTART, as Exim sets its own
  struct sigaction before {};
  sigaction(SIGALRM, &handler, &before);
  const pthread_t asker = pthread_self();
  const ScriptedResolver resolver([asker](int fd) {
    read_request(fd);
    for (int i = 0; i < 50; ++i) {
      pthread_kill(asker, SIGALRM);
      std::this_thread::yield();
    }
    write_all(fd, none_line);
  });
  EXPECT_EQ(ask_resolver(resolver.address(), "a.example").mode, VerdictMode::none);
  sigaction(SIGALRM, &before, nullptr);
}

std::size_t open_descriptors() {
  std::size_t count = 0;
  DIR* const folder = opendir("/proc/self/fd");
  while (readdir(folder) != nullptr) {
    ++count;
  }
  closedir(folder);
  return count;
}

TEST(ResolverClient, LeavesNoDescriptorBehind) {
  const std::size_t before = open_descriptors();
  ask_answering(std::string(none_line));
  ask_answering("garbage\n");
  (void)ask_resolver({.socket_path = "/nonexistent/s"}, "a.example");
  EXPECT_EQ(open_descriptors(), before);
}

// Runs `body` in a child process as another user and gives its exit status.
int run_as_other_user(const std::function<int()>& body) {
  const pid_t child = fork();
  if (child == 0) {
    _exit(setgid(other_user) == 0 && setuid(other_user) == 0 ? body() : 99);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 98;
}

TEST(ResolverClient, SaysThatItHasNoRightToTheSocket) {
  if (geteuid() != 0) {
    GTEST_SKIP() << "needs root, to become another user";
  }
  const Folder folder;
  const int listener = listen_at(folder.socket());
  chmod(folder.socket().c_str(), 0600);
  EXPECT_EQ(run_as_other_user([&] {
              return ask_resolver({.socket_path = folder.socket()}, "a.example").reason == "socket-permission"
                         ? 0
                         : 1;
            }),
            0);
  close(listener);
}

// Starts a process of another user that listens at `path` and answers one connection; gives its pid once it
// listens.
pid_t start_resolver_of_other_user(const std::string& path, bool root_makes_socket = false) {
  std::array<int, 2> ready{};
  EXPECT_EQ(pipe(ready.data()), 0);
  const pid_t child = fork();
  if (child == 0) {
    const int roots = root_makes_socket ? listen_at(path) : -1;
    const bool is_other = setgid(other_user) == 0 && setuid(other_user) == 0;
    const int listener = root_makes_socket ? roots : listen_at(path);
    if (root_makes_socket && listen(listener, 1) != 0) {  // from now on its peers see the other user
      _exit(98);
    }
    (void)!write(ready[1], "x", 1);
    const int fd = accept(listener, nullptr, nullptr);
    read_request(fd);
    write_all(fd, none_line);
    _exit(is_other ? 0 : 99);
  }
  char c = 0;
  EXPECT_EQ(read(ready[0], &c, 1), 1);
  close(ready[0]);
  close(ready[1]);
  return child;
}

TEST(ResolverClient, TrustsWhomRootLetsAnswerAtASocketOfItsOwn) {
  if (geteuid() != 0) {
    GTEST_SKIP() << "needs root, to become another user";
  }
  const Folder folder;
  const std::string parent = folder.socket().substr(0, folder.socket().size() - 2);
  chmod(parent.c_str(), 0755);
  const auto ask = [&](auto before) {
    const pid_t resolver = start_resolver_of_other_user(folder.socket(), true);
    before();
    const std::string reason = ask_resolver({.socket_path = folder.socket()}, "a.example").reason;
    waitpid(resolver, nullptr, 0);
    unlink(folder.socket().c_str());
    return reason;
  };
  EXPECT_EQ(ask([] {}), "");
  EXPECT_EQ(ask([&] { EXPECT_EQ(chown(folder.socket().c_str(), other_user, other_user), 0); }),
            "peer-not-trusted");
  EXPECT_EQ(ask([&] { chmod(parent.c_str(), 0777); }), "peer-not-trusted");
  chmod(parent.c_str(), 0755);
  EXPECT_EQ(ask([&] { EXPECT_EQ(chown(parent.c_str(), other_user, other_user), 0); }), "peer-not-trusted");
}

TEST(ResolverClient, TrustsItsOwnUserAndNoOther) {
  if (geteuid() != 0) {
    GTEST_SKIP() << "needs root, to become another user";
  }
  const Folder folder;
  chmod(folder.socket().substr(0, folder.socket().size() - 2).c_str(), 0777);
  pid_t resolver = start_resolver_of_other_user(folder.socket());
  EXPECT_EQ(ask_resolver({.socket_path = folder.socket()}, "a.example").reason, "peer-not-trusted");
  waitpid(resolver, nullptr, 0);
  unlink(folder.socket().c_str());
  resolver = start_resolver_of_other_user(folder.socket());
  EXPECT_EQ(
      run_as_other_user([&] {
        return ask_resolver({.socket_path = folder.socket()}, "a.example").mode == VerdictMode::none ? 0 : 1;
      }),
      0);
  waitpid(resolver, nullptr, 0);
}

}  // namespace
}  // namespace mta_sts
