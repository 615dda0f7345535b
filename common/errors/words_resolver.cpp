#include "errors/sections.hpp"

namespace mta_sts::errors {
namespace {

constexpr std::string_view datagram_fix =
    "see who may write to `--outcomes-socket`; libtlsrpt's protocol version 1 is taken";

constexpr std::string_view shared_fix = "start the server or correct its address, its load or the network";
constexpr std::string_view value_fix =
    "the host fetches the policy and replaces the value; see who else may write to the server";

constexpr ErrorEntry process_entries[] = {
    {"accept-failed", "a client could not be accepted, most often because descriptors ran out",
     "raise LimitNOFILE= in the unit, or lower `--max-connections`"},
    {"ca-unreadable",
     "the file of trusted roots cannot be read; at SIGHUP the old roots stay in use, at the start nothing "
     "starts",
     "install ca-certificates or repair the file of `--ca`, then start or reload again"},
    {"cache-unusable", "the cache file cannot be opened at the start",
     "make its folder writable for the resolver's user only, or give another `--cache`"},
    {"descriptors-few",
     "the process may open fewer descriptors than `--max-connections` needs, so it serves fewer clients",
     "raise LimitNOFILE= in the unit, or lower `--max-connections`"},
    {"group-unknown", "the group of `--socket-group` does not exist", "name another group, or create it"},
    {"lookup-unusable", "DNS or HTTPS cannot be set up",
     "see the message: libcurl must be the one with OpenSSL (libcurl4), and have memory"},
    {"loop-failed", "the event loop cannot be created", "raise the limits on memory and descriptors"},
    {"metrics-unusable", "the address of `--metrics` cannot be used", "give a free port on loopback"},
    {"name-servers-changed", "/etc/resolv.conf names other servers than before, which are asked from now on",
     "nothing", nobody},
    {"exceptions-wrong",
     "the file of `--exceptions` cannot be read or has a wrong line; at SIGHUP the previous exceptions stay, "
     "at the start the "
     "resolver does not start",
     "correct the line that the message names, then reload"},
    {"outcomes-unusable", "the file of `--outcomes-file` cannot be opened or made, or is another program's",
     "name another file, or correct the permissions of its folder"},
    {"outcomes-lost",
     "there was no room to count a session that a mail server told of: too many domains, or the file cannot "
     "be "
     "written (a warning)",
     "see the line before it about the file; otherwise the report of the day lacks these sessions"},
    {"tally-unavailable", "the file that counts sessions cannot be opened or written; it is tried again",
     "check its folder and permissions"},
    {"tally-busy", "another program holds the file that counts sessions; it is tried again",
     "end the program that has it open"},
    {"tally-full", "the disk has no room for the file that counts sessions; it is tried again", "make room"},
    {"tally-damaged",
     "the file that counts sessions is no SQLite database, its bytes went bad, or a day in it has no id",
     "restart the resolver, which gives days their ids; otherwise put the file aside before: the sessions of "
     "the days in it are lost"},
    {"tally-foreign", "the file belongs to another program, or to a newer version of this one",
     "name another `--outcomes-file`"},
    {"datagram-too-large", "a datagram about a session is larger than 256 KiB (a warning)", datagram_fix},
    {"datagram-not-json", "a datagram about a session is no JSON object in UTF-8 (a warning)", datagram_fix},
    {"datagram-other-version", "a datagram about a session is of another protocol version (a warning)",
     datagram_fix},
    {"datagram-bad-domain", "a datagram about a session names no domain (a warning)", datagram_fix},
    {"datagram-bad-value", "a datagram about a session lacks a value, or has one that cannot be (a warning)",
     datagram_fix},
    {"file-exposed",
     "others than root, the user who needs it and their group may read or change a file with a secret",
     "make a new secret, in a file of root with mode 0640 and the group of that user"},
    {"shared-cache-wrong", "an option of `--shared-cache` is wrong, or two of them do not go together",
     "correct the part that the message names"},
    {"shared-cache-unusable",
     "the password, the secret, the trusted roots or the certificate for the shared cache cannot be read at "
     "the "
     "start, or the secret is readable for others or too short",
     "make the file readable for the resolver's user, and a secret for nobody else; or name another one"},
    {"shared-cache-unsealed",
     "the shared cache is used without `--shared-cache-secret-file`, so that whoever can write to its server "
     "decides "
     "over policies (a warning)",
     "give all hosts that share the cache the same secret; docs/farm.md says how"},
    {"shared-cache-works", "the server of the shared cache answers, for the first time or again", "nothing",
     nobody},
    {"shared-cache-unreachable",
     "no connection to the server of the shared cache can be made or kept; this host goes on alone, and "
     "tries again "
     "(a warning)",
     shared_fix},
    {"shared-cache-silent",
     "the server of the shared cache does not answer within a quarter of a second; this host goes on alone, "
     "and tries "
     "again (a warning)",
     shared_fix},
    {"shared-cache-refused",
     "the server of the shared cache answers with the error that the message shows: a wrong password, a "
     "command or "
     "key that its ACL forbids, a replica, no memory (a warning)",
     "correct what the message shows; docs/farm.md has the ACL and the memory"},
    {"shared-cache-garbled",
     "what answers at the address of `--shared-cache` does not speak the protocol of Redis (a warning)",
     "correct host and port; for a server with TLS write `rediss://`"},
    {"shared-cache-tls",
     "the server of the shared cache has no certificate that is trusted for its name, or refuses this host's "
     "(a "
     "warning)",
     "see the message; `--shared-cache-ca` names the roots, `--shared-cache-certificate` this host's "
     "certificate"},
    {"shared-value-too-large", "a value in the shared cache is longer than any policy (a warning)",
     value_fix},
    {"shared-value-malformed",
     "a value in the shared cache was not written by this version, or is cut off (a warning)", value_fix},
    {"shared-value-unauthentic",
     "a value in the shared cache is not sealed with the secret of `--shared-cache-secret-file`, or not for "
     "this "
     "domain; or it is, and this host has no secret (a warning)",
     "give all hosts that share the cache the same file; if they have it, somebody else writes to the "
     "server: the "
     "host fetches the policy and replaces the value"},
    {"shared-value-time-wrong",
     "a value in the shared cache says that it was fetched in the future, or has expired (a warning)",
     "set the clocks of the hosts that share the cache"},
    {"shared-value-policy-invalid", "a value in the shared cache has no valid policy (a warning)", value_fix},
    {"reload-failed", "at SIGHUP the configuration was wrong; everything stays as it was",
     "correct the line that the message names, then reload again"},
    {"reloaded", "configuration, trusted roots and name servers were read again", "nothing", nobody},
    {"restart-needed", "an option has changed that is read only at the start", "restart the resolver"},
    {"runs-as-root",
     "the resolver is running as root, so a fault in reading what the network sends would have all rights (a "
     "warning)",
     "start it by its systemd unit, or give `--user mta-sts`"},
    {"socket-in-use", "another process listens on the socket",
     "stop that process, or give another `--socket`"},
    {"socket-passed-wrong", "the service manager passed something that is not a listening Unix stream socket",
     "correct ListenStream= in the socket unit"},
    {"socket-unusable", "the socket cannot be created",
     "check the permissions of its folder, and remove a file of another kind at its path"},
    {"started", "the resolver answers from now on", "nothing", nobody},
    {"stopped", "the resolver has ended", "nothing", nobody},
    {"stopping", "the resolver was told to end and finishes what is under way", "nothing", nobody},
    {"user-unusable",
     "the user of `--user` is root or does not exist, or the resolver cannot become that user",
     "name another user"},
};

constexpr std::string_view not_ours = "this is not one of our clients: check who may use the socket";

constexpr ErrorEntry request_entries[] = {
    {"not-fetched-yet",
     "the domain has a record, and its policy has not been fetched yet (in `explain` and `cache show`)",
     "run `mta-sts verdict DOMAIN`, which asks for it", user},
    {"not-asked-yet",
     "nothing is known of the domain because nobody has asked for it (in `explain` and `cache show`)",
     "run `mta-sts verdict DOMAIN`, which asks for it", user},
    {"not-permitted", "only root and the resolver's own user may send this request", "use sudo", user},
    {"refresh-refused", "the domain cannot have a policy, or too much is under way",
     "check the domain, or try again later", user},
    {"request-bad-character", "a request line contains a control character or is not UTF-8", not_ours},
    {"request-missing-domain", "a request line names no domain", "send `verdict DOMAIN`", user},
    {"request-too-long", "a request line is longer than 1 KiB", not_ours},
    {"request-unexpected-word", "a request line has too many words", "send `verdict DOMAIN`", user},
    {"request-unknown", "a request line begins with an unknown word", "send `verdict DOMAIN`", user},
};

constexpr ErrorEntry configuration_entries[] = {
    {"config-bad-value", "the value is not allowed for this key", "use a value that the message allows"},
    {"config-syntax", "a line is not `key = value`",
     "write it so; a comment has a line of its own and begins with `#`"},
    {"config-unknown-key",
     "a key is not a long option of `mta-sts resolver`, or in the file of `mta-sts tlsrpt send` of that "
     "command",
     "see `mta-sts resolver --help`, or `mta-sts tlsrpt send --help`"},
};

}  // namespace

const ErrorSection resolver_process{"The resolver's process",
                                    "In the log of `mta-sts resolver`, one line a record: `level word "
                                    "message`. If it cannot start, it ends with exit code 2.",
                                    process_entries};
const ErrorSection requests{"Requests on the resolver's socket", "", request_entries};
const ErrorSection configuration_file{"The configuration file", "The command ends with exit code 2.",
                                      configuration_entries, 2};

}  // namespace mta_sts::errors
