#include "errors/sections.hpp"

namespace mta_sts::errors {
namespace {

constexpr std::string_view no_policy_host =
    "no Policy Host can have this name (`none`), or it is not a domain at all (`temp`)";
constexpr std::string_view wrong_address = "find out where the message with this address came from";
constexpr std::string_view exception = "the administrator's exceptions file (`--exceptions`) says so";
constexpr std::string_view exception_fix = "nothing, or remove the domain from that file";
constexpr std::string_view clock = "this host's clock must be wrong, so nothing is judged by it";
constexpr std::string_view alike =
    "every fetch fails for the same reason, which must be this host's own, or its routes refuse a connection";
constexpr std::string_view alike_fix = "check what the log line names: routes, firewall, `--ca`, the clock";
constexpr std::string_view row_damaged = "a row of the cache file does not match its checksum and is ignored";
constexpr std::string_view expired_fix =
    "renew the Policy Host's certificate and reload the web server; check this host's clock too";

constexpr ErrorEntry verdict_entries[] = {
    {"domain-bad-character", no_policy_host, wrong_address, user},
    {"domain-empty-label", no_policy_host, wrong_address, user},
    {"domain-is-address", no_policy_host, wrong_address, user},
    {"domain-label-too-long", no_policy_host, wrong_address, user},
    {"domain-too-long", no_policy_host, wrong_address, user},
    {"dns-failure-limit",
     "every lookup of `_mta-sts` has failed for hours, and the domain was never seen with a record, so its "
     "mail is sent as "
     "without MTA-STS (`none`)",
     "repair the domain's DNS, see `mta-sts check DOMAIN`; with `--dns-failure-limit 0` the mail waits "
     "instead",
     postmaster},
    {"fetch-slow",
     "the Policy Host has not answered in the time that mail waits for it; the fetch goes on (`none`)",
     "nothing if it happens once; `mta-sts explain DOMAIN` shows how the fetch ended", nobody},
    {"cache-row-damaged", "the hosts of a large policy are no longer in the cache file (`temp`)",
     "nothing: the policy is fetched again within a minute, or by the next question", nobody},
    {"clock-wrong", "this host's clock must be wrong, and no policy is known (`temp`)", "set the clock"},
    {"fetches-fail-alike", "fetches fail for a reason that must be this host's own (`temp`)", alike_fix},
    {"exception-off", exception, exception_fix},
    {"exception-testing", exception, exception_fix},
    {"exception-pinned", exception, exception_fix},
    {"lookup-lost", "a lookup never ended and was given up after minutes (`temp`)",
     "check the memory of the resolver's host; report it if it happens again"},
    {"policy-expired-at-once", "the policy has max_age 0, so it applies to one delivery only",
     "give it days or weeks", postmaster},
    {"resolver-busy",
     "more domains are being looked up, or more requests wait, than the limits allow (`temp`)",
     "find out what sends so much mail, or raise the limits"},
    {"txt-invalid", "the only STSv1 record of `_mta-sts` has a syntax error, which counts as no record",
     "publish the record that `mta-sts record` prints", postmaster},
    {"txt-lookup-failed", "DNS did not say whether there is a record, and no policy is known (`temp`)",
     "check the name server here, and the domain's with `mta-sts check DOMAIN`"},
    {"txt-none", "there is no STSv1 record at `_mta-sts`, or more than one",
     "nothing without a policy; with a policy, publish exactly one record", postmaster},
};

constexpr ErrorEntry fetch_entries[] = {
    {"address-not-public", "the Policy Host has only loopback, private or similar addresses",
     "publish public addresses; in a network of your own, run the resolver with `--allow-private`",
     postmaster},
    {"cert-expired", "the Policy Host's certificate, or one in its chain, has expired", expired_fix,
     postmaster},
    {"cert-not-yet-valid", "the Policy Host's certificate, or one in its chain, is not valid yet",
     expired_fix, postmaster},
    {"cert-host-mismatch", "the certificate has no DNS name `mta-sts.DOMAIN` in subjectAltName",
     "install a certificate that has it; a CN does not count", postmaster},
    {"cert-purpose", "the certificate is not meant for servers", "install one that is", postmaster},
    {"cert-revoked", "the certificate has been revoked", "install a new one", postmaster},
    {"cert-untrusted", "the certificate does not lead to a trusted root",
     "send the whole chain; if many domains are affected, check ca-certificates and `--ca` here", postmaster},
    {"cert-weak", "the certificate, or one in its chain, has an RSA key under 2048 bits or a SHA-1 signature",
     "install a certificate with a key and a signature of today", postmaster},
    {"connect-failure", "no connection to port 443 could be made",
     "open port 443 on every address; check the firewall of this host too", postmaster},
    {"content-encoding", "the policy was compressed, though nobody asked for that",
     "switch compression off for this path", postmaster},
    {"content-type", "the Content-Type is not `text/plain`, is missing, or is sent more than once",
     "send exactly one `Content-Type: text/plain`", postmaster},
    {"dns-failure", "`mta-sts.DOMAIN` has no address, or DNS gave no answer",
     "add the record; if several domains are affected, check the name server here", postmaster},
    {"fetch-internal",
     "this host itself is in trouble: memory, descriptors, ports, no name server that can be reached, "
     "unreadable trusted roots, or too many fetches to begin this one (the verdict is `temp`)",
     "check what the log line names"},
    {"http-redirect", "the Policy Host redirects, and redirects must not be followed",
     "serve the policy at the path itself", postmaster},
    {"http-status", "the HTTP status is not 200", "serve the file", postmaster},
    {"http-syntax", "the response violates HTTP: bare LF, two lengths, a length beside chunks, or garbage",
     "check what stands in front of the web server", postmaster},
    {"policy-invalid", "the body is not a valid policy; the log line names the line and the fault",
     "run `mta-sts lint` on the policy and correct it", postmaster},
    {"timeout", "the response was not complete within a minute",
     "serve it faster; check the network of this host too", postmaster},
    {"tls-handshake", "there was no TLS 1.2 or 1.3, an alert, or no TLS at all",
     "enable TLS 1.2 or later for `mta-sts.DOMAIN`", postmaster},
    {"too-large", "the policy is larger than 65536 bytes", "shorten it", postmaster},
    {"truncated", "the body was cut off", "check what stands in front of the web server", postmaster},
};

constexpr ErrorEntry cache_entries[] = {
    {"cache-damaged",
     "the cache file was damaged and moved aside, or was cut, replaced or removed while in use; a new file "
     "was begun, with what "
     "could be read and what was in memory",
     "check the disk, or who touched the file"},
    {"cache-evicted", "a domain was dropped to make room (only counted)",
     "raise the limits if it happens often"},
    {"cache-full",
     "the cache is full of live enforce policies, and the new policy's address has its share of it, so the "
     "policy is not kept",
     "raise the limits"},
    {"cache-row-damaged", row_damaged, "nothing if it happens once; otherwise check the disk"},
    {"cache-store-failed",
     "the cache file cannot be written; verdicts go on from memory, and writing is tried every second",
     "make room, and check the permissions of the folder"},
    {"cache-store-works", "the cache file can be written again", "nothing", nobody},
    {"policy-changed", "a policy appeared, disappeared or changed (only logged)", "nothing", nobody},
    {"clock-wrong", clock, "set the clock"},
    {"fetches-fail-alike", alike, alike_fix},
    {"fetches-work", "a fetch has succeeded after `fetches-fail-alike`", "nothing", nobody},
    {"lookups-work", "a lookup has succeeded after `txt-lookup-failed` was logged as an error", "nothing",
     nobody},
    {"policy-expired", "a policy has expired; the next mail asks for it again",
     "nothing, unless `refresh-failed` was logged before", nobody},
    {"policy-expiring", "refreshes fail, and the policy expires within days",
     "repair the Policy Host: without a policy the domain's mail is not protected", postmaster},
    {"policy-purged", "an administrator removed a domain, or all, from the cache", "nothing", nobody},
    {"refresh-failed",
     "a policy could not be refreshed, or its new version not fetched; the known policy stays in force",
     "see the fetch's own word in the log line", postmaster},
    {"txt-lookup-failed",
     "no name server can be asked, or the lookups of eight domains in a row have failed, which must be this "
     "host's trouble or its name server's",
     "check the name servers in `/etc/resolv.conf` or `--dns`, and the way to them"},
};

}  // namespace

const ErrorSection verdict{"A sender's verdict",
                           "The `reason` of a verdict beside the words above. With `temp` the mail is "
                           "deferred; with `none` it is sent as if MTA-STS did "
                           "not exist.",
                           verdict_entries};
const ErrorSection fetch{"A fetch of a policy",
                         "In the resolver's log, its counters, `mta-sts cache show`, and the `reason` of a "
                         "verdict `none` after it. A known policy "
                         "stays in force until it expires; the next fetch is tried after five minutes. "
                         "`mta-sts check DOMAIN` shows more.",
                         fetch_entries};
const ErrorSection cache{"The sender's cache", "", cache_entries};

}  // namespace mta_sts::errors
