# Sourced by packages.sh: how Debian packages come onto this host without changing what runs on it.
# shellcheck shell=bash disable=SC2034,SC2154,SC2317

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

# services_in PACKAGE - the same of what a package of this host contains.
services_in() {
  dpkg-query -L "$1" | sed -nE 's|^(/usr)?/lib/systemd/system/([^/]+)$|unit \2|p; s|^/etc/init\.d/([^/]+)$|init \1|p' | sort -u
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

# Without recommended packages; an upgrade of one package is no reason to upgrade others made from the same source.
apt_install=(apt-get install -y -q --no-install-recommends -o APT::Get::Upgrade-By-Source-Package=false)

# upgrades_in PLAN - "NAME OLD NEW" of each package of this host that a simulation of apt would upgrade.
upgrades_in() {
  sed -nE 's/^Inst ([^ ]+) \[([^] ]+)\] \(([^ ]+) .*/\1 \2 \3/p' <<<"$1"
}

# prefer_installed PLAN - apt's preferences under which the packages of each source that PLAN would upgrade come in the
# version that this host has, where that is still offered: a header package for libssl3 3.0.20 needs no libssl3 3.0.22.
# The host's own preferences come first.
prefer_installed() {
  local name old
  [ ! -s /etc/apt/preferences ] || {
    cat /etc/apt/preferences
    echo
  }
  upgrades_in "$1" | while read -r name old _; do
    apt-cache madison "$name" | awk -F' *[|] *' -v old="$old" '$2 == old { found = 1 } END { exit !found }' || continue
    # shellcheck disable=SC2016
    dpkg-query -W -f 'Package: src:${source:Package}\nPin: version ${Version}\nPin-Priority: 990\n\n' "$name"
  done
}

# plan_installation PREFERENCES NAME... - prints apt's simulation of it, with as few upgrades as there can be; the file
# PREFERENCES gets what apt needs for that.
plan_installation() {
  local preferences=$1 plan better
  shift
  plan=$("${apt_install[@]}" -s "$@") || return
  if [ -n "$(upgrades_in "$plan")" ]; then
    prefer_installed "$plan" >"$preferences" || return
    # The versions that the host has may not be enough for others.
    if better=$("${apt_install[@]}" -o "Dir::Etc::preferences=$preferences" -s "$@" 2>/dev/null) &&
      (($(upgrades_in "$better" | wc -l) < $(upgrades_in "$plan" | wc -l))); then
      plan=$better
    else
      : >"$preferences"
    fi
  fi
  echo "$plan"
}

# The host's own services and its mail server stay as they are: an installation that would remove a package, bring or
# upgrade a mail server, or upgrade what starts with the host, is refused before anything happens.
refuse_changes() {
  local plan=$1 name services
  shift
  if grep -E '^(Remv |Inst (exim4|postfix|sendmail|opensmtpd|nullmailer|msmtp-mta|dma|courier-mta)[^ ]* )' <<<"$plan"; then
    echo "Installing $* would do the above to this host. Nothing was changed; install them by hand." >&2
    return 2
  fi
  for name in $(upgrades_in "$plan" | cut -d' ' -f1); do
    services=$(comm -12 <(services_in "$name") <(enabled_services) | sed -E 's/^[a-z]+ //; s/\.service$//' | sort -u | xargs)
    if [ -n "$services" ]; then
      echo "This would upgrade $name, and with it what starts with this host: $services. Nothing was changed." >&2
      echo "To upgrade it yourself first: apt-get install --only-upgrade $name" >&2
      return 2
    fi
  done
}

# say_plan PLAN NAME... - what will be installed besides, and what will be upgraded.
say_plan() {
  local plan=$1 needed upgrades
  shift
  needed=$(awk -v asked=" $* " '$1 == "Inst" && $3 ~ /^\(/ && !index(asked, " " $2 " ") { print $2 }' <<<"$plan" | xargs)
  [ -z "$needed" ] || echo "and what they need: $needed" | fold -s -w 120
  upgrades=$(upgrades_in "$plan" | sed -E 's/^(.*) (.*) (.*)$/  \1 from \2 to \3/')
  if [ -n "$upgrades" ]; then
    printf 'Upgrading these of this host, since the above need the newer versions:\n%s\n' "$upgrades"
  else
    echo "Upgrading nothing that is installed."
  fi
}

# install_guarded PREFERENCES NAME... - apt-get install behind a policy-rc.d that refuses to start services; what came
# enabled is disabled. A subshell of its own, so that the guard goes away however it ends.
install_guarded() (
  guard=/usr/sbin/policy-rc.d
  options=()
  [ ! -s "$1" ] || options=(-o "Dir::Etc::preferences=$1")
  shift
  restore() {
    rm -f "$guard"
    [ ! -e "$guard.before-mta-sts" ] || mv "$guard.before-mta-sts" "$guard"
  }
  trap restore EXIT
  trap 'exit 130' INT TERM HUP
  [ ! -e "$guard" ] || mv "$guard" "$guard.before-mta-sts" || exit
  printf '#!/bin/sh\nexit 101\n' >"$guard" && chmod 755 "$guard" || exit
  before=$(enabled_services)
  # A configuration file that was changed here stays; needrestart restarts nothing, apt-listchanges sends no mail.
  export DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 APT_LISTCHANGES_FRONTEND=none
  with_progress "Installing packages" count_packages "$packages_log" "${apt_install[@]}" "${options[@]}" \
    -o DPkg::Options::=--force-confdef -o DPkg::Options::=--force-confold "$@" || exit
  comm -13 <(echo "$before") <(enabled_services) | while read -r kind name; do
    echo "Disabling $name ($kind): it came with a package, and nothing new shall start with this host."
    disable_service "$kind" "$name" || exit
  done
)

# begin_packages_log - empties the file that has what apt prints.
begin_packages_log() {
  mkdir -p "${packages_log%/*}" && : >"$packages_log"
}

# update_lists - has apt read which packages there are, once in a run of a script. One source that does not answer is no
# reason to stop: what is needed may come from the others.
lists_are_new=''
update_lists() {
  [ -z "$lists_are_new" ] || return 0
  lists_are_new=yes
  begin_packages_log || return
  with_progress "Reading the lists of packages" : "$packages_log" apt-get update -q ||
    echo "apt-get update failed; going on with the lists that are here." >&2
}

# The part of install_packages that works: the file of preferences goes away however it ends.
install_missing() (
  preferences=$(mktemp) || exit
  trap 'rm -f "$preferences"' EXIT
  trap 'exit 130' INT TERM HUP
  plan=$(plan_installation "$preferences" "$@") || exit
  refuse_changes "$plan" "$@" || exit
  say_plan "$plan" "$@"
  apt_steps=$(awk '$1 == "Inst" { count += 3 } END { print count + 0 }' <<<"$plan") # downloaded, unpacked, set up
  install_guarded "$preferences" "$@"
)

# install_packages NAME... - installs what is missing, and says first what comes and what is upgraded. No service of the
# host is started, enabled or changed.
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
  install_missing "${missing[@]}"
}
