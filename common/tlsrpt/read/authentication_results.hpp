#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tlsrpt/model/authentication.hpp"
#include "tlsrpt/model/report.hpp"

namespace mta_sts::tlsrpt {

/// Gives the domains whose DKIM signatures a mail passed with, by the topmost of its Authentication-Results
/// fields that is of `authserv_id` and says anything of DKIM; nothing where there is none. Fields of other
/// servers are anybody's words, and so are those of this one unless the mail server at the border removes
/// what comes in with its name (RFC 8601 section 5). A field that does not follow the grammar of RFC 8601
/// section 2.2 is none.
[[nodiscard]] std::optional<std::vector<std::string>> dkim_domains(std::string_view mail,
                                                                   std::string_view authserv_id);

/// Tells whether one of `domains` is the reporting domain, a parent or a child of it. That is the domain of
/// the report's contact-info, which the signature covers and RFC 8460 section 5.3 has TLS-Report-Submitter
/// repeat; `submitter` stands for it where the report has none.
[[nodiscard]] Authentication judge_signatures(const std::vector<std::string>& domains, const Report& report,
                                              std::string_view submitter);

}  // namespace mta_sts::tlsrpt
