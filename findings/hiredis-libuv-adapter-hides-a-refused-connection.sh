#!/usr/bin/env bash
# hiredis 0.14.1: with its adapter for libuv a program never hears that a connection was refused; with that for libevent it does.
#
# redisAsyncConnect() begins a connection to a port where nobody listens. The adapter for libuv returns from its callback when
# libuv gives a negative status, which is how libuv tells of POLLERR, and leaves the watch as it is: the callback of
# redisAsyncSetConnectCallback() is not called then, and what was asked by redisAsyncCommand() is never answered. The same program with
# the adapter for libevent, whose event has no such status, is told at once. Seen with Debian 12's packages, in two seconds:
#   libuv:    connect callback none, reply none
#   libevent: connect callback "Connection refused", reply null
# Nothing is installed but what is missing of a C compiler; the packages are unpacked in a temporary folder.
set -euo pipefail
version=0.14.1-3
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
cd "$room"
apt-get -qq -o APT::Sandbox::User=root download "libhiredis0.14=$version" "libhiredis-dev=$version" \
  libuv1=1.44.2-1+deb12u1 libuv1-dev=1.44.2-1+deb12u1 libevent-2.1-7=2.1.12-stable-8+deb12u1 libevent-core-2.1-7=2.1.12-stable-8+deb12u1 libevent-dev=2.1.12-stable-8+deb12u1
for package in *.deb; do dpkg-deb -x "$package" root; done

cat >ask.c <<'C'
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <hiredis/async.h>

static char told[128] = "none", answer[16] = "none";

static void on_connect(const redisAsyncContext* c, int status) {
  snprintf(told, sizeof told, "\"%s\"", status == REDIS_OK ? "connected" : c->errstr);
}
static void on_reply(redisAsyncContext* c, void* reply, void* data) {
  (void)c, (void)data;
  strcpy(answer, reply ? "a value" : "null");
}
static void begin(redisAsyncContext* c) {
  redisAsyncSetConnectCallback(c, on_connect);
  redisAsyncCommand(c, on_reply, NULL, "PING");
}
static void tell(void) {
  printf("connect callback %s, reply %s\n", told, answer);
  exit(0);
}

#ifdef WITH_UV
#include <hiredis/adapters/libuv.h>
static void on_end(uv_timer_t* timer) {
  (void)timer;
  tell();
}
int main(int count, char** words) {
  (void)count;
  redisAsyncContext* c = redisAsyncConnect("127.0.0.1", atoi(words[1]));
  redisLibuvAttach(c, uv_default_loop());
  begin(c);
  uv_timer_t end;
  uv_timer_init(uv_default_loop(), &end);
  uv_timer_start(&end, on_end, 2000, 0);
  uv_run(uv_default_loop(), UV_RUN_DEFAULT);
}
#else
#include <hiredis/adapters/libevent.h>
static void on_end(evutil_socket_t none, short what, void* data) {
  (void)none, (void)what, (void)data;
  tell();
}
int main(int count, char** words) {
  (void)count;
  struct event_base* base = event_base_new();
  redisAsyncContext* c = redisAsyncConnect("127.0.0.1", atoi(words[1]));
  redisLibeventAttach(c, base);
  begin(c);
  const struct timeval two_seconds = {2, 0};
  event_base_once(base, -1, EV_TIMEOUT, on_end, NULL, &two_seconds);
  event_base_dispatch(base);
}
#endif
C
libraries=root/usr/lib/x86_64-linux-gnu
for loop in uv event; do
  defined=
  [ "$loop" = event ] || defined=-DWITH_UV
  gcc $defined -Iroot/usr/include -Iroot/usr/include/x86_64-linux-gnu ask.c -o "ask-$loop" "-L$libraries" -lhiredis "-l$loop"
done
# A port that is bound and not listened at refuses, and nobody else gets it meanwhile.
ask() {
  LD_LIBRARY_PATH=$libraries python3 -c 'import socket, subprocess, sys
held = socket.socket()
held.bind(("127.0.0.1", 0))
sys.exit(subprocess.call([sys.argv[1], str(held.getsockname()[1])]))' "./ask-$1"
}
uv=$(ask uv)
event=$(ask event)
printf 'hiredis %s\nlibuv:    %s\nlibevent: %s\n' "$version" "$uv" "$event"
[ "$uv" = 'connect callback none, reply none' ]
[ "$event" = 'connect callback "Connection refused", reply null' ]
