"""Domains with one fault each, and what `mta-sts check` must say of it: rows of the troubleshooting guide, then more."""

from dataclasses import dataclass

from lab.domains import Domain, Mail, Web

TLSRPT = "v=TLSRPTv1; rua=mailto:tls-reports@{name}"
PLAIN = (("Content-Type", "text/plain"),)
# The TLSA name of a domain's mail host, delegated to nobody: the lookup fails.
LAME = "_tcp.mx.{}.example. NS nobody.invalid."


@dataclass(frozen=True)
class Fault:
    """What is found at a domain: the check's number, its severity, and a part of the evidence and of the fix."""

    domain: Domain
    row: str
    check: str
    severity: str = "error"
    evidence: str = ""
    fix: str = ""
    options: tuple = ()


def body(*lines):
    """A policy host that serves these lines."""
    return Web(("scripted",), headers=PLAIN, body="".join(f"{line}\r\n" for line in lines).encode())


def domain(label, mode="enforce", web=Web(), txt=None, tlsrpt=TLSRPT, mx=None, more=(), zone="served", **mail):
    """A domain with TLS-RPT and one MX that differ from a good one in what is given."""
    name = f"{label}.example"
    host = f"mx.{name}"
    records = (f'_smtp._tls.{name}. TXT "{tlsrpt.format(name=name)}"',) if tlsrpt else ()
    return Domain(name, f"{mode} mx={mx or host} max_age=1209600", {host: Mail(**mail)}, web, txt, (*records, *more), zone)


HEALTHY = (
    domain("healthy", web=Web(("nginx", "apache"), ipv6=True), ipv6=True),
    domain("healthy-apache", web=Web(("apache",))),
)

FAULTS = (
    Fault(domain("not-found", web=Web(("scripted",), status=404)), "1", "C24", evidence="status 404",
          fix="/.well-known/mta-sts.txt"),
    Fault(domain("redirected", web=Web(("scripted",), status=301, headers=(("Location", "https://www.example/"),))),
          "1", "C25", evidence="301 to https://www.example/", fix="redirects"),
    Fault(domain("web-expired", web=Web(certificate="expired")), "2", "C20", evidence="expired on", fix="Renew"),
    Fault(domain("web-name", web=Web(certificate="wrong-name")), "2", "C18", evidence="certificate is for", fix="subjectAltName"),
    Fault(domain("web-untrusted", web=Web(certificate="untrusted")), "2", "C19", fix="full chain"),
    Fault(domain("mx-moved", mx="old.mx-moved.example"), "3", "C52", evidence="mx.mx-moved.example is in no mx line",
          fix="mx: mx.mx-moved.example"),
    Fault(domain("no-record", txt=()), "4", "C01", evidence="NXDOMAIN", fix="v=STSv1; id="),
    Fault(domain("two-records", txt=("v=STSv1; id=1;", "v=STSv1; id=2;")), "4", "C02", evidence="2 records", fix="Delete all but one"),
    Fault(domain("bad-id", txt=("v=STSv1; id=2026-01-01;",)), "4", "C04", evidence="2026-01-01", fix="letters and digits"),
    Fault(domain("stale-id", txt=("v=STSv1; id=20250117001;",)), "5", "C12", evidence="id=20250117001, expected 20250118001",
          fix="Change the id now", options=("--expect-id", "20250118001")),
    Fault(domain("as-html", web=Web(("scripted",), headers=(("Content-Type", "text/html"),))), "6", "C28",
          evidence="Content-Type: text/html", fix="text/plain"),
    Fault(domain("mx-plain", starttls="no"), "7", "C40", evidence="no STARTTLS", fix="Enable STARTTLS"),
    Fault(domain("mx-expired", certificate="expired"), "7", "C43", evidence="expired on", fix="Reload the mail server"),
    Fault(domain("mx-name", certificate="wrong-name"), "7", "C44", evidence="certificate is for", fix="MX name"),
    Fault(domain("mx-untrusted", certificate="untrusted"), "7", "C42", fix="full chain"),
    Fault(domain("mx-cn-only", certificate="cn-only"), "7", "C45", evidence="no subjectAltName", fix="subjectAltName"),
    Fault(domain("mx-second", also=(Mail(starttls="no"),)), "7", "C41", evidence="no STARTTLS", fix="all listeners"),
    Fault(domain("no-reports", tlsrpt=None), "8", "C63", "warning", evidence="_smtp._tls.no-reports.example: no record",
          fix="v=TLSRPTv1; rua=mailto:"),
    Fault(domain("bad-reports", tlsrpt="v=TLSRPTv1; rua=tls@bad-reports.example"), "8", "C55",
          evidence="rua=tls@bad-reports.example", fix="rua=mailto:"),
    Fault(domain("with-bom", web=Web(("scripted",), headers=PLAIN, body=b"\xef\xbb\xbfversion: STSv1\r\nmode: enforce\r\n"
                                     b"mx: mx.with-bom.example\r\nmax_age: 1209600\r\n")), "1", "C32", evidence="bom"),
    Fault(domain("max-age", web=Web(("scripted",), headers=PLAIN, body=b"version: STSv1\r\nmode: enforce\r\n"
                                    b"mx: mx.max-age.example\r\nmax_age: 14d\r\n")), "5", "C35", evidence="bad-max-age"),
    Fault(domain("page", web=Web(("scripted",), headers=(("Content-Type", "text/html"),), body=b"<!doctype html><title>Welcome</title>")),
          "1", "C24", evidence="status 200 with an HTML page"),
    Fault(domain("json", web=Web(("scripted",), headers=(("Content-Type", "application/json"),), body=b'{"ok": true}')), "1", "C24",
          evidence="status 200 with JSON"),
    Fault(domain("txt-in-file", web=body("v=STSv1; id=1;")), "1", "C24", evidence="with the text of the DNS record"),
    Fault(domain("limited", web=Web(("scripted",), status=429)), "1", "C24", evidence="status 429", fix="Exempt this one path"),
    Fault(domain("wrong-path", web=Web(("scripted",), path="/.well-know/mta-sts.txt")), "1", "C24", evidence="status 404",
          fix="Move it from https://mta-sts.wrong-path.example/.well-know/mta-sts.txt"),
    Fault(domain("hangs-up", web=Web(("scripted",), raw=b"")), "1", "C24", fix="TLS is in order there, HTTP is not"),
    Fault(domain("no-http", web=Web(("scripted",), raw=b"SSH-2.0-OpenSSH_9.2\r\n")), "1", "C24", evidence="what came is not HTTP",
          fix="TLS is in order there, HTTP is not"),
    Fault(domain("cut-short", web=Web(("scripted",), headers=(*PLAIN, ("Content-Length", "500")))), "1", "C29"),
)

