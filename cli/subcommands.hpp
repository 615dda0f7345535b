#pragma once

namespace CLI {
class App;
}

namespace mta_sts::cli {

struct Session;

void add_check(CLI::App& app, Session& session);
void add_lint(CLI::App& app, Session& session);
void add_render(CLI::App& app, Session& session);
void add_record(CLI::App& app, Session& session);
void add_verdict(CLI::App& app, Session& session);
void add_explain(CLI::App& app, Session& session);
void add_cache(CLI::App& app, Session& session);
void add_resolver(CLI::App& app, Session& session);
void add_exim_setup(CLI::App& app, Session& session);
void add_exim_check(CLI::App& app, Session& session);
void add_report(CLI::App& app, Session& session);
void add_tlsrpt(CLI::App& app, Session& session);

/// The subcommands in the order of the help. A new one: a file cli/ROOM/NAME.cpp that defines add_NAME, its
/// declaration above and its place here.
// clang-format off
inline constexpr void (*subcommands[])(CLI::App&, Session&) = {
    add_check,
    add_lint,
    add_render,
    add_record,
    add_verdict,
    add_explain,
    add_cache,
    add_resolver,
    add_exim_setup,
    add_exim_check,
    add_report,
    add_tlsrpt,
};
// clang-format on

}  // namespace mta_sts::cli
