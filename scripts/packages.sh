# Sourced by the scripts: which Debian packages each job needs, and the functions that install or unpack them.
# shellcheck shell=bash disable=SC2034,SC2317

packages_folder=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# What apt prints; the scripts print how far it is.
packages_log=${packages_folder%/*}/build/packages.log
for packages_part in progress installing unpacking; do
  # shellcheck source=/dev/null
  . "$packages_folder/$packages_part.sh"
done

build_packages=(
  g++ cmake ninja-build pkg-config
  libcurl4-openssl-dev libssl-dev libuv1-dev libsqlite3-dev libidn2-dev
  libcli11-dev nlohmann-json3-dev libgmime-3.0-dev zlib1g-dev libarchive-dev libdeflate-dev liblmdb-dev libhiredis-dev libpq-dev rapidjson-dev
  nginx-dev apache2-dev
)
# What debian/ asks for besides.
package_packages=(build-essential debhelper fakeroot)
# The host on which scripts/package --check installs the packages.
checked_packages=(ca-certificates systemd-sysv nginx apache2 exim4-daemon-heavy iproute2 procps curl openssl man-db)
# apache2-bin and not apache2: the server alone, without a service.
lab_packages=(apache2-bin binutils iproute2 mount util-linux openssl curl python3)
test_packages=(
  libgtest-dev libgmock-dev libcmocka-dev libbenchmark-dev python3-pytest binutils
  clang-19 libclang-rt-19-dev chromium zsh fish time
)
# What scripts/compat needs to build servers from their sources.
compat_packages=(make autoconf libtool libtool-bin libpcre2-dev zlib1g-dev libnghttp2-dev)
# A client of HTTP/3, of the next release.
lab_http3=(ngtcp2-client)
bench_packages=(wrk nghttp2-client valgrind time)
# What the sender's half is measured beside; unpacked under build/bench-peer, not installed.
bench_unpacked=(postfix-mta-sts-resolver python3-uvloop)
# Programs that would put a service or another mail server onto the host: these are unpacked under build/lab and
# appear only inside the lab.
lab_unpacked=(exim4-daemon-heavy exim4-base exim4-config unbound knot knot-dnsutils bind9-dnsutils)
# What apache2-bin lacks of a Debian host: its layout and a2enmod, for the guide's commands; and a module of others that answers early.
lab_apache=(apache2 libapache2-mod-security2)
# Modules of others for nginx: a filter, and what answers early.
lab_nginx=(libnginx-mod-http-brotli-filter libnginx-mod-http-modsecurity libnginx-mod-http-lua)
# An ACME authority for tests, which refuses nonces on purpose, and a client, for the guide on certificates.
lab_acme=(pebble uacme)
# Its promtool judges metrics and alerts, and the board's queries are asked of it; installed they would be services.
lab_prometheus=(prometheus prometheus-node-exporter)
# The server through which senders share a cache, for tests.
lab_redis=(redis-server)
# The database of a hosting panel; installed it would be a service.
lab_postgresql=(postgresql)
# A mailbox that TLS reports come to, on an IMAP server.
lab_dovecot=(dovecot-imapd)
# The next release's, whose settings have other names, with all that it needs to run in a chroot.
lab_dovecot_13=(dovecot-imapd dash coreutils)
# Another mail server in a folder of its own: its sendmail must not hide the other one.
lab_postfix=(postfix)
# The next release's, which understands more, with all that it needs to run in a chroot.
lab_postfix_13=(postfix dash coreutils diffutils sed grep findutils mawk perl-base)

# need_root SCRIPT [ARGUMENT...] - ends the script when it does not run as root, or where even root cannot do what it does.
need_root() {
  if [ "$(id -u)" -ne 0 ]; then
    echo "$1 needs root, for packages and for a network and mount namespace of its own. Run: sudo $*" >&2
    exit 2
  fi
  # The kernel lets a mount namespace be cut off from the host's at a mount point alone.
  if ! mountpoint -q /; then
    echo "$1 needs a mount namespace of its own, but the root of this chroot is no mount point." \
      "Leave the chroot, make its folder one (mount --bind FOLDER FOLDER) and enter it again." >&2
    exit 2
  fi
}
