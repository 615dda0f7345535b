#!/usr/bin/env bash
# Apache httpd 2.4.71, mod_md: of an `MDomain` or `MDMember` line with more than 64 names only the first 64 are kept.
#
# A managed domain's names share one certificate; a host of many mail domains may write mta-sts.DOMAIN of each on the line.
# httpd hands a directive of this kind (AP_INIT_TAKE_ARGV) an array of 64 words and leaves the rest of the line out: no error,
# no warning, "Syntax OK". The names behind them get no certificate, so with `MDMembers manual` their TLS fails. (By default
# mod_md adds the names of the virtual host that uses the domain.) A line of `MDMember` for each name, in a `<MDomainSet>`,
# keeps all. mod_md writes what it manages to md/domains/NAME/md.json. Seen with Debian 12's package:
#   70 names on one line of MDomain:              64 names, the last mta-sts.d64.example
#   1 name, and 69 on one line of MDMember:       65 names, the last mta-sts.d65.example
#   1 name, and 69 lines of MDMember:             70 names, the last mta-sts.d70.example
set -euo pipefail
version=2.4.71-1~deb12u1
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
cd "$room"
mkdir -p debs/partial
apt-get -qq -y -o Dir::Cache::archives="$room/debs" -o APT::Sandbox::User=root install --download-only --reinstall \
  --no-install-recommends "apache2-bin=$version" >/dev/null
for package in debs/*.deb; do dpkg-deb -x "$package" root; done
export LD_LIBRARY_PATH=$room/root/usr/lib/x86_64-linux-gnu
chmod 755 "$room"

names=$(seq -f 'mta-sts.d%02.0f.example' 70 | paste -sd ' ')

# managed FOLDER LINES PORT - starts httpd with the lines and tells what mod_md manages then.
managed() {
  mkdir "$1"
  cat >"$1/httpd.conf" <<CONF
ServerRoot $room/$1
ServerName localhost
PidFile $room/$1/pid
DefaultRuntimeDir $room/$1
ErrorLog $room/$1/error.log
User nobody
Group nogroup
Listen 127.0.0.1:$3
LoadModule mpm_event_module $room/root/usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module $room/root/usr/lib/apache2/modules/mod_authz_core.so
LoadModule ssl_module $room/root/usr/lib/apache2/modules/mod_ssl.so
LoadModule md_module $room/root/usr/lib/apache2/modules/mod_md.so
MDCertificateAgreement accepted
MDRenewMode manual
MDMembers manual
$2
<VirtualHost *:443>
  ServerName mta-sts.d01.example
  SSLEngine on
</VirtualHost>
CONF
  root/usr/sbin/apache2 -f "$room/$1/httpd.conf" -DFOREGROUND 2>"$1/stderr" &
  local server=$!
  until [ -s "$1/pid" ] || ! kill -0 "$server" 2>/dev/null; do read -r -t 0.1 <> <(:) || true; done
  kill "$server"
  wait "$server" || true
  python3 - "$1/md/domains/mta-sts.d01.example/md.json" <<'PYTHON'
import json
import sys

names = json.load(open(sys.argv[1]))["domains"]
print(f"{len(names)} names, the last {names[-1]}")
PYTHON
}

port() { python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# members LINES - a set of the first name and these.
members() { printf '<MDomainSet mta-sts.d01.example>\n%s\n</MDomainSet>' "$1"; }

others=${names#* }
result="70 names on one line of MDomain: $(managed domain "MDomain $names" "$(port)")
1 name, and 69 on one line of MDMember: $(managed member "$(members "MDMember $others")" "$(port)")
1 name, and 69 lines of MDMember: $(managed members "$(members "$(seq -f 'MDMember mta-sts.d%02.0f.example' 2 70)")" "$(port)")"
echo "$result"
[ "$result" = "70 names on one line of MDomain: 64 names, the last mta-sts.d64.example
1 name, and 69 on one line of MDMember: 65 names, the last mta-sts.d65.example
1 name, and 69 lines of MDMember: 70 names, the last mta-sts.d70.example" ] || {
  echo "this has changed" >&2
  exit 1
}
