#pragma once

#include <openssl/x509_vfy.h>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "trust/chain.hpp"

namespace mta_sts::trust {

/// Judges by judge_chain() what a web server sends that is given this file, as of the time `at`. `pem`: the
/// host's own certificate first, those above it behind it in any order; private keys are passed over. A text
/// without a certificate, or with a damaged one, is `untrusted`.
[[nodiscard]] std::vector<ChainFault> judge_chain_pem(std::string_view pem, X509_STORE* roots,
                                                      const std::string& host, std::chrono::sys_seconds at);

}  // namespace mta_sts::trust
