# Sourced by findings about Exim: unpacks Debian 12's exim4-daemon-light in a temporary folder, in a private mount
# namespace in which Exim's user exists, and goes there. Needs root.
set -euo pipefail
[ -n "${FINDING_NAMESPACE-}" ] || exec env FINDING_NAMESPACE=yes unshare --mount "$0" "$@"
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
