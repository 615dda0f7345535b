#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "base/fault.hpp"
#include "cli/command_text.hpp"

namespace mta_sts::cli {

/// Makes the manual page `page` ("mta-sts-check.1", "mta-sts-resolver.8", "mta-sts.conf.5") of what is
/// declared and of its hand-written text. Name, synopsis, options, exit status and examples come from the
/// declarations. In the text a line "@OPTIONS" says where the options stand, and the lines after "@--name"
/// (at the end of the text) go below that option. Error: bad-option if the page is of no subcommand, or the
/// text names no option of it.
std::expected<std::string, Fault> render_manual(const CommandText& program, std::string_view page,
                                                std::string_view text);

}  // namespace mta_sts::cli
