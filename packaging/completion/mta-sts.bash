# Made by mta-sts-documents from the declarations of the options.
_mta_sts() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
  local command=mta-sts options= files= folders= words= i
  # --option=value is three words here.
  if [[ $current == = ]]; then
    current=
  elif [[ $previous == = ]]; then
    previous=${COMP_WORDS[COMP_CWORD - 2]}
  fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$command ${COMP_WORDS[i]}" in
      'mta-sts check' | \
        'mta-sts lint' | \
        'mta-sts render' | \
        'mta-sts record' | \
        'mta-sts store' | \
        'mta-sts store set' | \
        'mta-sts store get' | \
        'mta-sts store remove' | \
        'mta-sts store list' | \
        'mta-sts store profile' | \
        'mta-sts store import' | \
        'mta-sts store export' | \
        'mta-sts store sync' | \
        'mta-sts store verify' | \
        'mta-sts publish' | \
        'mta-sts rollout' | \
        'mta-sts verdict' | \
        'mta-sts explain' | \
        'mta-sts cache' | \
        'mta-sts cache list' | \
        'mta-sts cache show' | \
        'mta-sts cache refresh' | \
        'mta-sts cache purge' | \
        'mta-sts cache stats' | \
        'mta-sts resolver' | \
        'mta-sts exim-setup' | \
        'mta-sts exim-check' | \
        'mta-sts report' | \
        'mta-sts tlsrpt' | \
        'mta-sts tlsrpt import' | \
        'mta-sts tlsrpt show' | \
        'mta-sts tlsrpt html' | \
        'mta-sts tlsrpt metrics' | \
        'mta-sts tlsrpt alert' | \
        'mta-sts tlsrpt prune' | \
        'mta-sts tlsrpt send' | \
        'mta-sts tlsrpt sent' | \
        'mta-sts errors') command+=" ${COMP_WORDS[i]}" ;;
    esac
  done
  case $command in
    'mta-sts')
      options='--help -h --version'
      case $previous in
        *) words='check lint render record store publish rollout verdict explain cache resolver exim-setup exim-check report tlsrpt errors' ;;
      esac
      ;;
    'mta-sts check')
      options='--help -h --from --all --json --html --metrics --explain --reports --local --list --record --replay --history --expect-id --subdomain --timeout --helo --at-once --dns --ca --https-port --smtp-port --allow-private --probe-rcpt --probe-post --config'
      case $previous in
        --from) options= files=yes ;;
        --html) options= files=yes ;;
        --metrics) options= files=yes ;;
        --explain) options= ;;
        --reports) options= files=yes ;;
        --record) options= folders=yes ;;
        --replay) options= files=yes ;;
        --history) options= files=yes ;;
        --expect-id) options= ;;
        --subdomain) options= ;;
        --timeout) options= ;;
        --helo) options= ;;
        --at-once) options= ;;
        --dns) options= ;;
        --ca) options= files=yes ;;
        --https-port) options= ;;
        --smtp-port) options= ;;
        --config) options= files=yes ;;
        *) : ;;
      esac
      ;;
    'mta-sts lint')
      options='--help -h --fix --json'
      case $previous in
        *) files=yes ;;
      esac
      ;;
    'mta-sts render')
      options='--help -h --json'
      case $previous in
        *) : ;;
      esac
      ;;
    'mta-sts record')
      options='--help -h --file --live --rua --ttl --nsupdate --json --dns --ca --https-port --allow-private --dns-timeout --connect-timeout --timeout --config'
      case $previous in
        --file) options= files=yes ;;
        --rua) options= ;;
        --ttl) options= ;;
        --dns) options= ;;
        --ca) options= files=yes ;;
        --https-port) options= ;;
        --dns-timeout) options= ;;
        --connect-timeout) options= ;;
        --timeout) options= ;;
        --config) options= files=yes ;;
        *) : ;;
      esac
      ;;
    'mta-sts store')
      options='--help -h'
      case $previous in
        *) words='set get remove list profile import export sync verify' ;;
      esac
      ;;
    'mta-sts store set')
      options='--help -h --profile --alias --store --json'
      case $previous in
        --profile) options= ;;
        --alias) options= ;;
        --store) options= files=yes ;;
        *) : ;;
      esac
      ;;
    'mta-sts store get')
      options='--help -h --host --store --json'
      case $previous in
        --store) options= files=yes ;;
        *) : ;;
      esac
      ;;
    'mta-sts store remove')
      options='--help -h --store --json'
      case $previous in
        --store) options= files=yes ;;
        *) : ;;
      esac
      ;;
    'mta-sts store list')
      options='--help -h --store --hosts --due --days --ca --leads-to --dns --json'
      case $previous in
        --store) options= files=yes ;;
        --due) options= files=yes ;;
        --days) options= ;;
        --ca) options= files=yes ;;
        --leads-to) options= ;;
        --dns) options= ;;
        *) : ;;
      esac
      ;;
    'mta-sts store profile')
      options='--help -h --remove --store --json'
      case $previous in
        --store) options= files=yes ;;
        *) : ;;
      esac
      ;;
    'mta-sts store import')
      options='--help -h --store --json'
      case $previous in
        --store) options= files=yes ;;
        *) files=yes ;;
      esac
      ;;
    'mta-sts store export')
      options='--help -h --store'
      case $previous in
        --store) options= files=yes ;;
        *) : ;;
      esac
      ;;
    'mta-sts store sync')
      options='--help -h --from --store --once --dry-run --allow-removals --json --every --timeout --metrics --log-level'
      case $previous in
        --from) options= ;;
        --store) options= files=yes ;;
        --every) options= ;;
        --timeout) options= ;;
        --metrics) options= files=yes ;;
        --log-level) options= words='debug info warning error' ;;
        *) : ;;
      esac
      ;;
    'mta-sts store verify')
      options='--help -h --store --json'
      case $previous in
        --store) options= files=yes ;;
        *) : ;;
      esac
      ;;
    'mta-sts publish')
      options='--help -h --profile --alias --mx --remove --from --store --rua --host --address --ttl --nsupdate --json --offline --dns --ca --https-port --allow-private --timeout'
      case $previous in
        --profile) options= ;;
        --alias) options= ;;
        --mx) options= words='auto' ;;
        --from) options= files=yes ;;
        --store) options= files=yes ;;
        --rua) options= ;;
        --host) options= ;;
        --address) options= ;;
        --ttl) options= ;;
        --dns) options= ;;
        --ca) options= files=yes ;;
        --https-port) options= ;;
        --timeout) options= ;;
        *) : ;;
      esac
      ;;
    'mta-sts rollout')
      options='--help -h --to --add-mx --drop-mx --apply --days --without-reports --db --target --history --served-since --store --rua --host --address --ttl --nsupdate --json --offline --dns --ca --https-port --allow-private --timeout --smtp-port --helo'
      case $previous in
        --to) options= words='enforce testing none' ;;
        --add-mx) options= ;;
        --drop-mx) options= ;;
        --days) options= ;;
        --db) options= files=yes ;;
        --target) options= ;;
        --history) options= files=yes ;;
        --served-since) options= ;;
        --store) options= files=yes ;;
        --rua) options= ;;
        --host) options= ;;
        --address) options= ;;
        --ttl) options= ;;
        --dns) options= ;;
        --ca) options= files=yes ;;
        --https-port) options= ;;
        --timeout) options= ;;
        --smtp-port) options= ;;
        --helo) options= ;;
        *) : ;;
      esac
      ;;
    'mta-sts verdict')
      options='--help -h --socket --wait --direct --dns --ca --https-port --allow-private --dns-timeout --connect-timeout --timeout --json --config'
      case $previous in
        --socket) options= files=yes ;;
        --wait) options= ;;
        --dns) options= ;;
        --ca) options= files=yes ;;
        --https-port) options= ;;
        --dns-timeout) options= ;;
        --connect-timeout) options= ;;
        --timeout) options= ;;
        --config) options= files=yes ;;
        *) : ;;
      esac
      ;;
    'mta-sts explain')
      options='--help -h --socket --wait --json --config'
      case $previous in
        --socket) options= files=yes ;;
        --wait) options= ;;
        --config) options= files=yes ;;
        *) : ;;
      esac
      ;;
    'mta-sts cache')
      options='--help -h'
      case $previous in
        *) words='list show refresh purge stats' ;;
      esac
      ;;
    'mta-sts cache list')
      options='--help -h --socket --wait --json --config'
      case $previous in
        --socket) options= files=yes ;;
        --wait) options= ;;
        --config) options= files=yes ;;
        *) : ;;
      esac
      ;;
    'mta-sts cache show')
      options='--help -h --socket --wait --json --config'
      case $previous in
        --socket) options= files=yes ;;
        --wait) options= ;;
        --config) options= files=yes ;;
        *) : ;;
      esac
      ;;
    'mta-sts cache refresh')
      options='--help -h --socket --wait --json --config'
      case $previous in
        --socket) options= files=yes ;;
        --wait) options= ;;
        --config) options= files=yes ;;
        *) : ;;
      esac
      ;;
    'mta-sts cache purge')
      options='--help -h --all --socket --wait --json --config'
      case $previous in
        --socket) options= files=yes ;;
        --wait) options= ;;
        --config) options= files=yes ;;
        *) : ;;
      esac
      ;;
    'mta-sts cache stats')
      options='--help -h --socket --wait --json --config'
      case $previous in
        --socket) options= files=yes ;;
        --wait) options= ;;
        --config) options= files=yes ;;
        *) : ;;
      esac
      ;;
    'mta-sts resolver')
      options='--help -h --socket --socket-group --user --cache --exceptions --metrics --metrics-any-address --log-level --accept-missing-content-type --dns --ca --https-port --allow-private --dns-timeout --connect-timeout --timeout --postfix-socketmap --postfix-socketmap-group --postfix-socketmap-any-address --postfix-without-dane --trust-ad --outcomes-socket --outcomes-socket-group --outcomes-file --shared-cache --shared-cache-password-file --shared-cache-secret-file --shared-cache-ca --shared-cache-certificate --shared-cache-key --max-lookups --max-fetches --max-refreshes --max-fetches-per-address --max-slow-fetches --max-slow-fetches-per-address --max-open-domains --max-waiters --max-entries --max-entry-bytes --max-cache-bytes --max-connections --max-pipelined --max-buffered-bytes --idle-timeout --request-timeout --write-timeout --drain-timeout --txt-ttl-least --txt-ttl-most --txt-failure-ttl --fetch-patience --dns-failure-limit --unused-days --config'
      case $previous in
        --socket) options= files=yes ;;
        --socket-group) options= ;;
        --user) options= ;;
        --cache) options= files=yes ;;
        --exceptions) options= files=yes ;;
        --metrics) options= ;;
        --log-level) options= words='debug info warning error' ;;
        --dns) options= ;;
        --ca) options= files=yes ;;
        --https-port) options= ;;
        --dns-timeout) options= ;;
        --connect-timeout) options= ;;
        --timeout) options= ;;
        --postfix-socketmap) options= files=yes ;;
        --postfix-socketmap-group) options= ;;
        --outcomes-socket) options= files=yes ;;
        --outcomes-socket-group) options= ;;
        --outcomes-file) options= files=yes ;;
        --shared-cache) options= ;;
        --shared-cache-password-file) options= files=yes ;;
        --shared-cache-secret-file) options= files=yes ;;
        --shared-cache-ca) options= files=yes ;;
        --shared-cache-certificate) options= files=yes ;;
        --shared-cache-key) options= files=yes ;;
        --max-lookups) options= ;;
        --max-fetches) options= ;;
        --max-refreshes) options= ;;
        --max-fetches-per-address) options= ;;
        --max-slow-fetches) options= ;;
        --max-slow-fetches-per-address) options= ;;
        --max-open-domains) options= ;;
        --max-waiters) options= ;;
        --max-entries) options= ;;
        --max-entry-bytes) options= ;;
        --max-cache-bytes) options= ;;
        --max-connections) options= ;;
        --max-pipelined) options= ;;
        --max-buffered-bytes) options= ;;
        --idle-timeout) options= ;;
        --request-timeout) options= ;;
        --write-timeout) options= ;;
        --drain-timeout) options= ;;
        --txt-ttl-least) options= ;;
        --txt-ttl-most) options= ;;
        --txt-failure-ttl) options= ;;
        --fetch-patience) options= ;;
        --dns-failure-limit) options= ;;
        --unused-days) options= ;;
        --config) options= files=yes ;;
        *) : ;;
      esac
      ;;
    'mta-sts exim-setup')
      options='--help -h --mode --exim --write --diff --whole --plugin --socket --recipients --outcomes --outcomes-record --report-user --except'
      case $previous in
        --mode) options= words='enforce observe off' ;;
        --exim) options= files=yes ;;
        --write) options= folders=yes ;;
        --plugin) options= files=yes ;;
        --socket) options= files=yes ;;
        --recipients) options= ;;
        --outcomes) options= files=yes ;;
        --report-user) options= ;;
        --except) options= ;;
        *) files=yes words='enforce observe off' ;;
      esac
      ;;
    'mta-sts exim-check')
      options='--help -h --exim --config --domain --expect --json'
      case $previous in
        --exim) options= files=yes ;;
        --config) options= files=yes ;;
        --domain) options= ;;
        --expect) options= words='enforce observe off' ;;
        *) : ;;
      esac
      ;;
    'mta-sts report')
      options='--help -h --since --until --domain --target --json --strict --authserv-id'
      case $previous in
        --since) options= ;;
        --until) options= ;;
        --domain) options= ;;
        --target) options= ;;
        --authserv-id) options= ;;
        *) files=yes ;;
      esac
      ;;
    'mta-sts tlsrpt')
      options='--help -h'
      case $previous in
        *) words='import show html metrics alert prune send sent' ;;
      esac
      ;;
    'mta-sts tlsrpt import')
      options='--help -h --db --json --strict --authserv-id --imap --imap-password-file --imap-ca --imap-timeout --from-db --move-to --others-to --watch --every --metrics --progress --quiet'
      case $previous in
        --db) options= files=yes ;;
        --authserv-id) options= ;;
        --imap) options= ;;
        --imap-password-file) options= files=yes ;;
        --imap-ca) options= files=yes ;;
        --imap-timeout) options= ;;
        --from-db) options= files=yes ;;
        --move-to) options= ;;
        --others-to) options= ;;
        --every) options= ;;
        --metrics) options= files=yes ;;
        *) files=yes ;;
      esac
      ;;
    'mta-sts tlsrpt show')
      options='--help -h --db --since --until --domain --target --days --json --csv --failures'
      case $previous in
        --db) options= files=yes ;;
        --since) options= ;;
        --until) options= ;;
        --domain) options= ;;
        --target) options= ;;
        --days) options= ;;
        *) : ;;
      esac
      ;;
    'mta-sts tlsrpt html')
      options='--help -h --db --since --until --domain --target --days --output -o'
      case $previous in
        --db) options= files=yes ;;
        --since) options= ;;
        --until) options= ;;
        --domain) options= ;;
        --target) options= ;;
        --days) options= ;;
        --output | -o) options= folders=yes ;;
        *) : ;;
      esac
      ;;
    'mta-sts tlsrpt metrics')
      options='--help -h --db --since --until --domain --target --days'
      case $previous in
        --db) options= files=yes ;;
        --since) options= ;;
        --until) options= ;;
        --domain) options= ;;
        --target) options= ;;
        --days) options= ;;
        *) : ;;
      esac
      ;;
    'mta-sts tlsrpt alert')
      options='--help -h --db --since --until --domain --target --days --expect-reports'
      case $previous in
        --db) options= files=yes ;;
        --since) options= ;;
        --until) options= ;;
        --domain) options= ;;
        --target) options= ;;
        --days) options= ;;
        *) : ;;
      esac
      ;;
    'mta-sts tlsrpt prune')
      options='--help -h --db --before'
      case $previous in
        --db) options= files=yes ;;
        --before) options= ;;
        *) : ;;
      esac
      ;;
    'mta-sts tlsrpt send')
      options='--help -h --from --organization --contact --submitter --outcomes-file --queue --config --sendmail --dns --ca --allow-private --allow-own-host --require-certificate --timeout --keep-days --receiver-limit --day --dry-run --check --json --dkim-selector'
      case $previous in
        --from) options= ;;
        --organization) options= ;;
        --contact) options= ;;
        --submitter) options= ;;
        --outcomes-file) options= files=yes ;;
        --queue) options= files=yes ;;
        --config) options= files=yes ;;
        --sendmail) options= files=yes ;;
        --dns) options= ;;
        --ca) options= files=yes ;;
        --timeout) options= ;;
        --keep-days) options= ;;
        --receiver-limit) options= ;;
        --day) options= ;;
        --check) options= ;;
        --dkim-selector) options= ;;
        *) : ;;
      esac
      ;;
    'mta-sts tlsrpt sent')
      options='--help -h --since --reports --json --queue --config'
      case $previous in
        --since) options= ;;
        --queue) options= files=yes ;;
        --config) options= files=yes ;;
        *) : ;;
      esac
      ;;
    'mta-sts errors')
      options='--help -h --json --markdown'
      case $previous in
        *) : ;;
      esac
      ;;
  esac
  if [[ $current == -* ]]; then
    words=$options files= folders=
  fi
  local IFS=$'\n'
  COMPREPLY=($(compgen -W "${words// /$IFS}" -- "$current"))
  if [[ $files$folders ]]; then
    COMPREPLY+=($([[ ! $files ]] || compgen -f -- "$current"; [[ ! $folders ]] || compgen -d -- "$current"))
    compopt -o filenames 2>/dev/null
  fi
}
complete -F _mta_sts mta-sts
