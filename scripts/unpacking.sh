# Sourced by packages.sh: programs of Debian packages in folders of their own, without installing anything.
# shellcheck shell=bash disable=SC2030,SC2031,SC2034,SC2154,SC2317

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
  mapfile -t names < <(sort -u names)
  apt_steps=${#names[@]}
  with_progress "Downloading packages" count_packages "$packages_log" \
    apt-get download -q -o APT::Sandbox::User=root "${names[@]}" || exit
  for name in *.deb; do
    dpkg -x "$name" "$folder/root" || exit
  done
)

# is_unpacked FOLDER WANTED - whether FOLDER has just that.
is_unpacked() {
  [ "$(cat "$1/unpacked" 2>/dev/null)" = "$2" ]
}

# need_root_to_unpack - fails, and says why, where this user cannot.
need_root_to_unpack() {
  [ "$(id -u)" -ne 0 ] || return 0
  echo "The lab's programs are not unpacked yet: run this script as root once." >&2
  return 2
}

# unpack_packages FOLDER NAME... - downloads packages with what they need and unpacks them under FOLDER/root, without
# installing anything. FOLDER is for root alone: a setuid program lies in it.
unpack_packages() {
  local folder=$1 wanted
  shift
  wanted="$*"
  ! is_unpacked "$folder" "$wanted" || return 0
  need_root_to_unpack || return
  echo "Unpacking under $folder, not installing: $wanted"
  update_lists
  unpack_anew "$folder" "$@" || return
  echo "$wanted" >"$folder/unpacked"
}

# begin_own_apt FOLDER KIND SUITE - sets `options`, with which apt-get knows this release's packages (KIND deb) or sources
# (deb-src) alone. It has lists, a cache and a list of installed packages of its own in FOLDER; the host's are not touched.
begin_own_apt() {
  local apt=$1
  mkdir -p "$apt/lists/partial" "$apt/archives/partial" && : >"$apt/status" || return
  echo "$2 [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian $3 main" \
    >"$apt/sources.list" || return
  options=(-q -o "Dir::Etc::sourcelist=$apt/sources.list" -o Dir::Etc::sourceparts=/dev/null
    -o Dir::Etc::preferences=/dev/null -o Dir::Etc::preferencesparts=/dev/null
    -o "Dir::State=$apt" -o "Dir::State::status=$apt/status" -o "Dir::Cache=$apt" -o APT::Sandbox::User=root)
  begin_packages_log || return
  with_progress "Reading the lists of packages" : "$packages_log" apt-get "${options[@]}" update
}

# The part of unpack_suite that works.
unpack_suite_anew() (
  folder=$1 suite=$2 apt=$1/apt
  shift 2
  rm -rf "$folder" && mkdir -p "$folder/root/usr/"{bin,lib,lib64,sbin} && chmod 700 "$folder" || exit
  for name in bin lib lib64 sbin; do
    ln -s "usr/$name" "$folder/root/$name" || exit
  done
  begin_own_apt "$apt" deb "$suite" || exit
  options+=(install -y --no-install-recommends)
  plan=$(apt-get "${options[@]}" -s "$@") || exit
  apt_steps=$(grep -c '^Inst ' <<<"$plan")
  with_progress "Downloading packages" count_packages "$packages_log" apt-get "${options[@]}" --download-only "$@" || exit
  for name in "$apt"/archives/*.deb; do
    dpkg -x "$name" "$folder/root" || exit
  done
  rm -rf "$apt"
)

# unpack_suite FOLDER SUITE NAME... - as unpack_packages, but from another release of Debian and with everything down to its
# libc, for a chroot.
unpack_suite() {
  local folder=$1 wanted
  wanted="${*:2}"
  ! is_unpacked "$folder" "$wanted" || return 0
  need_root_to_unpack || return
  echo "Unpacking under $folder, not installing, from Debian ${wanted%% *}: ${wanted#* }"
  unpack_suite_anew "$@" || return
  echo "$wanted" >"$folder/unpacked"
}

# The part of unpack_source that works.
unpack_source_anew() (
  folder=$1
  rm -rf "$folder" && mkdir -p "$folder/source" "$folder/apt/download" || exit
  begin_own_apt "$folder/apt" deb-src "$2" && cd "$folder/apt/download" || exit
  with_progress "Downloading sources" : "$packages_log" apt-get "${options[@]}" source --download-only "$3" || exit
  rm -f ./*.asc
  tar -x --no-same-owner --strip-components=1 -C "$folder/source" -f "$3"_*.orig.tar.* || exit
  rm -rf "$folder/apt"
)

# unpack_source FOLDER SUITE NAME - the source of a package under FOLDER/source, as its authors released it: without what
# Debian changes.
unpack_source() {
  local folder=$1 wanted="$2 $3"
  ! is_unpacked "$folder" "$wanted" || return 0
  need_root_to_unpack || return
  echo "Unpacking under $folder: the source of $3, from Debian $2"
  unpack_source_anew "$@" || return
  echo "$wanted" >"$folder/unpacked"
}
