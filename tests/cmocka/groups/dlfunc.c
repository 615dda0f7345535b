/* The Exim plugin on a scripted socket: every system call that it makes on one is ours (linker's --wrap). */

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#define ANSWER                                                                     \
  "mode=enforce id=7 mx=\"mx.example.com\" ignore=\"! ^mx[.]example[.]com$ ; *\" " \
  "source=cache expires=1893456000"

enum { unknown_user = 987654 };

#ifdef __cplusplus
extern "C" {
#endif
/* The functions of the plugin, as Exim declares them. */
int mta_sts_verdict(unsigned char** yield, int argc, unsigned char** argv);
int mta_sts_cert(unsigned char** yield, int argc, unsigned char** argv);

int __wrap_connect(int fd, const struct sockaddr* address, socklen_t size);
int __wrap_getsockopt(int fd, int level, int name, void* value, socklen_t* size);
int __wrap_poll(struct pollfd* fds, nfds_t count, int timeout);
ssize_t __wrap_send(int fd, const void* data, size_t size, int flags);
ssize_t __wrap_recv(int fd, void* data, size_t size, int flags);
#ifdef __cplusplus
}
#endif

/* Each answers with its will_return; a negative value is an errno. */
static int outcome(int value) {
  if (value < 0) {
    errno = -value;
    return -1;
  }
  return value;
}

int __wrap_connect(int fd, const struct sockaddr* address, socklen_t size) {
  const char* path = ((const struct sockaddr_un*)(const void*)address)->sun_path;
  (void)fd;
  (void)size;
  check_expected_ptr(path);
  return outcome(mock_type(int));
}

int __wrap_getsockopt(int fd, int level, int name, void* value, socklen_t* size) {
  /* struct ucred: the process, the user, the group */
  unsigned ids[3] = {1, mock_type(unsigned), 0};
  (void)fd;
  assert_int_equal(level, SOL_SOCKET);
  assert_int_equal(name, SO_PEERCRED);
  assert_int_equal(*size, sizeof ids);
  memcpy(value, ids, sizeof ids);
  return 0;
}

int __wrap_poll(struct pollfd* fds, nfds_t count, int timeout) {
  (void)fds;
  assert_int_equal(count, 1);
  assert_in_range(timeout, 1, 60000);
  return outcome(mock_type(int));
}

ssize_t __wrap_send(int fd, const void* data, size_t size, int flags) {
  char request[64];
  (void)fd;
  assert_true(flags & MSG_NOSIGNAL);
  assert_in_range(size, 1, sizeof request - 1);
  memcpy(request, data, size);
  request[size] = '\0';
  check_expected_ptr(request);
  return outcome(mock_type(int));
}

ssize_t __wrap_recv(int fd, void* data, size_t size, int flags) {
  const char* answer = mock_ptr_type(const char*);
  (void)fd;
  assert_true(flags & MSG_DONTWAIT);
  if (answer == NULL) {
    return outcome(mock_type(int));
  }
  assert_in_range(strlen(answer), 1, size);
  memcpy(data, answer, strlen(answer));
  return (ssize_t)strlen(answer);
}

/* What a process has learnt at one socket it does not ask again, so each question has a socket of its own. */
static char socket_word[] = "socket=/a";
static const char* const socket_path = socket_word + sizeof "socket=" - 1;

/* Calls the plugin as Exim does, for example.com. */
static const char* ask_again(void) {
  unsigned char domain[] = "example.com";
  unsigned char* argv[] = {domain, (unsigned char*)socket_word, NULL};
  unsigned char* yield = NULL;
  assert_int_equal(mta_sts_verdict(&yield, 2, argv), 0);
  assert_non_null(yield);
  return (const char*)yield;
}

/* The same at a socket that has not been asked at. */
static const char* ask(void) {
  const char* answer = ask_again();
  ++socket_word[sizeof socket_word - 2];
  return answer;
}

