#pragma once

#include <string>

#include "cli/tlsrpt/tlsrpt_options.hpp"

namespace mta_sts::cli {

/// What `tlsrpt import` is told.
struct ImportOptions {
  TlsrptOptions common;
  bool watch = false;
  unsigned every_seconds = 300;
  std::string move_to;
  std::string others_to;
  std::string imap;
  std::string imap_password_file;
  std::string imap_ca{"/etc/ssl/certs/ca-certificates.crt"};
  unsigned imap_timeout_seconds = 30;
  std::string metrics;
  bool progress = false;
};

}  // namespace mta_sts::cli
