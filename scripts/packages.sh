# Sourced by the scripts: which Debian packages each job needs, and how they come onto the host without
# changing what runs there.
# shellcheck shell=bash disable=SC2034,SC2317

build_packages=(
  g++ cmake ninja-build pkg-config
  libcurl4-openssl-dev libssl-dev libuv1-dev libsqlite3-dev libidn2-dev
  libcli11-dev nlohmann-json3-dev libgmime-3.0-dev zlib1g-dev libarchive-dev
  nginx-dev apache2-dev
)
# What debian/ asks for besides.
package_packages=(build-essential debhelper fakeroot)
# The host on which scripts/package --check installs the packages.
checked_packages=(ca-certificates systemd-sysv nginx apache2 exim4-daemon-heavy iproute2 procps curl openssl man-db)
# apache2-bin and not apache2: the server alone, without a service.
lab_packages=(apache2-bin binutils iproute2 util-linux openssl curl python3)
test_packages=(
  libgtest-dev libgmock-dev libcmocka-dev libbenchmark-dev python3-pytest binutils
  clang-19 libclang-rt-19-dev chromium
)
bench_packages=(wrk valgrind time)
# What the sender's half is measured beside; unpacked under build/bench-peer, not installed.
bench_unpacked=(postfix-mta-sts-resolver python3-uvloop)
# Programs that would put a service or another mail server onto the host: these are unpacked under build/lab and
# appear only inside the lab.
lab_unpacked=(exim4-daemon-heavy exim4-base exim4-config unbound knot knot-dnsutils)
# What apache2-bin lacks of a Debian host: its layout and a2enmod, for the guide's commands.
lab_apache=(apache2)
# Another mail server in a folder of its own: its sendmail must not hide the other one.
lab_postfix=(postfix)
# The next release's, which understands more, with all that it needs to run in a chroot.
lab_postfix_13=(postfix dash coreutils diffutils sed grep findutils mawk perl-base)

# need_root SCRIPT [ARGUMENT...] - ends the script when it does not run as root.
need_root() {
  [ "$(id -u)" -ne 0 ] || return 0
  echo "$1 needs root, for packages and for a network and mount namespace of its own. Run: sudo $*" >&2
  exit 2
}

# missing_packages NAME... - prints those that are not installed.
missing_packages() {
  local name
  for name in "$@"; do
    [ "$(dpkg-query -W -f '${db:Status-Abbrev}' "$name" 2>/dev/null)" = "ii " ] || echo "$name"
  done
}

# Everything that would start with the host, one a line: "unit NAME" for systemd, "init NAME" for init scripts.
enabled_services() {
  {
    find /etc/systemd/system -path '*.wants/*' -printf 'unit %f\n' 2>/dev/null
    find /etc/rc[2-5].d -name 'S[0-9][0-9]*' -printf 'init %f\n' 2>/dev/null | sed 's/ S../ /'
  } | sort -u
}

# disable_service KIND NAME - takes back what enabled_services printed. Without systemctl the links are all there is.
disable_service() {
  if [ "$1" = init ]; then
    update-rc.d "$2" disable >/dev/null
  else
    systemctl disable -q "$2" 2>/dev/null ||
      find /etc/systemd/system -path '*.wants/*' -name "$2" -delete
  fi
}

# The host's own mail server and whatever else is installed stay: an installation that would remove a package, or
# bring a mail server, is refused before anything happens.
refuse_replacement() {
  local plan
  plan=$(apt-get install -s -y -q --no-install-recommends "$@") || return 2
  if grep -E '^(Remv |Inst (exim4|postfix|sendmail|opensmtpd|nullmailer|msmtp-mta|dma|courier-mta)[^ ]* )' <<<"$plan"; then
    echo "Installing $* would do the above to this host. Nothing was changed; install them by hand." >&2
    return 2
  fi
}

# apt-get install behind a policy-rc.d that refuses to start services; what came enabled is disabled. A subshell of its
# own, so that the guard goes away however it ends.
install_guarded() (
  guard=/usr/sbin/policy-rc.d
  restore() {
    rm -f "$guard"
    [ ! -e "$guard.before-mta-sts" ] || mv "$guard.before-mta-sts" "$guard"
  }
  trap restore EXIT
  trap 'exit 130' INT TERM HUP
  [ ! -e "$guard" ] || mv "$guard" "$guard.before-mta-sts" || exit
  printf '#!/bin/sh\nexit 101\n' >"$guard" && chmod 755 "$guard" || exit
  before=$(enabled_services)
  DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@" || exit
  comm -13 <(echo "$before") <(enabled_services) | while read -r kind name; do
    echo "Disabling $name ($kind): it came with a package, and nothing new shall start with this host."
    disable_service "$kind" "$name" || exit
  done
)

