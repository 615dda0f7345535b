#!/usr/bin/env bash
# Exim 4.96: router variables (set = r_… = …) are empty in the router's `transport` option where the router also has
# `errors_to`.
#
# A router may set variables and use them in its other options, the transport's name among them. With `errors_to`
# Exim verifies that address by routing it, in between, and the variables are gone when it comes to the transport:
# no error, just empty. A router that chooses a stricter transport by a variable takes the other one, e.g. for
# newsletters that have VERP senders. `address_data` is kept. Seen with Debian 12's package:
#   without errors_to: router = choose, transport = strict
#   with errors_to:    router = choose, transport = plain
#   address_data:      router = choose, transport = strict
# Needs root: Debian 12's package is unpacked in a temporary folder, in a private mount namespace in which Exim's user exists.
set -euo pipefail
[ -n "${FINDING_NAMESPACE-}" ] || exec env FINDING_NAMESPACE=yes unshare --mount bash "$0" "$@"
version=4.96-15+deb12u10
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
cd "$room"
chmod 755 "$room"
apt-get -qq -o APT::Sandbox::User=root download "exim4-daemon-light=$version" "exim4-base=$version" libidn12
for package in *.deb; do dpkg-deb -x "$package" root; done
# Exim starts itself anew with its user's rights, and then no variable tells where libraries are.
libraries=/usr/lib/x86_64-linux-gnu
mount -t overlay -o "lowerdir=$room/root$libraries:$libraries" findings "$libraries"
exim=$room/root/usr/sbin/exim4
{
  cat /etc/passwd
  echo 'Debian-exim:x:64990:64990::/nonexistent:/usr/sbin/nologin'
} >passwd
{
  cat /etc/group
  echo 'Debian-exim:x:64990:'
} >group
mount --bind passwd /etc/passwd
mount --bind group /etc/group
trap 'umount -l /etc/passwd /etc/group "$libraries"; rm -rf "$room"' EXIT
mkdir -m 777 spool log

# write_configuration NAME - writes NAME.conf: the head that every configuration here has, then stdin.
write_configuration() {
  {
    printf '%s\n' "exim_path = $exim" "spool_directory = $room/spool" "log_file_path = $room/log/%s" \
      'primary_hostname = client.example' 'keep_environment =' 'acl_smtp_rcpt = accept'
    cat
  } >"$1.conf"
}

# ask NAME ROUTER-OPTIONS - prints which transport an address is routed to.
ask() {
  write_configuration "$1" <<CONF
begin routers
local:
  driver = accept
  domains = client.example
  transport = plain
choose:
  driver = manualroute
  route_list = * 127.0.0.1
  self = send
$2
begin transports
strict:
  driver = smtp
plain:
  driver = smtp
CONF
  "$exim" -C "$room/$1.conf" -bt user@other.example >"$1.out" 2>&1 || cat "$1.out" >&2
  grep -o 'router = .*' "$1.out"
}

by_variable='  set = r_policy = enforce
  transport = ${if eq{$r_policy}{enforce}{strict}{plain}}'
by_data='  address_data = enforce
  transport = ${if eq{$address_data}{enforce}{strict}{plain}}'
envelope='  errors_to = bounces@client.example'

without=$(ask without "$by_variable")
with=$(ask with "$envelope
$by_variable")
data=$(ask data "$envelope
$by_data")
printf 'Exim %s\nwithout errors_to: %s\nwith errors_to:    %s\naddress_data:      %s\n' "$version" "$without" "$with" "$data"
[ "$without" = 'router = choose, transport = strict' ]
[ "$with" = 'router = choose, transport = plain' ]
[ "$data" = 'router = choose, transport = strict' ]
