#include "errors/sections.hpp"

namespace mta_sts::errors {
namespace {

constexpr ErrorEntry asking_entries[] = {
    {"answer-garbled", "the resolver's answer is not a verdict line",
     "install the same version of the plugin and the resolver, then see the resolver's log"},
    {"bad-argument", "the dlfunc was called with arguments it does not know",
     "compare the call in Exim's configuration with docs/exim.md"},
    {"deadline", "the resolver did not answer in time",
     "wait for the next attempt; if it happens again, run `mta-sts verdict DOMAIN` and see the resolver's "
     "log"},
    {"domain-bad-character", "the domain contains a blank or a control character",
     "find out where the message with this address came from", user},
    {"domain-empty", "no domain was given", "find the router that asks for an address without a domain"},
    {"domain-too-long", "the domain is too long for a request",
     "find out where the message with this address came from", user},
    {"internal-error",
     "the plugin, the resolver, the command or the C library ran out of memory or met a fault of its own",
     "check the host's memory; if there is enough, report the fault"},
    {"peer-not-trusted",
     "the process behind the socket runs as another user than root, mta-sts or the one who asks, and root "
     "did not make the "
     "socket in a folder that only root can write",
     "see who listens with `ss -xlp`, and put the socket into a folder that only root can write"},
    {"policy-too-large", "the verdict is longer than 512 KiB", "name fewer hosts in the policy", postmaster},
    {"resolver-unreachable", "nothing listens on the resolver's socket, or the connection was lost",
     "run `systemctl status mta-sts-resolver`, and compare the path with the one given to exim-setup "
     "(`--socket`)"},
    {"socket-path-too-long", "the path of the socket is longer than 107 bytes", "choose a shorter path"},
    {"socket-permission", "the user who asks may not use the socket",
     "make `/run/mta-sts/exim.sock` root:Debian-exim 0660; `exim -bt` works as root"},
};

constexpr ErrorEntry postfix_entries[] = {
    {"mx-lookup-failed", "DNS did not say which hosts receive the domain's mail",
     "check the name server; Postfix itself asks it for the same records"},
    {"port-unknown",
     "the next hop's port is a name that is not used for mail, and TLSA records are found by the port's "
     "number",
     "write the number in relayhost or in the transport table"},
    {"request-bad-next-hop",
     "the key is no next hop to which Postfix delivers: a bracket is not closed, or there is no host name "
     "before the port",
     "correct relayhost, the transport table, or what else asks"},
    {"request-malformed", "the request is not a netstring",
     "find out what connects: only Postfix's socketmap client should"},
    {"request-unknown-map", "the name of the map is neither `policy` nor `policy-tlsrpt`",
     "correct the end of `smtp_tls_policy_maps = socketmap:…:policy`"},
    {"tlsa-lookup-failed",
     "DNS did not say whether the hosts have TLSA records, and DANE must not be skipped",
     "repair the zone's DNSSEC; if several domains are affected, the name server here is the cause",
     postmaster},
};

constexpr ErrorEntry check_entries[] = {
    {"exim-callout-hold",
     "an ACL verifies recipients with `callout=…,hold`: Exim may name a recipient to the MX host of another, "
     "which the recipient's policy does not name; a fault in mode enforce, else a warning",
     "leave `hold` out where recipients with a policy are verified"},
    {"exim-dane-off",
     "Exim tries DANE, but `/etc/resolv.conf` lacks `options trust-ad`, so glibc (2.31 and later) hides "
     "which DNS answers "
     "were validated and no DANE is done; a warning, and a fault where `hosts_try_dane` or "
     "`hosts_require_dane` is set",
     "add `options trust-ad` if the name server validates and the path to it is safe, best on this host"},
    {"exim-list-missing", "a router uses a named list that is not defined, so all its mail is deferred",
     "define the list, or remove it from the router's option"},
    {"exim-lists-changed",
     "the host lists in our main block are not the ones this configuration needs: they were edited, or "
     "`hosts_treat_as_local` was changed later",
     "run exim-setup again and reload Exim"},
    {"exim-mode-enforce", "the mode is enforce, and `--expect` asks for another",
     "run `mta-sts exim-setup --write FOLDER --mode MODE`, then reload Exim"},
    {"exim-mode-observe",
     "the mode is observe: policies are looked up and logged, but not obeyed; a fault if `--expect` asks "
     "for another mode",
     "run exim-setup with `--mode enforce` once the log looks right, then reload Exim"},
    {"exim-mode-off", "the mode is off: policies are not looked up",
     "run exim-setup with `--mode observe`, later `--mode enforce`, then reload Exim"},
    {"exim-mode-unknown", "the macro MTA_STS_MODE is not a mode; policies are obeyed meanwhile",
     "set it to enforce, observe or off"},
    {"exim-outcomes-missing", "there is no socket where Exim is to tell what sessions come to (`--outcomes`)",
     "stop the resolver, `systemctl enable --now mta-sts-outcomes.socket` (or run it with "
     "`--outcomes-socket`), start it again; or give the socket that it has"},
    {"exim-outcomes-partly",
     "a transport of ours does not tell of its sessions: it may keep hosts from TLS (`hosts_avoid_tls`, "
     "`hosts_avoid_esmtp`), or its event_action was changed; a warning",
     "take these options out, or leave it so; else run exim-setup again and reload Exim"},
    {"exim-outcomes-permission", "Exim's user may not write to the socket of `--outcomes`",
     "give the socket to root and the group of Exim's user, mode 0660, in a folder that everybody may "
     "search"},
    {"exim-outcomes-unheard", "nobody listens at the socket of `--outcomes`, or it takes no datagrams",
     "run the resolver with `--outcomes-socket`, or give the socket that it has"},
    {"exim-plugin-not-loaded", "Exim cannot load the plugin, or the plugin has another version",
     "install mta_sts.so of this version at the path given to exim-setup (`--plugin`)"},
    {"exim-recipients-none",
     "MTA_STS_RECIPIENTS is empty, or excludes `*` or a list that contains it, so no policy is looked "
     "up for anybody",
     "set it to `*`, or list the domains you mean"},
    {"exim-redirect-behind",
     "a router leads, by `redirect_router` or `pass_router`, to a router that comes after ours although ours "
     "replace it: that "
     "mail is sent without a policy",
     "run exim-setup again and reload Exim"},
    {"exim-route-wrong",
     "mail to the domain of `--domain` is not routed as it should be under some kind of policy",
     "see `exim -bt`, run exim-setup again and reload Exim"},
    {"exim-router-excepted", "a router was left out with `--except`: its mail is sent without a policy",
     "run exim-setup without `--except` for it if that is not intended"},
    {"exim-routers-changed",
     "our routers are not the ones this configuration needs: a router of yours was changed, added or removed",
     "run exim-setup again and reload Exim"},
    {"exim-routers-missing", "Exim's configuration has none of our routers",
     "run `mta-sts exim-setup --write /etc/exim4/mta-sts`, which also says where to include them"},
    {"exim-routers-order",
     "a router comes before ours, or ours are in another order: what it sends goes without a policy",
     "include our routers directly after `begin routers`"},
    {"exim-transport-changed",
     "one of our transports lacks options of the transport it stands for, or has others",
     "run exim-setup again and reload Exim"},
    {"exim-unusable", "Exim cannot be run, rejects its configuration, or shows it to root only",
     "read Exim's message, and run the command as root"},
};

constexpr ErrorEntry setup_entries[] = {
    {"exim-blocks-differ", "Exim reads a block differently from how it was made",
     "report the option that the message names, with your line of it"},
    {"exim-blocks-refused", "Exim rejects its configuration with the blocks in it",
     "report the router or transport that the message names"},
    {"exim-macro-clash", "the name of one of your macros occurs inside a block, where Exim would replace it",
     "give the macro a longer name"},
    {"exim-name-taken", "a router or transport of yours has a name as exim-setup gives it to its own",
     "rename it: let it begin otherwise than with `mta_sts_`"},
    {"exim-name-too-long",
     "a name made from your router's or transport's name would be longer than 63 characters",
     "shorten your name"},
    {"exim-no-retry",
     "there is no retry rule for all mail, and without one Exim bounces mail that should wait",
     "put one last after `begin retry`: `* * F,2h,15m; G,16h,1h,1.5; F,4d,6h`"},
    {"exim-no-smtp", "no router sends by an smtp transport to hosts that have a name",
     "nothing: policies do not concern this host's mail", nobody},
    {"exim-outcomes-unsupported",
     "`--outcomes` asks for what this Exim cannot do: load the plugin, or look up a record",
     "install exim4-daemon-heavy, leave out `--outcomes-record`, or give `--outcomes off`"},
    {"exim-router-unsupported", "a router sends mail in a way that no policy can be applied to",
     "change the router, or leave it out with `--except`"},
    {"exim-too-many-lists", "our blocks need more named host lists than Exim allows beside yours",
     "write the same `ignore_target_hosts` in routers that ignore the same hosts"},
    {"report-user-unusable",
     "`--report-user` names nobody, root, or Exim's own user, who submits all kinds of mail",
     "name the user who runs `mta-sts tlsrpt send`"},
};

constexpr ErrorEntry delivery_entries[] = {
    {"outcomes-untold",
     "what a session came to could not be told to the socket of `--outcomes`, and nothing counts that beside "
     "it; the "
     "delivery went on (once for each process, in Exim's log)",
     "run the resolver with `--outcomes-socket`, or give the socket that it has"},
    {"plugin-missing", "the plugin is not where the configuration says; also the reason of a verdict",
     "install mta_sts.so at that path"},
    {"certificate-host-mismatch",
     "the MX host's certificate has no DNS name in subjectAltName that matches the host",
     "install a certificate for the MX host's name", postmaster},
    {"sts-mx-mismatch", "the domain's enforce policy names none of the MX hosts that can be used",
     "correct the MX records or the policy; `mta-sts check DOMAIN` shows both", postmaster},
};

}  // namespace

const ErrorSection asking{"Asking the resolver",
                          "In Exim's log lines and the `reason` of a verdict. Each of them is `mode=temp`: "
                          "the mail stays in the queue and is tried "
                          "again.",
                          asking_entries};
const ErrorSection postfix{"Postfix's lookups",
                           "After `socketmap server temporary error:` in Postfix's log, beside those of a "
                           "verdict below; the mail is deferred. See "
                           "docs/postfix.md.",
                           postfix_entries};
const ErrorSection exim_check{"Exim's configuration",
                              "What `mta-sts exim-check` finds, beside the words above where there is no "
                              "verdict and those of exim-setup below where no "
                              "blocks can be made. A fault ends it with exit code 1.",
                              check_entries};
const ErrorSection exim_setup{"Making Exim's configuration",
                              "`mta-sts exim-setup` ends with exit code 1 and changes nothing.",
                              setup_entries, 1};
const ErrorSection exim_delivery{
    "Where Exim delivers",
    "In Exim's log: the mail stays in the queue, and each attempt asks for the policy again.",
    delivery_entries};

}  // namespace mta_sts::errors
