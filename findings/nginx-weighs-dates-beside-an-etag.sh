#!/usr/bin/env bash
# nginx 1.22: a request whose If-None-Match names the file's ETag gets the whole file if its If-Modified-Since has another date.
#
# RFC 9110 section 13.1.3: a recipient must ignore If-Modified-Since where If-None-Match is there, so the matching ETag alone
# makes it a 304. nginx asks both and answers 304 only where both say that nothing has changed; by default the date must
# even be equal to the second (if_modified_since exact). A cache that keeps the ETag of one node and the date of another, or
# whose file was copied without its time, never gets a 304. `if_modified_since before` takes later dates,
# and `off` calls every file changed that was asked for with a date. Seen with Debian
# 12's package, for a file with its own ETag:
#   If-None-Match alone:                          304
#   with If-Modified-Since, the file's date:      304
#   with If-Modified-Since, a day later:          200
#   the same, if_modified_since before:           304
#   the same, if_modified_since off:              200
set -euo pipefail
version=1.22.1-9+deb12u11
room=$(mktemp -d)
trap '[ -z "${server-}" ] || kill "$server"; rm -rf "$room"' EXIT
cd "$room"
chmod 755 "$room"
apt-get -qq -o APT::Sandbox::User=root download "nginx=$version"
dpkg-deb -x nginx_*.deb root
mkdir files
echo "text" >files/text
touch -d '2026-01-01 00:00:00 UTC' files/text
port=$(/usr/bin/python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
cat >nginx.conf <<CONF
daemon off;
master_process off;
pid $room/pid;
events {}
http {
    access_log off;
    client_body_temp_path $room/body; proxy_temp_path $room/proxy; fastcgi_temp_path $room/fastcgi;
    uwsgi_temp_path $room/uwsgi; scgi_temp_path $room/scgi;
    server {
        listen 127.0.0.1:$port;
        root $room/files;
        location = /before { if_modified_since before; alias $room/files/text; }
        location = /off { if_modified_since off; alias $room/files/text; }
    }
}
CONF
root/usr/sbin/nginx -p "$room" -c nginx.conf -e error.log &
server=$!
until [ -s pid ] || ! kill -0 "$server" 2>/dev/null; do read -r -t 0.1 <> <(:) || true; done

# answer PATH FIELD... - gives the status for a request with these header fields.
answer() {
  /usr/bin/python3 - "$port" "$@" <<'PYTHON'
import http.client
import sys

port, path, *fields = sys.argv[1:]
server = http.client.HTTPConnection("127.0.0.1", int(port), timeout=20)
server.request("HEAD", path)
answer = server.getresponse()
answer.read()
headers = dict(field.split(": ", 1) for field in fields)
server.request("GET", path, headers={"If-None-Match": answer.headers["ETag"], **headers})
print(server.getresponse().status)
PYTHON
}

result="If-None-Match alone: $(answer /text)
with If-Modified-Since, the file's date: $(answer /text 'If-Modified-Since: Thu, 01 Jan 2026 00:00:00 GMT')
with If-Modified-Since, a day later: $(answer /text 'If-Modified-Since: Fri, 02 Jan 2026 00:00:00 GMT')
the same, if_modified_since before: $(answer /before 'If-Modified-Since: Fri, 02 Jan 2026 00:00:00 GMT')
the same, if_modified_since off: $(answer /off 'If-Modified-Since: Fri, 02 Jan 2026 00:00:00 GMT')"
printf 'nginx %s\n%s\n' "$version" "$result"
[ "$result" = "If-None-Match alone: 304
with If-Modified-Since, the file's date: 304
with If-Modified-Since, a day later: 200
the same, if_modified_since before: 304
the same, if_modified_since off: 200" ]
