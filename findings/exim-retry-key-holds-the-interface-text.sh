#!/usr/bin/env bash
# Exim 4.96: the key of a host's retry record holds the text of the transport's `interface` option.
#
# After a failed delivery Exim remembers the host and makes other mail to it wait. The record's key is the host's name
# and address, a port other than 25, and, where the transport has `interface`, a slash and the text of the list's element
# for the host's address family: as it is written, not the address that the socket is bound to. So two transports to
# one host share the record or not by how `interface` is spelled; 0.0.0.0 binds nothing and still makes another key;
# an option without an element for the family gives NULL. Seen with Debian 12's package:
#   no interface option:         T:HOST:ADDRESS:PORT
#   interface = 0.0.0.0:         T:HOST:ADDRESS:PORT/0.0.0.0
#   interface = <; ::1:          T:HOST:ADDRESS:PORT/NULL
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

# key_after NAME INTERFACE-LINE - lets one delivery fail and prints the key that was left.
key_after() {
  rm -rf spool/*
  write_configuration "$1" <<CONF
begin routers
out:
  driver = manualroute
  route_list = * 127.0.0.1
  self = send
  transport = smtp
begin transports
smtp:
  driver = smtp
  port = 9
$2
begin retry
* * F,1d,15m
CONF
  printf 'Subject: test\n\ntext\n' | "$exim" -C "$room/$1.conf" -odf -f sender@client.example user@other.example 2>"$1.err" || true
  root/usr/sbin/exim_dumpdb "$room/spool" retry | grep -o ' T:[^ ]*' | tr -d ' '
}

none=$(key_after none '')
any=$(key_after any '  interface = 0.0.0.0')
other=$(key_after other '  interface = <; ::1')
printf 'Exim %s\nno interface option:  %s\ninterface = 0.0.0.0:  %s\ninterface = <; ::1:   %s\n' "$version" "$none" "$any" "$other"
[ "$none" = T:127.0.0.1:127.0.0.1:9 ]
[ "$any" = T:127.0.0.1:127.0.0.1:9/0.0.0.0 ]
[ "$other" = T:127.0.0.1:127.0.0.1:9/NULL ]
