#pragma once

#include "cli/command.hpp"

namespace mta_sts::cli {

/// The subcommands of `tlsrpt`.
void add_tlsrpt_import(Command tlsrpt, Session& session);
void add_tlsrpt_show(Command tlsrpt, Session& session);
void add_tlsrpt_html(Command tlsrpt, Session& session);
void add_tlsrpt_metrics(Command tlsrpt, Session& session);
void add_tlsrpt_alert(Command tlsrpt, Session& session);
void add_tlsrpt_prune(Command tlsrpt, Session& session);
Command add_tlsrpt_send(Command tlsrpt, Session& session);

/// The same; the keys of its configuration file are the options of `send`.
void add_tlsrpt_sent(Command tlsrpt, Command send, Session& session);

}  // namespace mta_sts::cli
