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
. "$(dirname "$0")/parts/exim.sh"

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
