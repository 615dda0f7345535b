#include "outcome/tally/tally_error.hpp"

#include <sqlite3.h>

#include "base/enum_names.hpp"
#include "base/utf8.hpp"

namespace mta_sts::outcome {
namespace {

constexpr int application_id = 0x4d54534f;  // "MTSO", 1297371983
constexpr int layout_version = 1;

TallyErrorCode code_of(SqliteTrouble trouble) {
  switch (trouble) {
    case SqliteTrouble::busy:
      return TallyErrorCode::busy;
    case SqliteTrouble::full:
      return TallyErrorCode::full;
    case SqliteTrouble::damaged:
      return TallyErrorCode::damaged;
    case SqliteTrouble::unavailable:
      break;
  }
  return TallyErrorCode::unavailable;
}

}  // namespace

std::string_view to_string(TallyErrorCode code) {
  using enum TallyErrorCode;
  static constexpr auto words = enum_names<TallyErrorCode>({
      {unavailable, "tally-unavailable"},
      {busy, "tally-busy"},
      {full, "tally-full"},
      {damaged, "tally-damaged"},
      {foreign, "tally-foreign"},
  });
  return words[code];
}

TallyError tally_error(const std::string& path, const SqliteFailure& failure) {
  return {.code = code_of(trouble_of(failure)),
          .detail = text::escape_for_display(path) + ": " + text::escape_for_display(failure.detail)};
}

bool is_tally(sqlite3* database) {
  return pragma(database, "application_id") == application_id &&
         pragma(database, "user_version") == layout_version;
}

TallyError foreign_tally(const std::string& path) {
  return {
      .code = TallyErrorCode::foreign,
      .detail = text::escape_for_display(path) +
                " is a database of another program, or of a newer version of this one: name another file"};
}

}  // namespace mta_sts::outcome
