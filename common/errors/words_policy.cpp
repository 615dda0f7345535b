#include "errors/sections.hpp"

namespace mta_sts::errors {
namespace {

constexpr ErrorEntry policy_entries[] = {
    {"bad-line-ending", "a CR is not followed by LF", "end each line with CRLF or LF", postmaster},
    {"bad-max-age", "max_age is not a whole number of seconds, or more than a year",
     "write 0 to 31557600 in digits (a directive also takes `Nd` and `Nw`)", postmaster},
    {"bad-mode", "the mode is not enforce, testing or none", "write one of them, in lower case", postmaster},
    {"bad-mx", "an mx is neither a host name nor `*.` and a host name",
     "write one name in A-labels a line, without an address, a port or a trailing dot", postmaster},
    {"bad-syntax", "a line is not `name: value` (in a TXT record: `name=value;`)",
     "write it so, without comments, control characters or a blank before the name", postmaster},
    {"bad-version", "the version is not STSv1", "write `version: STSv1`", postmaster},
    {"blank-line", "a line is empty", "delete it", postmaster},
    {"bom", "the file begins with a byte order mark", "save it without one", postmaster},
    {"empty", "the policy is empty", "write version, mode, max_age and mx", postmaster},
    {"field-misspelt",
     "senders ignore this field, whose name is nearly that of a known one (a warning where the known one is "
     "there too)",
     "write the known name", postmaster},
    {"missing-max-age", "max_age is missing", "add it", postmaster},
    {"missing-mode", "mode is missing", "add it", postmaster},
    {"missing-mx", "modes enforce and testing need an mx", "name each mail host", postmaster},
    {"missing-version", "version is missing", "add `version: STSv1`", postmaster},
    {"not-utf8", "a byte is not valid UTF-8", "save the file as UTF-8", postmaster},
    {"too-large", "the policy is larger than 65536 bytes", "shorten it", postmaster},
};

constexpr ErrorEntry txt_entries[] = {
    {"bad-id", "the id of `_mta-sts` is not 1 to 32 letters and digits",
     "publish the record that `mta-sts record` prints", postmaster},
    {"bad-rua", "a rua of `_smtp._tls` is not a URI, or names no recipient",
     "write `mailto:` and an address, or an `https://` URI; percent-encode \",\" \"!\" and \";\" within it",
     postmaster},
    {"missing-id", "the record has no id", "publish the record that `mta-sts record` prints", postmaster},
    {"missing-rua", "the record has no rua", "add one", postmaster},
    {"no-usable-rua", "no rua is mailto or https", "add one of these", postmaster},
    {"rua-repeated", "a URI stands in `--rua` more than once (a warning)", "give it once", postmaster},
};

constexpr ErrorEntry directive_entries[] = {
    {"answers-every-host", "the policy is served for every host name (a warning)",
     "move the directive into the server or virtual host of `mta-sts.DOMAIN`"},
    {"bad-path", "the path of `file=` or `store=` contains a NUL or a `$`: no variable is known there",
     "write the path of a file"},
    {"bad-serial", "serial is not a whole number from 0 to 4294967295", "write one"},
    {"conflicting-word", "words that exclude each other are in one directive",
     "write a policy, or `file=`, or `store=`, or `off`"},
    {"empty-value", "the word has no value", "write `word=value`"},
    {"never-reached",
     "nginx: no request for the policy comes to the location of the directive; or the policy of the server "
     "answers before it (a warning)",
     "put the directive into the server of `mta-sts.DOMAIN`; remove one of two"},
    {"no-policy-host", "nginx: no name of the server begins with `mta-sts.` (a warning)",
     "move the directive into the server of `mta-sts.DOMAIN`"},
    {"no-words", "the directive has no words",
     "write a mode with its mx, `file=PATH`, `store=PATH`, or `off`"},
    {"repeated-word", "a word that is allowed once is there twice", "delete one"},
    {"unknown-word", "the directive does not know the word", "use one of the words that the message lists"},
};

constexpr ErrorEntry name_entries[] = {
    {"domain-empty-label", "there are two dots in a row, or one at the beginning", "delete one", user},
    {"domain-is-address", "an IP address was given in place of a name", "write the name", user},
    {"domain-label-too-long", "a label is longer than 63 bytes", "check for missing dots", user},
};

constexpr ErrorEntry command_entries[] = {
    {"usage-error", "a subcommand, option or word of the command line is unknown, missing or not allowed",
     "correct the command; `mta-sts SUBCOMMAND --help` lists what it takes", user},
    {"bad-domain", "the command was given something that is not a mail domain",
     "give the part of a mail address after the `@`, such as `example.com`", user},
    {"domain-not-found", "the domain does not exist in DNS", "check its spelling", user},
    {"dns-unreachable", "no name server answers, so nothing can be said about the domain",
     "check this host's network, /etc/resolv.conf and `--dns`"},
    {"input-invalid", "a file given on the command line has the wrong format",
     "name the right file; the message says where the fault is", user},
    {"input-unreadable", "a file given on the command line cannot be read",
     "check its path and permissions; `-` is standard input", user},
    {"output-unwritable", "the result could not be written, so it is incomplete",
     "make room on the disk and run the command again", user},
    {"no-policy-words", "the words (`off`, `store=`) publish no policy", "give a mode and mx=, or file=PATH",
     user},
    {"max-age-short",
     "senders keep this policy for less than a day, or with enforce for less than a week (a warning)",
     "give a max_age of a day or more, and of a week or more with enforce", postmaster},
    {"max-age-long",
     "senders keep this policy for longer than a week, while testing (a warning) or with none (a note)",
     "give 86400 until you enforce", postmaster},
    {"mx-one-label", "the host is a name without a dot, which is no mail host of the Internet (a warning)",
     "write the host's full name, as the MX record has it", postmaster},
    {"wildcard-wide", "the pattern accepts all hosts under a top-level domain (a warning)",
     "name the mail hosts", postmaster},
    {"mx-placeholder", "the host is a name out of an example, such as `mail.yourdomain.com` (a warning)",
     "name the domain's own MX hosts", postmaster},
    {"mx-sends-only",
     "the host is one to which a provider's users give their mail; it receives none for a domain (a warning)",
     "name the hosts of the domain's MX records", postmaster},
    {"mx-too-short",
     "the pattern has fewer labels than the hosts at which the provider receives mail, such as "
     "`*.google.com` "
     "for `aspmx.l.google.com` (a warning)",
     "write the lines that are shown", postmaster},
    {"mx-hosts-missing", "some hosts of a provider are named, and others of the same set are not (a note)",
     "add the lines that are shown, unless the domain's MX records lack those hosts", postmaster},
    {"mx-repeated", "the pattern is there twice (a warning)", "remove the second line", postmaster},
    {"field-repeated", "the field is there twice, and only the first counts (a warning)",
     "remove the second line", postmaster},
    {"field-unknown", "senders ignore this field, which RFC 8461 does not define (a note)",
     "remove it, unless something else reads it", postmaster},
    {"mx-with-none", "with mode none senders do not look at the mx lines (a note)", "remove them",
     postmaster},
};

constexpr ErrorEntry policy_file_entries[] = {
    {"front-matter", "the file is the source of a page, with front matter for Jekyll or the like",
     "run `mta-sts lint` on what the web server sends", postmaster},
    {"html", "the file is a web page", "save the policy alone, as plain text", postmaster},
    {"indented", "the lines begin with blanks", "begin each field at the first column", postmaster},
    {"json", "the file is JSON", "write a line `name: value` for each field", postmaster},
    {"no-policy", "the file has nothing of a policy", "write the policy that `mta-sts render` prints",
     postmaster},
    {"one-line", "several fields are on one line", "write each on a line of its own", postmaster},
    {"remarks", "there are remarks, which a policy cannot have", "remove what is behind `#` or `//`",
     postmaster},
    {"rtf", "the file is RTF, of a word processor", "save it as plain text", postmaster},
    {"two-policies", "there are two policies in one file", "keep one", postmaster},
    {"txt-record", "the file has the TXT record in place of the policy",
     "publish the record in the DNS, and in the file the policy that `mta-sts render` prints", postmaster},
    {"utf-16", "the file is UTF-16, or no text", "save it as plain text in UTF-8 without a byte order mark",
     postmaster},
    {"yaml-list", "the hosts are items of a list", "write a line `mx: HOST` for each", postmaster},
};

constexpr ErrorEntry server_entries[] = {
    {"file-unreadable", "the file of `file=`, or one with a secret, cannot be opened or read",
     "name a file that the process can read when it reads its configuration"},
    {"file-not-regular", "the path of `file=` is a folder, pipe, socket or device", "name a regular file"},
    {"file-too-large", "the file of `file=` is larger than 65536 bytes, so it is not a policy",
     "name the right file"},
    {"file-changing", "a file was changed while it was read, so what was read may be half of it",
     "try again; have it written beside its place and renamed"},
    {"no-last-line-end",
     "the last line of the file of `file=` has no line end, as where a file was cut (a warning; of `mta-sts "
     "lint` a note)",
     "check the value of that line, and end it"},
    {"policy-filtered",
     "nginx: a filter of the server, such as ssi or sub_filter, changes the policy's answer",
     "take text/plain off the types of that filter, or give the policy a server of its own"},
    {"policy-not-served",
     "a request for the policy was answered by another part of the web server that comes first",
     "nginx: put `mta_sts` into the server in place of a location; Apache: have the module that comes first "
     "pass "
     "this path"},
    {"repeated-directive", "the server or block already has such a directive", "keep one of them"},
    {"two-handlers",
     "nginx: the location of `mta_sts`, `mta_sts_reports` or `mta_sts_metrics` has another handler too, such "
     "as `proxy_pass`",
     "give it a location of its own; `mta_sts` may also stand in the server"},
};

constexpr ErrorEntry report_entries[] = {
    {"no-report", "none of the files is a TLS report, or no report names the domain of `--domain`",
     "see the `E_` word of each file, printed before; is none there, the folder is empty. For a domain: run "
     "the command without `--domain`, which lists the domains",
     user},
    {"bad-option", "the value of an option cannot be understood", "write it as the message shows", user},
    {"history-unavailable", "the history cannot be opened or created",
     "make its folder with `sudo install -d -o \"$USER\" FOLDER`, or name a file in a folder of your own: "
     "`mta-sts tlsrpt import --db FILE`. On a server: load `mta-sts-tlsrpt.sql` into the database, and grant "
     "the role what it is to do",
     user},
    {"history-unreachable",
     "the server of the history cannot be reached, or has ended the connection; what it had not confirmed is "
     "not in the history",
     "run the command again; look at the server and at the address that --db has", user},
    {"history-busy", "another program has held the history for more than 10 s", "run the command again",
     user},
    {"history-full", "the disk has no room for the history", "make room, or prune the history", user},
    {"history-damaged",
     "the file is not a history, or is damaged, or the server found damage or allows less in its tables",
     "move it aside and import the reports again; where the server refuses a row, take off what was added to "
     "its tables",
     user},
    {"history-foreign", "the file or schema is of another program, and was left as it is",
     "name another file or database with --db", user},
    {"history-newer", "a newer version made the history", "use that version", user},
};

constexpr ErrorEntry store_entries[] = {
    {"alias-of-alias", "an alias would lead to another alias, or to itself",
     "name the domain that has the policy or the profile", user},
    {"domain-not-stored", "the domain is not in the store", "check its name; `mta-sts store list` lists them",
     user},
    {"mx-not-covered",
     "`--mx auto` of `mta-sts publish`: the policy does not name a mail host that the domain has; nothing "
     "was "
     "stored",
     "add it to the policy or the profile, or remove it from DNS", user},
    {"mx-not-known",
     "`--mx auto` of `mta-sts publish`: the domain has no MX record, takes no mail, or its MX cannot be "
     "looked "
     "up; nothing was stored",
     "set the MX records first or name the hosts with mx=; after a failed lookup run the command again",
     user},
    {"policy-shared",
     "`mta-sts rollout --apply`: the domain has the policy of a profile or of another domain, which a change "
     "would leave to them",
     "change the profile, or roll out the other domain; the message says how", user},
    {"profile-not-stored", "the profile is not in the store",
     "make it with `mta-sts store profile NAME WORDS…`, or check its name", user},
    {"store-busy", "all 4096 reader slots of the store are taken, or the process has no descriptor left",
     "run the command again; if it happens often, find out what reads the store"},
    {"store-cut", "the file is shorter than its own head says, or was cut while it was open",
     "put a copy in its place while nothing has it open, or import what it had into a new store"},
    {"store-damaged", "bytes of the store went bad; what is damaged is never served",
     "run `mta-sts store verify`, check the disk, and import what the store had into a new one"},
    {"store-foreign", "the file is of another program, and was left as it is", "name the right file", user},
    {"store-full", "there is no room on the disk; nothing was changed",
     "make room and run the command again"},
    {"store-missing", "there is no store at the path, its folder does not exist, or a link leads nowhere",
     "run `mta-sts store set` or `mta-sts store import`, which make it, or name the right file", user},
    {"store-not-regular", "the path is a folder, pipe, socket or device", "name a regular file", user},
    {"store-other-version", "another version of mta-sts or of LMDB made the file",
     "use that version, or export with it and import with this one"},
    {"store-replaced",
     "the file or the lock file beside it was removed, or another took its place, while it was open",
     "restart what has it open; change a store in its place, with `mta-sts store`, and leave its lock file "
     "there"},
    {"store-unreadable", "this user may not read the store, or not write the lock file beside it",
     "add the user to the group of the store's folder, and give both files that group"},
    {"store-unwritable",
     "this user may not change the store or its lock file, or the file system is read-only",
     "run the command as the owner of the store"},
    {"stored-name-in-use", "domains use the profile, or are aliases of the domain", "change these first",
     user},
};

constexpr std::string_view rua_fix =
    "write one plain `mailto:` address, or an `https://` URI with a host name";
constexpr std::string_view queue_fix = "check its folder, permissions and disk";

constexpr ErrorEntry sending_entries[] = {
    {"day-not-over", "`--day` names a UTC day that is not over, or has been for less than five minutes",
     "name an earlier day, or wait", user},
    {"record-unusable", "the domain's TLSRPT record is wrong, or it has several: it gets no report",
     "publish one record, such as `v=TLSRPTv1; rua=mailto:tls@example.com`", postmaster},
    {"record-unknown",
     "TLSRPT records could not be looked up: for 24 hours, so that there is no report for that day, or those "
     "of 3,072 domains in a row, so that a run asks for no more",
     "check the name servers, if many domains are concerned"},
    {"report-cut", "a report would be larger than 5 MB: the rarest kinds of failures are in its sums alone",
     "nothing", nobody},
    {"rua-malformed", "a `rua` is no mailto or https URI, or longer than 2 KiB", rua_fix, postmaster},
    {"rua-address", "a `mailto:` of `rua` is not one plain address in ASCII", rua_fix, postmaster},
    {"rua-host", "an `https:` of `rua` names an IP address, a user or no host name", rua_fix, postmaster},
    {"rua-many", "the record has more than eight usable `rua`, or eight unusable ones; no more are looked at",
     "name fewer", postmaster},
    {"receiver-limit",
     "the receiver gets as many reports of that day as `--receiver-limit` allows; this one is not sent",
     "raise the limit, if the receiver is known and wants them"},
    {"sendmail-unusable", "the program of `--sendmail` cannot be run, or did not end within two minutes",
     "install an MTA, or name its sendmail with `--sendmail`"},
    {"sendmail-failed", "sendmail did not take the mail", "see its message, and the log of the mail server"},
    {"post-no-address", "the host of an https `rua` has no address, or DNS did not say",
     "add address records, or another `rua`", postmaster},
    {"post-own-address", "the host of an https `rua` has only addresses of this host itself",
     "if a receiver of yours runs on this host, give `--allow-own-host`"},
    {"post-address-not-public", "the host of an https `rua` has only addresses of private networks",
     "use a public address; in a network of one's own, give `--allow-private`", postmaster},
    {"post-unreachable", "no connection to the receiver could be made", "check the receiver's web server",
     postmaster},
    {"post-timeout", "the receiver did not answer in time", "check the receiver's web server", postmaster},
    {"post-untrusted", "the receiver's certificate is wrong, and `--require-certificate` is given",
     "correct the certificate, or leave the option out", postmaster},
    {"post-redirected", "the receiver answers with a redirect, which is not followed",
     "name the final URI in `rua`", postmaster},
    {"post-refused", "the receiver refuses the report with the status that is shown",
     "check the receiver's web server", postmaster},
    {"post-failed", "TLS or HTTP failed", "see the message", postmaster},
    {"queue-unavailable", "the file of `--queue` cannot be opened, made or written", queue_fix},
    {"queue-busy", "another program holds the file of `--queue`", "end it, or wait for the next run"},
    {"queue-full", "the disk has no room for the file of `--queue`", "make room"},
    {"queue-damaged",
     "the file of `--queue` is no SQLite database, or its bytes went bad, or a name in it is none",
     "put it aside: the reports in it are lost"},
    {"queue-foreign", "the file of `--queue` belongs to another program, or to a newer version of this one",
     "name another file"},
    {"queue-locked", "another run of `tlsrpt send` is under way with this queue", "nothing", nobody},
};

constexpr ErrorEntry spool_entries[] = {
    {"bad-limit", "a limit is no number, or out of its range",
     "write one of the range that the message shows"},
    {"report-empty", "the request has no body (400)", "send the report as the body", user},
    {"report-too-large", "the report is larger than `max_size` (413)",
     "allow more, if real reports are as large"},
    {"report-unknown-format", "the body is neither gzip nor JSON (415)", "send the report as RFC 8460 has it",
     user},
    {"spool-full", "the folder has as many reports as it may have, or its disk is full (503)",
     "import the reports and remove them, or allow more"},
    {"spool-unwritable", "the folder is missing, is a link, or is not the web server's to write (503)",
     "make it, and give it to the web server's user"},
};

}  // namespace

const ErrorSection policy{
    "A policy",
    "In `mta-sts lint` and `store import` (exit code 1), in the words of a command (exit code "
    "2), where a web server reads its configuration, and where a sender refuses a fetched "
    "policy (it then keeps the one it has).",
    policy_entries};
const ErrorSection policy_file{"A policy file as a whole",
                               "In `mta-sts lint`; each leaves out the faults of lines that it explains.",
                               policy_file_entries, 1};
const ErrorSection txt_record{"A TXT record", "", txt_entries};
const ErrorSection directive{"A directive",
                             "In the configuration check of a web server (`nginx -t`, `apachectl "
                             "configtest`), which names file and line, and in `mta-sts "
                             "render` and `mta-sts record`; beside the words of a policy.",
                             directive_entries, 2};
const ErrorSection domain_name{"A domain name", "", name_entries, 2};
const ErrorSection command{"The command", "", command_entries};
const ErrorSection web_servers{"Web servers' configuration", "", server_entries};
const ErrorSection tls_reports{"TLS reports",
                               "The words for what is wrong inside a report (`E_…`, `W_…`) are in "
                               "docs/reports.md; `mta-sts errors` explains them too.",
                               report_entries};

const ErrorSection report_sending{
    "Reports of one's own",
    "Of `mta-sts tlsrpt send`: on standard error, and as the answer in `mta-sts tlsrpt sent`. What fails is "
    "tried again for 24 hours.",
    sending_entries};

const ErrorSection report_spool{"Reports by HTTPS",
                                "Of `mta_sts_reports` and `MtaStsReports`: the answer to the sender, and in "
                                "the error log what is this host's.",
                                spool_entries};

const ErrorSection policy_store{"The store",
                                "In `mta-sts store`, and in the error log of a web server with `store=`. The "
                                "exit code is 1 where a line or name is at fault, 3 for "
                                "`store-busy` and `store-full`, else 2.",
                                store_entries};

}  // namespace mta_sts::errors