/* A resolver of root that takes the question. */
static void expect_the_question(void) {
  static const char question[] = "verdict example.com\n";
  expect_string(__wrap_connect, path, socket_path);
  will_return(__wrap_connect, 0);
  will_return(__wrap_getsockopt, 0);
  expect_string(__wrap_send, request, question);
  will_return(__wrap_send, sizeof question - 1);
}

static void gives_the_answer(void** state) {
  (void)state;
  expect_the_question();
  will_return(__wrap_poll, 1);
  will_return(__wrap_recv, ANSWER "\n");
  assert_string_equal(ask(), ANSWER);
}

static void joins_an_answer_in_pieces(void** state) {
  (void)state;
  expect_the_question();
  will_return_count(__wrap_poll, 1, 3);
  will_return(__wrap_recv, "mode=none ");
  will_return(__wrap_recv, "source=none");
  will_return(__wrap_recv, "\n");
  assert_string_equal(ask(), "mode=none source=none");
}

static void waits_on_where_a_signal_came(void** state) {
  (void)state;
  expect_the_question();
  will_return(__wrap_poll, -EINTR);
  will_return_count(__wrap_poll, 1, 2);
  will_return(__wrap_recv, NULL);
  will_return(__wrap_recv, -EINTR);
  will_return(__wrap_recv, "mode=none source=none\n");
  assert_string_equal(ask(), "mode=none source=none");
}

static void distrusts_a_garbled_answer(void** state) {
  (void)state;
  expect_the_question();
  will_return(__wrap_poll, 1);
  will_return(__wrap_recv, "mode=none source=none\nmode=none source=none\n");
  assert_string_equal(ask(), "mode=temp reason=answer-garbled source=none");
}

static void distrusts_half_an_answer(void** state) {
  (void)state;
  expect_the_question();
  will_return_count(__wrap_poll, 1, 2);
  will_return(__wrap_recv, "mode=none source=none");
  will_return(__wrap_recv, NULL);
  will_return(__wrap_recv, 0);
  assert_string_equal(ask(), "mode=temp reason=answer-garbled source=none");
}

/* A resolver that takes the question and ends without a byte of an answer. */
static void expect_the_end(int outcome) {
  expect_the_question();
  will_return(__wrap_poll, 1);
  will_return(__wrap_recv, NULL);
  will_return(__wrap_recv, outcome);
}

static void asks_once_more_where_the_resolver_went_away(void** state) {
  (void)state;
  expect_the_end(0);
  expect_the_question();
  will_return(__wrap_poll, 1);
  will_return(__wrap_recv, ANSWER "\n");
  assert_string_equal(ask(), ANSWER);
}

static void says_that_the_resolver_went_away(void** state) {
  (void)state;
  expect_the_end(-ECONNRESET);
  expect_the_end(0);
  assert_string_equal(ask(), "mode=temp reason=resolver-unreachable source=none");
}

static void sends_the_rest_of_a_question(void** state) {
  (void)state;
  expect_string(__wrap_connect, path, socket_path);
  will_return(__wrap_connect, 0);
  will_return(__wrap_getsockopt, 0);
  expect_string(__wrap_send, request, "verdict example.com\n");
  will_return(__wrap_send, 8);
  expect_string(__wrap_send, request, "example.com\n");
  will_return(__wrap_send, -EAGAIN);
  will_return(__wrap_poll, 1);
  expect_string(__wrap_send, request, "example.com\n");
  will_return(__wrap_send, 12);
  will_return(__wrap_poll, 1);
  will_return(__wrap_recv, "mode=none source=none\n");
  assert_string_equal(ask(), "mode=none source=none");
}

static void asks_no_stranger(void** state) {
  (void)state;
  expect_string(__wrap_connect, path, socket_path);
  will_return(__wrap_connect, 0);
  will_return(__wrap_getsockopt, unknown_user);
  assert_string_equal(ask(), "mode=temp reason=peer-not-trusted source=none");
}