# One source of packages that does not answer is no reason to stop: what is needed may come from the others.
update_lists() {
  apt-get update -q || echo "apt-get update failed; going on with the lists that are here." >&2
}

# install_packages NAME... - installs what is missing, and says so first. No service of the host is started,
# enabled or changed.
install_packages() {
  local missing
  mapfile -t missing < <(missing_packages "$@")
  [ "${#missing[@]}" -gt 0 ] || return 0
  if [ "$(id -u)" -ne 0 ]; then
    echo "These Debian packages are missing: ${missing[*]}" >&2
    echo "Install them, or run this script as root." >&2
    return 2
  fi
  echo "Installing Debian packages: ${missing[*]}"
  update_lists
  refuse_replacement "${missing[@]}" || return
  install_guarded "${missing[@]}"
}

# The .deb files that NAME needs beyond what the host has installed, itself always among them.
unpack_closure() {
  local plan
  plan=$(apt-get install -s -qq -y --no-install-recommends "$1") || return
  echo "$1"
  awk '$1 == "Inst" { print $2 }' <<<"$plan"
}

# The part of unpack_packages that works: every step must succeed. (set -e has no effect where a caller tests the result.)
unpack_anew() (
  folder=$1
  shift
  rm -rf "$folder" && mkdir -p "$folder/deb" "$folder/root/usr/lib" "$folder/root/etc" || exit
  chmod 700 "$folder" && ln -s usr/lib "$folder/root/lib" && cd "$folder/deb" || exit
  for name in "$@"; do
    unpack_closure "$name" || exit
  done >names
  sort -u names | xargs apt-get download -q -o APT::Sandbox::User=root || exit
  for name in *.deb; do
    dpkg -x "$name" "$folder/root" || exit
  done
)

# unpack_packages FOLDER NAME... - downloads packages with what they need and unpacks them under FOLDER/root, without
# installing anything. FOLDER is for root alone: a setuid program lies in it.
unpack_packages() {
  local folder=$1 wanted
  shift
  wanted="$*"
  [ "$(cat "$folder/unpacked" 2>/dev/null)" != "$wanted" ] || return 0
  if [ "$(id -u)" -ne 0 ]; then
    echo "The lab's programs are not unpacked yet: run this script as root once." >&2
    return 2
  fi
  echo "Unpacking under $folder, not installing: $wanted"
  update_lists
  unpack_anew "$folder" "$@" || return
  echo "$wanted" >"$folder/unpacked"
}

# The part of unpack_suite that works.
unpack_suite_anew() (
  folder=$1 suite=$2 apt=$1/apt
  shift 2
  rm -rf "$folder" && mkdir -p "$folder/root/usr/"{bin,lib,lib64,sbin} "$apt/lists/partial" "$apt/archives/partial" || exit
  chmod 700 "$folder" && : >"$apt/status" || exit
  for name in bin lib lib64 sbin; do
    ln -s "usr/$name" "$folder/root/$name" || exit
  done
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian $suite main" \
    >"$apt/sources.list" || exit
  options=(-q -o "Dir::Etc::sourcelist=$apt/sources.list" -o Dir::Etc::sourceparts=/dev/null
    -o Dir::Etc::preferences=/dev/null -o Dir::Etc::preferencesparts=/dev/null
    -o "Dir::State=$apt" -o "Dir::State::status=$apt/status" -o "Dir::Cache=$apt" -o APT::Sandbox::User=root)
  apt-get "${options[@]}" update || exit
  apt-get "${options[@]}" install -y --download-only --no-install-recommends "$@" || exit
  for name in "$apt"/archives/*.deb; do
    dpkg -x "$name" "$folder/root" || exit
  done
  rm -rf "$apt"
)

# unpack_suite FOLDER SUITE NAME... - as unpack_packages, but from another release of Debian and with everything down to its
# libc, for a chroot. apt has lists, a cache and a list of installed packages of its own there; the host's are not touched.
unpack_suite() {
  local folder=$1 wanted
  wanted="${*:2}"
  [ "$(cat "$folder/unpacked" 2>/dev/null)" != "$wanted" ] || return 0
  if [ "$(id -u)" -ne 0 ]; then
    echo "The lab's programs are not unpacked yet: run this script as root once." >&2
    return 2
  fi
  echo "Unpacking under $folder, not installing, from Debian ${wanted%% *}: ${wanted#* }"
  unpack_suite_anew "$@" || return
  echo "$wanted" >"$folder/unpacked"
}
