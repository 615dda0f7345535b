# Sourced by the scripts, behind packages.sh: Debian systems in folders of their own.
# shellcheck shell=bash disable=SC2154

# host_suite - the host's release, such as bookworm.
host_suite() (. /etc/os-release && echo "$VERSION_CODENAME")

# offer_packages SUITE - build/packages, where the guides install from, has what was built for this host. Packages of another
# release lie beside it and are never matched.
offer_packages() {
  [ "$1" != "$(host_suite)" ] || ln -sfn "package-$1/root.out" build/packages
}

# sources SUITE - the host's own lines for Debian, for another release of it.
# shellcheck disable=SC2016
sources() {
  local here
  here=$(host_suite)
  apt-get indextargets --format 'deb $(REPO_URI) |$(CODENAME)| $(COMPONENT)|$(ORIGIN)' 'Created-By: Packages' |
    awk -F'|' -v here="$here" -v other="$1" '
      $4 == "Debian" && index($2, here) == 1 { print $1 other substr($2, length(here) + 1) $3 }' |
    sort -u
}

# apt_options - what the host's apt knows of the way to the packages: proxies, and how it checks dates.
apt_options() {
  apt-config dump | grep -E '^(Acquire::(http|https|ftp|Retries|Check-))' || true
}

# in_namespaces COMMAND... - runs it with mounts and processes that end with it, also where this script is killed.
in_namespaces() {
  local code=0
  setpriv --pdeathsig KILL unshare --mount --pid --fork --kill-child --mount-proc "$@" <&0 &
  child=$!
  trap 'kill -KILL "$child"; exit 130' INT TERM HUP
  wait "$child" || code=$?
  trap - INT TERM HUP
  return "$code"
}

# make_system FOLDER SUITE PACKAGE... - the unpacked system; a half-made one is never taken for whole. It has what apt needs,
# or, where system_variant=minbase is set, every package that Debian calls required.
make_system() {
  local folder=$1 suite=$2 names
  shift 2
  [ ! -d "$folder" ] || return 0
  echo "Making a Debian system ($suite) in $folder"
  install_packages mmdebstrap
  update_lists
  mkdir -p "$folder.sources"
  sources "$suite" >"$folder.sources/debian.list"
  apt_options >"$folder.sources/apt.conf"
  if [ ! -s "$folder.sources/debian.list" ]; then
    echo "This host's apt names no source of Debian's own packages, so there is none to take $suite from." >&2
    return 2
  fi
  names=$(printf '%s,' "$@")
  rm -rf "$folder.new"
  # In namespaces of its own: what the packages start, or mount, ends with it.
  in_namespaces mmdebstrap --mode=root --variant="${system_variant-apt}" --aptopt="$folder.sources/apt.conf" \
    --aptopt='APT::Install-Recommends "false"' --include="${names%,}" \
    "$suite" "$folder.new" "$folder.sources/debian.list"
  mv "$folder.new" "$folder"
}

# in_copy FOLDER COMMAND... - runs it in a copy of the system that lives in memory, with this tree's files in /product.
# Its /out is the folder FOLDER.out, or another where copy_out names one; where there is a folder FOLDER.cache, it is /cache.
in_copy() {
  local folder=$1 out=${copy_out-$1.out}
  shift
  mkdir -p "$folder.copy" "$out"
  # shellcheck disable=SC2016
  in_namespaces bash -euo pipefail -c '
    root=$1 copy=$1.copy out=$2
    shift 2
    mount -t tmpfs tmpfs "$copy"
    mkdir "$copy"/{upper,work,merged}
    mount -t overlay overlay -o "lowerdir=$root,upperdir=$copy/upper,workdir=$copy/work" "$copy/merged"
    mkdir "$copy"/merged/{product,out}
    mount --bind "$out" "$copy/merged/out"
    if [ -d "$root.cache" ]; then
      mkdir "$copy/merged/cache"
      mount --bind "$root.cache" "$copy/merged/cache"
    fi
    git ls-files -z | tar -c --null -T - | tar -x -C "$copy/merged/product"
    cp --remove-destination -L /etc/resolv.conf "$copy/merged/etc/resolv.conf"
    cd "$copy/merged"
    mount -t proc proc proc
    mount --rbind /dev dev
    exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
      chroot . bash -euo pipefail -c "cd /product && exec \"\$@\"" bash "$@"
  ' bash "$folder" "$out" "$@"
}
