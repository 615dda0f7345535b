# Sourced by packages.sh: what the scripts say while they work. On a terminal one line is rewritten; elsewhere, as in
# continuous integration, a plain line comes every ten seconds.
# shellcheck shell=bash disable=SC2034

# What a step knows of itself: how many steps of how many are done, and when the first of them began.
progress_done=0
progress_total=0
progress_began=0

# duration SECONDS - the time in words.
duration() {
  if (($1 < 100)); then
    echo "$1 s"
  elif (($1 < 3600)); then
    echo "$((($1 + 30) / 60)) min"
  else
    echo "$(($1 / 3600)) h $(($1 % 3600 / 60)) min"
  fi
}

# count_build LINE - reads a line of ninja. (Step 0 is ninja's own look whether there are new sources.)
count_build() {
  [[ $1 =~ ^\[([1-9][0-9]*)/([0-9]+)\] ]] || return 0
  [ "$progress_total" -gt 0 ] || progress_began=$SECONDS
  progress_done=${BASH_REMATCH[1]}
  progress_total=${BASH_REMATCH[2]}
}

# count_packages LINE - reads a line of apt or dpkg. Whoever knows how many lines of these kinds come has set apt_steps.
apt_steps=0
count_packages() {
  progress_total=$apt_steps
  case "$1" in
    Get:* | Unpacking\ * | Setting\ up\ *) ;;
    *) return 0 ;;
  esac
  [ "$progress_done" -ge "$progress_total" ] || ((++progress_done))
}

# progress_text - how far the step is, and how long the rest takes if it goes on like this.
progress_text() {
  local took=$((SECONDS - progress_began))
  if [ "$progress_total" -eq 0 ]; then
    duration "$took"
    return
  fi
  printf '%d %% (step %d of %d), %s' $((progress_done * 100 / progress_total)) "$progress_done" "$progress_total" "$(duration "$took")"
  if ((progress_done > 0 && progress_done < progress_total && took >= 5)); then
    printf ', about %s left' "$(duration $((took * (progress_total - progress_done) / progress_done)))"
  fi
}

# on_terminal - whether a line of the output can be rewritten.
on_terminal() {
  [ -t 1 ] && [ "${TERM-dumb}" != dumb ]
}

# show_output NAME COUNT LOG - copies its input to the end of LOG, and shows how far it is by what COUNT makes of it.
show_output() {
  local name=$1 count=$2 log=$3 line='' more shown=$SECONDS text code columns
  progress_done=0 progress_total=0 progress_began=$SECONDS
  { columns=$(stty size <&8 2>/dev/null | cut -d' ' -f2) || columns=0; } 8>&1
  ((columns > 1)) || columns=80 # no terminal, or one that does not tell
  while :; do
    code=0
    IFS= read -r -t 1 more || code=$?
    line+=$more
    if [ "$code" -eq 0 ]; then
      printf '%s\n' "$line" >&9
      "$count" "$line"
      line=''
    elif [ "$code" -le 128 ]; then # the end, and not a second without a line
      break
    fi
    if on_terminal; then
      text="$name: $(progress_text)"
      printf '\r%s\033[K' "${text:0:columns - 1}"
    elif ((SECONDS - shown >= 10)); then
      echo "$name: $(progress_text)"
      shown=$SECONDS
    fi
  done 9>>"$log"
  [ -z "$line" ] || printf '%s\n' "$line" >>"$log"
  ! on_terminal || printf '\r\033[K'
}

# with_progress NAME COUNT LOG COMMAND... - runs the command, its output at the end of LOG, and says how far it is and how
# long it took. If it fails, the last lines of LOG and its path go to standard error.
with_progress() {
  local name=$1 count=$2 log=$3 code=0 began=$SECONDS
  shift 3
  mkdir -p "$(dirname "$log")"
  "$@" 2>&1 </dev/null | show_output "$name" "$count" "$log" || code=$?
  if [ "$code" -ne 0 ]; then
    tail -n 40 "$log" >&2
    echo "$name: failed after $(duration $((SECONDS - began))). Above are the last lines of $log" >&2
    return "$code"
  fi
  echo "$name: $(duration $((SECONDS - began)))"
}

# build_with_progress LOG FOLDER PRESET [CMAKE OPTION...] [-- BUILD OPTION...] - configures and builds; LOG has the output.
build_with_progress() {
  local log=$1 folder=$2 preset=$3 configure=()
  shift 3
  while [ $# -gt 0 ] && [ "$1" != -- ]; do
    configure+=("$1")
    shift
  done
  [ $# -eq 0 ] || shift
  mkdir -p "$(dirname "$log")"
  : >"$log"
  echo "Building; the compiler's output is in $log"
  with_progress "Configuring" : "$log" cmake --preset "$preset" -B "$folder" "${configure[@]}" || return
  # What a user has set for ninja's lines would hide the count.
  NINJA_STATUS='[%f/%t] ' with_progress "Building" count_build "$log" cmake --build "$folder" "$@"
}
