#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "policy/txt_record.hpp"

namespace mta_sts {

/// The kind of a record: what it begins with, and the one field that its reader judges by itself.
struct TagGrammar {
  std::string_view version;  ///< "v=STSv1", "v=TLSRPTv1"
  std::string_view defined;  ///< the field
  bool is_list = false;      ///< the value of `defined` is a list of URIs
  TxtErrorCode if_missing;   ///< the error of a record without `defined`
  std::string_view example;  ///< a record with it
};

/// A record of such a kind as far as every kind is read alike.
struct TagRecord {
  TxtOutcome outcome = TxtOutcome::none;  ///< `ok`: `value` is there, not yet judged
  std::string value;                      ///< the first value of `defined`, which counts (R11, P11, P28)
  TxtErrorCode error = TxtErrorCode::bad_syntax;  ///< with outcome error
  std::string detail;                             ///< but with ok: one sentence, safe to show
  std::size_t candidates = 0;                     ///< records that begin with the version and ";"
};

/// Chooses the one record of the kind of an answer, and cuts it into fields.
///
/// With several records only those count that go on with ";" behind the version at once; a lone record may
/// have blanks before it (P1). Its character-strings are joined without spaces. Its fields are
/// `name=value` joined by ";" with blanks around it, at most one ";" at the end. Every field must fit the
/// extension grammar, save that the first value of `defined` may be empty, and with `is_list` may hold "="
/// and inner blanks. RFC 8461 section 3.1, RFC 8460 section 3, position P18.
[[nodiscard]] TagRecord read_tag_record(const TxtAnswer& answer, const TagGrammar& grammar);

}  // namespace mta_sts
