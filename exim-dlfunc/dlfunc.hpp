#pragma once

extern "C" {

/// Answers `${dlfunc{PLUGIN}{mta_sts_verdict}{DOMAIN}{socket=PATH}{wait=SECONDS}{log=observe}}`: one verdict
/// line (verdict_line.hpp), whatever happens; what cannot be known is `mode=temp` with a reason. All but
/// DOMAIN may be left out, in any order. `log=observe` writes the verdict to Exim's main log too.
__attribute__((visibility("default"))) int mta_sts_verdict(unsigned char** yield, int argc,
                                                           unsigned char** argv) noexcept;

/// Answers `${dlfunc{PLUGIN}{mta_sts_cert}{MXHOST}{SAN dNSNames, one a line}{alias=checked}}`, for the
/// `tls:cert` event: the empty text accepts the certificate, any other refuses it and says why. With two
/// arguments, or `alias=no`, one of the names must be the host's. `alias=checked`: Exim checks the name of
/// the MX record itself, which it does with tls_verify_cert_hostnames and without TLSA records, and the host
/// may be an alias (NameCheck). RFC 8461 section 4.2, R100 to R104.
__attribute__((visibility("default"))) int mta_sts_cert(unsigned char** yield, int argc,
                                                        unsigned char** argv) noexcept;

/// Takes an event of Exim's smtp transport, as
/// `${dlfunc{PLUGIN}{mta_sts_event}{socket=PATH}{NAME}{DATA}{FACTS}{VERDICT}{CERTIFICATE}{RECORD}}`
/// (transport_event.hpp; RECORD may be left out), and always gives the empty text. Where the event decides
/// what a session came to (RFC 8460 section 4), one datagram of libtlsrpt's protocol goes to the Unix socket
/// PATH, without waiting; one that is lost is counted beside the socket, or else told once to Exim's log.
__attribute__((visibility("default"))) int mta_sts_event(unsigned char** yield, int argc,
                                                         unsigned char** argv) noexcept;
}
