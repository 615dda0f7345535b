#!/usr/bin/env bash
# Exim 4.96 with GnuTLS: in the next session of a delivery $tls_out_sni still has the name that was sent in the one before.
#
# Exim's specification says that $tls_out_sni reflects the transport's option tls_sni. It is empty until the first handshake of a process and
# then stays. Here a first host takes STARTTLS and defers the sender, and Exim goes on to a second one that has no TLS: $tls_out_cipher
# is empty again there, and $tls_out_sni is not, at the TCP connection as after EHLO. So an event_action that asks whether it is set takes
# a session in clear for one with TLS, by which hosts came before it. Seen with Debian 12's package, an event a line:
#   tcp:connect 127.0.0.1 cipher=no sni=
#   smtp:ehlo 127.0.0.1 cipher=no sni=
#   smtp:ehlo 127.0.0.1 cipher=yes sni=first.example
#   tcp:connect 127.0.0.2 cipher=no sni=first.example
#   smtp:ehlo 127.0.0.2 cipher=no sni=first.example
# Needs root: Debian 12's package is unpacked in a temporary folder, in private mount and network namespaces in which Exim's user exists.
set -euo pipefail
version=4.96-15+deb12u10
if [ -z "${FINDING_NAMESPACE-}" ]; then
  room=$(mktemp -d)
  trap 'rm -rf "$room"' EXIT
  (cd "$room" && apt-get -qq -o APT::Sandbox::User=root download "exim4-daemon-light=$version" "exim4-base=$version" libidn12)
  FINDING_NAMESPACE=$room unshare --mount --net --pid --fork --kill-child bash "$0" "$@"
  exit
fi
room=$FINDING_NAMESPACE
cd "$room"
chmod 755 "$room"
ip link set lo up
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
mkdir -m 777 spool log events
openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out certificate.pem -days 2 -subj /CN=first.example 2>/dev/null

# The first host offers STARTTLS and defers every sender; the second has no TLS and takes the mail.
cat >hosts.py <<'PY'
import socket, ssl, sys, threading

context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain("certificate.pem", "key.pem")

def serve(listener, has_tls):
    while True:
        link, _ = listener.accept()
        lines = link.makefile("rb")
        link.sendall(b"220 host.example ESMTP\r\n")
        is_data = False
        for line in lines:
            word = line[:4].upper()
            if is_data:
                is_data = line != b".\r\n"
                if not is_data:
                    link.sendall(b"250 taken\r\n")
            elif word == b"EHLO":
                link.sendall(b"250-host.example\r\n250 STARTTLS\r\n" if has_tls else b"250 host.example\r\n")
            elif word == b"STAR":
                link.sendall(b"220 go on\r\n")
                link = context.wrap_socket(link, server_side=True)
                lines = link.makefile("rb")
                for line in lines:
                    word = line[:4].upper()
                    link.sendall(b"250 host.example\r\n" if word == b"EHLO" else b"221 bye\r\n" if word == b"QUIT" else b"451 later\r\n")
                break
            elif word == b"DATA":
                is_data = True
                link.sendall(b"354 go on\r\n")
            elif word == b"QUIT":
                link.sendall(b"221 bye\r\n")
                break
            else:
                link.sendall(b"250 well\r\n")
        link.close()

listeners = [socket.create_server((address, 2525)) for address in ("127.0.0.1", "127.0.0.2")]
for listener, has_tls in zip(listeners, (True, False)):
    threading.Thread(target=serve, args=(listener, has_tls)).start()
print("ready", flush=True)
PY
mkfifo ready
python3 hosts.py >ready &
read -r _ <ready

cat >exim.conf <<CONF
exim_path = $exim
spool_directory = $room/spool
log_file_path = $room/log/%s
primary_hostname = client.example
keep_environment =
acl_smtp_rcpt = accept
begin routers
out:
  driver = manualroute
  route_list = * 127.0.0.1:127.0.0.2
  hosts_randomize = false
  self = send
  transport = smtp
begin transports
smtp:
  driver = smtp
  port = 2525
  tls_sni = first.example
  tls_try_verify_hosts = :
  event_action = \${if match{\$event_name}{\N^(tcp:connect|smtp:ehlo)\N}{\${run{/bin/sh -c "echo '\$event_name \$host_address cipher=\${if def:tls_out_cipher{yes}{no}} sni=\$tls_out_sni' >>$room/events/all"}}}}
begin retry
* * F,1d,15m
CONF
printf 'Subject: test\n\ntext\n' | "$exim" -C "$room/exim.conf" -odf -f sender@client.example user@other.example 2>exim.err || cat exim.err >&2
printf 'Exim %s\n' "$version"
cat events/all
diff events/all - <<'SEEN'
tcp:connect 127.0.0.1 cipher=no sni=
smtp:ehlo 127.0.0.1 cipher=no sni=
smtp:ehlo 127.0.0.1 cipher=yes sni=first.example
tcp:connect 127.0.0.2 cipher=no sni=first.example
smtp:ehlo 127.0.0.2 cipher=no sni=first.example
SEEN
