#include "tlsrpt/history/mark_function.hpp"

#include <string_view>

#include "sqlite/sqlite.hpp"
#include "tlsrpt/model/duplicates.hpp"

namespace mta_sts::tlsrpt {
namespace {

constexpr int parts_of_key = 4;

std::string_view text_of(sqlite3_value* value) {
  const auto* const text = reinterpret_cast<const char*>(sqlite3_value_text(value));
  const int length = sqlite3_value_bytes(value);
  return text == nullptr ? std::string_view() : std::string_view(text, static_cast<std::size_t>(length));
}

void report_mark(sqlite3_context* context, int, sqlite3_value** key) noexcept {
  sqlite3_result_int64(context, static_cast<std::int64_t>(key_mark(text_of(key[0]), text_of(key[1]),
                                                                   text_of(key[2]), text_of(key[3]))));
}

}  // namespace

void add_mark_function(sqlite3* database) {
  constexpr int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY;  // not for SQL in the file
  const int code = sqlite3_create_function_v2(database, "report_mark", parts_of_key, flags, nullptr,
                                              report_mark, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) {
    throw SqliteFailure{.code = code, .detail = sqlite3_errmsg(database)};
  }
}

}  // namespace mta_sts::tlsrpt