# Further checks that a lab can bring about; their rows are the catalogue's own.
MORE = (
    Fault(domain("quoted", txt=('\\"v=STSv1; id=1;\\"',)), "4", "C03", evidence='"v=STSv1; id=1;"', fix="without any quotes"),
    Fault(domain("stray", txt=("v=STSv1; id=1; oops",)), "4", "C05", evidence="oops"),
    Fault(domain("circle", txt=(), more=("_mta-sts.circle.example. CNAME a.circle.example.",
                                         "a.circle.example. CNAME _mta-sts.circle.example.")), "4", "C06", evidence="circle"),
    Fault(domain("wildcard", more=('*.wildcard.example. TXT "v=spf1 -all"',)), "4", "C07", "warning", "v=spf1 -all"),
    Fault(domain("slow-ttl", txt=(), more=('_mta-sts.slow-ttl.example. 604800 TXT "v=STSv1; id=1;"',)), "5", "C09", "warning",
          "TTL 604800"),
    Fault(domain("forged", zone="bogus"), "4", "C10", evidence="checking disabled", fix="Re-sign"),
    Fault(domain("misplaced", more=('_mta_sts.misplaced.example. TXT "v=STSv1; id=1;"',)), "4", "C11", "note", "_mta_sts"),
    Fault(domain("parent", more=("sub.parent.example. MX 10 mx.parent.example.",)), "4", "C13", "note", "_mta-sts.sub.parent.example",
          options=("--subdomain", "sub.parent.example")),
    Fault(domain("dead-address", more=("mta-sts.dead-address.example. A 11.22.33.9",)), "1", "C15", "warning", "11.22.33.9"),
    Fault(domain("two-answers", web=Web(("nginx", "scripted"), body=b"version: STSv1\r\nmode: none\r\nmax_age: 86400\r\n")),
          "5", "C17", "warning", "11.22.33"),
    Fault(domain("wrong-version", web=body("version: STSv2", "mode: enforce", "mx: mx.wrong-version.example", "max_age: 1209600")),
          "1", "C33", evidence="bad-version"),
    Fault(domain("wrong-mode", web=body("version: STSv1", "mode: Enforce", "mx: mx.wrong-mode.example", "max_age: 1209600")), "1",
          "C34", evidence="bad-mode"),
    Fault(domain("short", web=body("version: STSv1", "mode: enforce", "mx: mx.short.example", "max_age: 86400")), "5", "C36", "warning",
          "max_age 86400"),
    Fault(domain("with-address", web=body("version: STSv1", "mode: enforce", "mx: mx.with-address.example", "mx: 11.22.33.9",
                                          "max_age: 1209600")), "3", "C37", "warning", "bad-mx"),
    Fault(domain("spf-there", tlsrpt=None, more=('*.spf-there.example. TXT "v=spf1 -all"',)), "8", "C63", "warning", "v=spf1 -all"),
    Fault(domain("listed", web=body("version: STSv1", "mode: enforce", "mx: mx.listed.example, mx2.listed.example", "max_age: 1209600")),
          "3", "C37", evidence="bad-mx"),
    Fault(domain("typing", web=body("version: STSv1", "mode: enforce", "mx: mx.typing.example", "nmx: b.typing.example",
                                    "max_age: 1209600")), "1", "C38", "warning", "nmx"),
    Fault(domain("opted-out", "none"), "5", "C39", "note", "mode: none"),
    Fault(domain("left-over", mx="mx.left-over.example mx=old.left-over.example"), "3", "C53", "note", "old.left-over.example"),
    Fault(domain("no-address", more=("no-address.example. MX 90 gone.no-address.example.",),
                 mx="mx.no-address.example mx=gone.no-address.example"), "3", "C54", evidence="gone.no-address.example"),
    Fault(domain("twice", tlsrpt=None, more=('_smtp._tls.twice.example. TXT "v=TLSRPTv1; rua=mailto:a@twice.example"',
                                             '_smtp._tls.twice.example. TXT "v=TLSRPTv1; rua=mailto:b@twice.example"')), "8", "C56",
          evidence="2 records"),
    Fault(domain("no-mailbox", tlsrpt="v=TLSRPTv1; rua=mailto:a@nothing.no-mailbox.example"), "8", "C57", evidence="takes no mail"),
    Fault(domain("two-boxes", tlsrpt="v=TLSRPTv1; rua=mailto:a@{name},mailto:b@{name}"), "8", "C58", "note", "2 addresses"),
    Fault(domain("no-endpoint", tlsrpt="v=TLSRPTv1; rua=https://gone.no-endpoint.example/r"), "8", "C59", "warning", "does not resolve"),
    Fault(domain("elsewhere", tlsrpt="v=TLSRPTv1; rua=mailto:a@healthy.example"), "8", "C60", "note", "healthy.example"),
    Fault(domain("endpoint", tlsrpt=None, more=("_smtp._tls.endpoint.example. CNAME tlsrpt.endpoint.example.",
                                                'tlsrpt.endpoint.example. TXT "v=TLSRPTv1; rua=https://reports.endpoint.example/r"',
                                                "reports.endpoint.example. CNAME mta-sts.endpoint.example.")), "8", "C59", "note",
          "reports.endpoint.example has no valid certificate"),
    Fault(domain("any-below", more=("*.any-below.example. MX 10 mx.any-below.example.",)), "4", "C13", "note",
          "*.any-below.example has an MX"),
    Fault(domain("inside", more=("mta-sts.inside.example. A 10.0.0.1",)), "1", "C16", evidence="10.0.0.1"),
    Fault(domain("dane-rolled", zone="signed", tlsa="wrong 3 1 1"), "7", "C50", evidence="mx.dane-rolled.example"),
    Fault(domain("dane-silent", zone="signed", more=(LAME.format("dane-silent"),)), "7", "C50",
          evidence="TLSA at _25._tcp.mx.dane-silent.example: SERVFAIL", fix="no such record"),
    Fault(domain("web-issuer", web=Web(("scripted",), certificate="expired-issuer")), "2", "C20", evidence="CN=Lab late issuer, expired on",
          fix="full chain of today"),
    Fault(domain("web-weak", web=Web(("scripted",), certificate="weak-key")), "2", "C19", evidence="RSA 1024", fix="Issue the certificate anew"),
    Fault(domain("mx-issuer", certificate="expired-issuer"), "7", "C43", evidence="CN=Lab late issuer, expired on", fix="full chain of today"),
    Fault(domain("mx-weak", certificate="weak-key"), "7", "C42", evidence="RSA 1024", fix="Issue the certificate anew"),
    Fault(domain("mx-old", tls="TLSv1"), "7", "C47", evidence="neither TLS 1.2 nor 1.3, but TLSv1", fix="Enable TLS 1.2 and 1.3"),
    Fault(domain("mx-first-only", tls="TLSv1.1"), "7", "C47", evidence="but TLSv1.1"),
)

