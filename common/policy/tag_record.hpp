#pragma once

#include <cstddef>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/txt_record.hpp"

namespace mta_sts {

/// What is left of a TXT answer when the records of other kinds are dropped.
struct ChosenRecord {
  TxtOutcome outcome = TxtOutcome::none;  ///< `ok`: `text` is the one record, its fields not yet read
  std::string text;                       ///< the character-strings of the record, joined without spaces
  std::string detail;                     ///< but with ok: why there is no record, safe to show
  std::size_t candidates = 0;             ///< records that begin with the version and ";"
};

/// Chooses the one record that begins with `version` ("v=STSv1", "v=TLSRPTv1") of an answer. With several
/// records only those count that go on with ";" at once; a lone record may have blanks before it (P1).
/// RFC 8461 section 3.1, RFC 8460 section 3, traps T14.
[[nodiscard]] ChosenRecord choose_record(const TxtAnswer& answer, std::string_view version);

/// A field of such a record; views into its text.
struct TagField {
  std::string_view name;
  std::string_view value;
};

/// Why the fields of a record cannot be told apart; `detail` is a sentence, safe to show.
struct TagError {
  std::string detail;
};

/// The kind of a record: what it begins with, and the one field that its reader judges by itself.
struct TagGrammar {
  std::string_view version;
  std::string_view defined;
  bool is_list = false;  ///< the value of `defined` is a list of URIs
};

/// Cuts a chosen record behind its version into fields: `name=value` joined by ";" with blanks around it, at
/// most one ";" at the end. Every field must fit the extension grammar, save that the first value of
/// `defined` may be empty, and with `is_list` may hold "=" and inner blanks. RFC 8461 section 3.1, RFC 8460
/// section 3, position P18.
[[nodiscard]] std::expected<std::vector<TagField>, TagError> read_fields(std::string_view text,
                                                                         const TagGrammar& grammar);

/// Gives the first value of a field, which is the one that counts (R11, P11, P28).
[[nodiscard]] std::optional<std::string_view> first_value(const std::vector<TagField>& fields,
                                                          std::string_view name);

}  // namespace mta_sts
