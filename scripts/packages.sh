# Sourced by the scripts: which Debian packages each job needs, and how they come onto the host.

build_packages=(
  g++ cmake ninja-build pkg-config
  libc-ares-dev libcurl4-openssl-dev libssl-dev libuv1-dev libsqlite3-dev libidn2-dev
  libcli11-dev nlohmann-json3-dev libgmime-3.0-dev zlib1g-dev libarchive-dev
  nginx-dev apache2-dev
)
lab_packages=(nginx-core apache2 knot knot-dnsutils iproute2 util-linux openssl curl python3)
test_packages=(
  libgtest-dev libgmock-dev libcmocka-dev python3-pytest binutils
  clang-19 libclang-rt-19-dev
)

# install_packages NAME... - installs what is missing, and says so first. No service of the host is started
# or changed: a policy-rc.d of our own refuses it while the packages are set up.
install_packages() {
  local missing=() name
  for name in "$@"; do
    [ "$(dpkg-query -W -f '${db:Status-Abbrev}' "$name" 2>/dev/null)" = "ii " ] || missing+=("$name")
  done
  [ "${#missing[@]}" -gt 0 ] || return 0
  if [ "$(id -u)" -ne 0 ]; then
    echo "These Debian packages are missing: ${missing[*]}" >&2
    echo "Install them, or run this script as root." >&2
    return 2
  fi
  echo "Installing Debian packages: ${missing[*]}"
  (
    guard=/usr/sbin/policy-rc.d
    if [ ! -e "$guard" ]; then
      printf '#!/bin/sh\nexit 101\n' >"$guard"
      chmod 755 "$guard"
      trap 'rm -f "$guard"' EXIT
    fi
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -q
    apt-get install -y -q --no-install-recommends "${missing[@]}"
  )
}
