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
. "$(dirname "$0")/parts/exim.sh"

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
