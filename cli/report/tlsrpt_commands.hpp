#pragma once

#include "cli/command.hpp"

namespace mta_sts::cli {

/// The subcommands of `tlsrpt`.
void add_tlsrpt_import(CLI::App& tlsrpt, Session& session);
void add_tlsrpt_show(CLI::App& tlsrpt, Session& session);
void add_tlsrpt_html(CLI::App& tlsrpt, Session& session);
void add_tlsrpt_metrics(CLI::App& tlsrpt, Session& session);
void add_tlsrpt_alert(CLI::App& tlsrpt, Session& session);
void add_tlsrpt_prune(CLI::App& tlsrpt, Session& session);

}  // namespace mta_sts::cli
