#!/usr/bin/env bash
# libcurl 7.88: an answer whose head is longer than libcurl keeps ends with CURLE_OUT_OF_MEMORY (27).
#
# The number means "a memory allocation request failed", which reads as trouble of the client's own host. Here it is the
# server's doing alone: one header field of 120 KiB, over the limit of 100 KiB on what is kept of a head. A client that
# tries again for ever where its own memory ran out does so for any server that wants it to. Seen with Debian 12's package:
#   field of   1 KiB: exit 0
#   field of 120 KiB: exit 27
set -euo pipefail
version=7.88.1-10+deb12u15
room=$(mktemp -d)
trap 'rm -rf "$room"; [ -z "${server-}" ] || kill "$server"' EXIT
cd "$room"
mkdir -p debs/partial
apt-get -qq -y -o Dir::Cache::archives="$room/debs" -o APT::Sandbox::User=root install --download-only --reinstall \
  "curl=$version" "libcurl4=$version" >/dev/null
for package in debs/*.deb; do dpkg-deb -x "$package" root; done
export LD_LIBRARY_PATH=$room/root/usr/lib/x86_64-linux-gnu

cat >server.py <<'PYTHON'
import socket
door = socket.create_server(("127.0.0.1", 0))
print(door.getsockname()[1], flush=True)
while True:
    client, _ = door.accept()
    asked = client.recv(4096)
    size = int(asked.split()[1].strip(b"/"))
    client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-Long: " + b"a" * size + b"\r\n\r\n")
    client.close()
PYTHON
mkfifo port
/usr/bin/python3 server.py >port &
server=$!
read -r port <port

# code_of BYTES - gives curl's exit code for an answer with a header field of this size.
code_of() {
  local code=0
  root/usr/bin/curl -sS -o /dev/null --max-time 20 "http://127.0.0.1:$port/$1" || code=$?
  echo "$code"
}

short=$(code_of 1024)
long=$(code_of 122880)
printf 'libcurl %s\nfield of   1 KiB: exit %s\nfield of 120 KiB: exit %s\n' "$version" "$short" "$long"
[ "$short" = 0 ]
[ "$long" = 27 ]
