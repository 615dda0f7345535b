#pragma once

#include "tlsrpt/model/report.hpp"

namespace mta_sts::tlsrpt {

/// Cuts the texts of a report that are longer than what is kept (model/text_limits.hpp): each is in many
/// tables, and nothing else bounds it but the report's size. Quirk: long_text. To be called before
/// settle_domains(), whose domains are then as short.
void bound_texts(Report& report);

}  // namespace mta_sts::tlsrpt
