#pragma once

extern "C" {

/// Answers `${dlfunc{PLUGIN}{mta_sts_verdict}{DOMAIN}{socket=PATH}{wait=SECONDS}{log=observe}}`: one verdict
/// line (verdict_line.hpp), whatever happens; what cannot be known is `mode=temp` with a reason. All but
/// DOMAIN may be left out, in any order. `log=observe` writes the verdict to Exim's main log too.
__attribute__((visibility("default"))) int mta_sts_verdict(unsigned char** yield, int argc,
                                                           unsigned char** argv) noexcept;

/// Answers `${dlfunc{PLUGIN}{mta_sts_cert}{MXHOST}{SAN dNSNames, one a line}{mx=PATTERNS}}`, for the
/// `tls:cert` event: the empty text accepts the certificate, any other refuses it and says why. With the
/// policy's patterns, a host that none of them names (the target of an MX host that is an alias) is held to
/// having a DNS-ID at all; its name was checked by Exim itself. RFC 8461 section 4.2, R100 to R104.
__attribute__((visibility("default"))) int mta_sts_cert(unsigned char** yield, int argc,
                                                        unsigned char** argv) noexcept;
}