# Hosts that close the connection while the command still writes: at 220 of STARTTLS, and a policy host as it accepts.
CLOSING_WEB = "11.22.33.6"
CLOSING = (
    domain("mx-closes", starttls="closes"),
    domain("web-closes", web=Web(()), more=(f"mta-sts.web-closes.example. A {CLOSING_WEB}",)),
)

# A mail host that sends this one away before it says whether it does TLS: nothing is known of its TLS, and none of it is
# the domain's fault. By what the reason says.
TURNED_AWAY = (
    (domain("busy", greeting="421 4.7.0 too many connections from you"), "421 4.7.0 too many connections"),
    (domain("listed-here", greeting="554 5.7.1 your address is on a list"), "554 5.7.1 your address is on a list"),
    (domain("grey", greeting="450 4.3.2 come back later"), "450 4.3.2 come back later"),
    (domain("slow-greeting", greets_after=12), "no greeting in time"),
)

# Mail hosts that are particular, and fine.
PARTICULAR = (
    domain("wants-name", wants_full_name=True),
    domain("one-at-once", at_once=1),
    domain("greets-late", greets_after=2),
    domain("unsigned-silent", more=(LAME.format("unsigned-silent"),)),
)

TABLE = (*HEALTHY, *(fault.domain for fault in (*FAULTS, *MORE)), *(one for one, _ in TURNED_AWAY), *PARTICULAR, *CLOSING)