static void says_why_it_cannot_connect(void** state) {
  static const struct {
    int error;
    const char* answer;
  } cases[] = {{ENOENT, "mode=temp reason=resolver-unreachable source=none"},
               {ECONNREFUSED, "mode=temp reason=resolver-unreachable source=none"},
               {EACCES, "mode=temp reason=socket-permission source=none"},
               {EPERM, "mode=temp reason=socket-permission source=none"},
               {EAGAIN, "mode=temp reason=deadline source=none"}};
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; ++i) {
    expect_any(__wrap_connect, path);
    will_return(__wrap_connect, -cases[i].error);
    if (cases[i].error == EAGAIN) {
      expect_any(__wrap_connect, path); /* is it alive? */
      will_return(__wrap_connect, -EAGAIN);
    }
    assert_string_equal(ask(), cases[i].answer);
  }
}

static void asks_once_for_a_domain(void** state) {
  (void)state;
  expect_the_question();
  will_return(__wrap_poll, 1);
  will_return(__wrap_recv, ANSWER "\n");
  assert_string_equal(ask_again(), ANSWER);
  assert_string_equal(ask(), ANSWER);
}

static void knocks_once_where_nobody_is(void** state) {
  (void)state;
  expect_string(__wrap_connect, path, socket_path);
  will_return(__wrap_connect, -ECONNREFUSED);
  assert_string_equal(ask_again(), "mode=temp reason=resolver-unreachable source=none");
  assert_string_equal(ask(), "mode=temp reason=resolver-unreachable source=none");
}

static void connects_again_after_a_signal(void** state) {
  (void)state;
  expect_string(__wrap_connect, path, socket_path);
  will_return(__wrap_connect, -EINTR);
  expect_the_question();
  will_return(__wrap_poll, 1);
  will_return(__wrap_recv, "mode=none source=none\n");
  assert_string_equal(ask(), "mode=none source=none");
}

static void connects_for_no_bad_domain(void** state) {
  unsigned char domain[] = "a\nverdict b";
  unsigned char* argv[] = {domain, NULL};
  unsigned char* yield = NULL;
  (void)state;
  assert_int_equal(mta_sts_verdict(&yield, 1, argv), 0);
  assert_string_equal((const char*)yield, "mode=temp reason=domain-bad-character source=none");
}

static void judges_certificates_without_a_socket(void** state) {
  unsigned char host[] = "mx.example.com";
  unsigned char names[] = "other.example\n*.example.com";
  unsigned char none[] = "";
  unsigned char* fitting[] = {host, names, NULL};
  unsigned char* unfitting[] = {host, none, NULL};
  unsigned char* yield = NULL;
  (void)state;
  assert_int_equal(mta_sts_cert(&yield, 2, fitting), 0);
  assert_string_equal((const char*)yield, "");
  assert_int_equal(mta_sts_cert(&yield, 2, unfitting), 0);
  assert_non_null(strstr((const char*)yield, "certificate-host-mismatch"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(gives_the_answer),
      cmocka_unit_test(joins_an_answer_in_pieces),
      cmocka_unit_test(waits_on_where_a_signal_came),
      cmocka_unit_test(distrusts_a_garbled_answer),
      cmocka_unit_test(distrusts_half_an_answer),
      cmocka_unit_test(asks_once_more_where_the_resolver_went_away),
      cmocka_unit_test(says_that_the_resolver_went_away),
      cmocka_unit_test(sends_the_rest_of_a_question),
      cmocka_unit_test(asks_no_stranger),
      cmocka_unit_test(says_why_it_cannot_connect),
      cmocka_unit_test(asks_once_for_a_domain),
      cmocka_unit_test(knocks_once_where_nobody_is),
      cmocka_unit_test(connects_again_after_a_signal),
      cmocka_unit_test(connects_for_no_bad_domain),
      cmocka_unit_test(judges_certificates_without_a_socket),
  };
  return cmocka_run_group_tests_name("dlfunc", tests, NULL, NULL);
}
