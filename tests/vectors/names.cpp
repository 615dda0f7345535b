// The areas mxmatch, certname and contenttype: does a name or a type match.
#include "policy/content_type.hpp"
#include "policy/dns_id.hpp"
#include "policy/mx_match.hpp"
#include "vectors/reader.hpp"

namespace mta_sts::vectors {
namespace {

Outcome compare_match(const Json& expect, bool match) {
  expect_keys(expect, {"match"});
  static_cast<void>(bool_of(member(expect, "match"), "match"));
  return compare_given(expect, {{"match", match}});
}

}  // namespace

Outcome run_mxmatch(const Json& input, const Json& expect) {
  expect_keys(input, {"patterns", "host"});
  const auto patterns = texts_of(member(input, "patterns"), "patterns");
  return compare_match(expect, matches_mx(patterns, text_of(member(input, "host"), "host")));
}

Outcome run_certname(const Json& input, const Json& expect) {
  expect_keys(input, {"dns", "cn", "email", "uri", "ip", "host"});
  const auto dns_names = byte_lists_of(member(input, "dns"), "dns");
  // What stands in the certificate beside its DNS-IDs has no say: the matcher is not even given it.
  if (const Json& cn = member(input, "cn"); !cn.is_null()) {
    static_cast<void>(text_of(cn, "cn"));
  }
  for (const std::string_view other : {"email", "uri", "ip"}) {
    if (input.contains(other)) {
      static_cast<void>(texts_of(member(input, other), other));
    }
  }
  return compare_match(expect, matches_dns_id(views_of(dns_names), text_of(member(input, "host"), "host")));
}

Outcome run_contenttype(const Json& input, const Json& expect) {
  expect_keys(input, {"fields"});
  expect_keys(expect, {"accept", "accept_with_knob"});
  static_cast<void>(bool_of(member(expect, "accept"), "accept"));
  const auto texts = texts_of(member(input, "fields"), "fields");
  const auto fields = views_of(texts);
  return compare_given(expect,
                       {{"accept", is_policy_content_type(fields)},
                        {"accept_with_knob", is_policy_content_type(fields, MissingContentType::accept)}});
}

}  // namespace mta_sts::vectors
