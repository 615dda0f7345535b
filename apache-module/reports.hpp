#pragma once

#include "httpd.hpp"

namespace mta_sts::apache {

/// Makes the configuration of a section of URLs.
[[nodiscard]] void* create_section(apr_pool_t* pool, char* name) noexcept;

/// Lets a section without `MtaStsReports` have that of the section around it.
[[nodiscard]] void* merge_sections(apr_pool_t* pool, void* outer, void* inner) noexcept;

/// Reads one `MtaStsReports …` line. Gives null, or the text with which httpd refuses its configuration.
[[nodiscard]] const char* set_reports(cmd_parms* cmd, void* section, const char* args) noexcept;

/// Stores a report that is sent with POST to a section with `MtaStsReports`. A handler; DECLINED elsewhere.
[[nodiscard]] int receive_report(request_rec* r) noexcept;

}  // namespace mta_sts::apache
