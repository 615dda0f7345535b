#pragma once

#include <sqlite3.h>

namespace mta_sts::tlsrpt {

/// Gives SQL key_mark() as report_mark(organization, report_id, start, domain). Throws SqliteFailure.
void add_mark_function(sqlite3* database);

}  // namespace mta_sts::tlsrpt
