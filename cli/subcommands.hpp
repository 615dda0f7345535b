#pragma once

#include "cli/command_line.hpp"

namespace mta_sts::cli {

struct Session;

void add_check(Command app, Session& session);
void add_lint(Command app, Session& session);
void add_render(Command app, Session& session);
void add_record(Command app, Session& session);
void add_store(Command app, Session& session);
void add_publish(Command app, Session& session);
void add_rollout(Command app, Session& session);
void add_verdict(Command app, Session& session);
void add_explain(Command app, Session& session);
void add_cache(Command app, Session& session);
void add_resolver(Command app, Session& session);
void add_exim_setup(Command app, Session& session);
void add_exim_check(Command app, Session& session);
void add_report(Command app, Session& session);
void add_tlsrpt(Command app, Session& session);
void add_errors(Command app, Session& session);

/// The subcommands in the order of the help. A new one: a file cli/FOLDER/NAME.cpp that defines add_NAME, its
/// declaration above and its place here.
// clang-format off
inline constexpr void (*subcommands[])(Command, Session&) = {
    add_check,
    add_lint,
    add_render,
    add_record,
    add_store,
    add_publish,
    add_rollout,
    add_verdict,
    add_explain,
    add_cache,
    add_resolver,
    add_exim_setup,
    add_exim_check,
    add_report,
    add_tlsrpt,
    add_errors,
};
// clang-format on

}  // namespace mta_sts::cli
