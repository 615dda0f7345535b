#include "sender/share/shared_value.hpp"

#include <gtest/gtest.h>

#include "unit/sender/fakes.hpp"

namespace mta_sts::sender {
namespace {

using namespace std::chrono_literals;
using namespace fakes;

constexpr std::chrono::sys_seconds now{1'000'000'000s};
const std::string body = serves("enforce", 86400)->body;

std::string value_of(const std::string& header, const std::string& text = body) {
  return header + " " + std::to_string(text.size()) + "\n" + text;
}

const DomainName domain = *DomainName::parse("example.com");
const SharedValueForm open{""};
const SharedValueForm sealed{std::string(32, 'k')};

std::optional<SharedValueError> error_of(std::string_view value, const SharedValueForm& form = open,
                                         const DomainName& of = domain) {
  const auto parsed = form.parse(of, value, now);
  return parsed ? std::nullopt : std::optional(parsed.error());
}

TEST(SharedValue, IsReadBackAsItWasFetched) {
  const FetchResult fetched = serves("enforce", 86400, "*.example.com", "2001:db8::1");
  for (const SharedValueForm* form : {&open, &sealed}) {
    const auto parsed = form->parse(domain, form->render(domain, "A1", *fetched, now - 5s), now);
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->id, "A1");
    EXPECT_EQ(parsed->fetched.policy, fetched->policy);
    EXPECT_EQ(parsed->fetched.body, fetched->body);
    EXPECT_EQ(parsed->fetched.peer, "2001:db8::1");
    EXPECT_EQ(parsed->fetched.shared, now - 5s);
  }
}

TEST(SharedValue, HasTheSealThatOthersCompute) {  // Python's hmac, so that no two versions differ
  const FetchedPolicy fetched{.policy = {},
                              .body = "version: STSv1\nmode: none\nmax_age: 86400\n",
                              .peer = "192.0.2.1",
                              .shared = {}};
  EXPECT_EQ(sealed.render(domain, "A1", fetched, now),
            "mta-sts 2 A1 1000000000 192.0.2.1 41 "
            "9de938f509e0e742b784e99eec4fec0a234e51f180b01766ad5fe0b699ebedda\n" +
                fetched.body);
}

TEST(SharedValue, IsOfAHostThatHasTheSecret) {
  const FetchResult fetched = serves("none", 86400);
  const std::string value = sealed.render(domain, "A1", *fetched, now);
  using enum SharedValueError;
  EXPECT_EQ(error_of(value, sealed), std::nullopt);
  EXPECT_EQ(error_of(open.render(domain, "A1", *fetched, now), sealed), unauthentic);  // of whoever may write
  EXPECT_EQ(error_of(value), unauthentic);                                             // a host was forgotten
  EXPECT_EQ(error_of(value, SharedValueForm(std::string(32, 'K'))), unauthentic);
  EXPECT_EQ(error_of(value, SharedValueForm(std::string(33, 'k'))), unauthentic);
  EXPECT_EQ(error_of(value, sealed, *DomainName::parse("example.net")),
            unauthentic);  // moved to another domain
  EXPECT_EQ(error_of("mta-sts 2\n" + body, sealed), unauthentic);
  EXPECT_EQ(error_of("mta-sts 2 \n" + body, sealed), unauthentic);
  EXPECT_EQ(error_of(value_of("mta-sts 2 A 1000000000 -"), sealed), unauthentic);
  // Whichever byte is another one. One before the mark's end is another form.
  for (std::size_t at = 0; at < value.size(); ++at) {
    std::string changed = value;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    const auto error = error_of(changed, sealed);
    EXPECT_TRUE(error == unauthentic || (error == malformed && at < 9)) << at;
  }
  EXPECT_EQ(error_of(value + "x", sealed), unauthentic);
  EXPECT_EQ(error_of(value.substr(0, value.size() - 1), sealed), unauthentic);
}

TEST(SharedValue, IsJudgedThoughItIsSealed) {
  EXPECT_EQ(error_of(sealed.render(domain, "A1", *serves("enforce", 86400), now - 86401s), sealed),
            SharedValueError::time_wrong);
  EXPECT_EQ(error_of(sealed.render(domain, "A1", *serves("enforce", 0), now), sealed),
            SharedValueError::policy_invalid);
  EXPECT_EQ(error_of(sealed.render(domain, "A-1", *serves("enforce", 86400), now), sealed),
            SharedValueError::malformed);
}

TEST(SharedValue, FitsWithTheLongestOfEachField) {
  std::string long_body = body + "x: ";
  long_body.append(policy_limit_bytes - long_body.size(), 'x');
  const FetchedPolicy fetched{
      .policy = {}, .body = long_body, .peer = "2001:0db8:1111:2222:3333:4444:255.255.255.255", .shared = {}};
  EXPECT_EQ(error_of(sealed.render(domain, std::string(32, 'a'), fetched, now), sealed), std::nullopt);
}

TEST(SharedValue, NeedsNoPeer) {
  EXPECT_EQ(open.parse(domain, value_of("mta-sts 1 A 1000000000 -"), now)->fetched.peer, "");
}

TEST(SharedValue, RefusesAnotherForm) {
  for (const char* header : {
           "mta-sts 3 A 1000000000 -",            // another version
           "mta-sts 1 A-B 1000000000 -",          // no id
           "mta-sts 1  1000000000 -",             // none at all
           "mta-sts 1 A 01000000000 -",           // a number has one spelling
           "mta-sts 1 A -1 -",                    // before 1970
           "mta-sts 1 A 253402300800 -",          // behind the year 9999
           "mta-sts 1 A 18446744073709551617 -",  // over 64 bits
           "mta-sts 1 A 1000000000 example.com",  // no address
           "mta-sts 1 A 1000000000",              // a field is missing
           "mta-sts 1 A 1000000000 - more",       // one too many
       }) {
    EXPECT_EQ(error_of(value_of(header)), SharedValueError::malformed) << header;
  }
  const std::string whole = value_of("mta-sts 1 A 1000000000 -");
  EXPECT_EQ(error_of(whole), std::nullopt);
  EXPECT_EQ(error_of(whole.substr(0, whole.size() - 1)), SharedValueError::malformed);  // cut off
  EXPECT_EQ(error_of(whole + "x"), SharedValueError::malformed);
  EXPECT_EQ(error_of(""), SharedValueError::malformed);
  EXPECT_EQ(error_of(body), SharedValueError::malformed);
  EXPECT_EQ(error_of(std::string(shared_header_limit_bytes, 'x') + "\n"), SharedValueError::malformed);
}

TEST(SharedValue, RefusesWhatIsLongerThanAnyPolicy) {
  EXPECT_EQ(error_of(std::string(shared_value_limit_bytes + 1, 'x')), SharedValueError::too_large);
}

TEST(SharedValue, TakesThePolicyThatIsJustShortEnough) {
  std::string long_body = body + "x: ";
  long_body.append(policy_limit_bytes - long_body.size(), 'x');
  EXPECT_EQ(error_of(value_of("mta-sts 1 A 1000000000 -", long_body)), std::nullopt);
}

TEST(SharedValue, RefusesATimeThatCannotBe) {
  EXPECT_EQ(open.parse(domain, value_of("mta-sts 1 A 1000000060 -"), now)->fetched.shared,
            now);  // clocks differ
  EXPECT_EQ(error_of(value_of("mta-sts 1 A 1000000061 -")), SharedValueError::time_wrong);
  EXPECT_EQ(error_of(value_of("mta-sts 1 A 999913600 -")), std::nullopt);  // its last second
  EXPECT_EQ(error_of(value_of("mta-sts 1 A 999913599 -")), SharedValueError::time_wrong);
  EXPECT_EQ(error_of(value_of("mta-sts 1 A 0 -")), SharedValueError::time_wrong);
}

TEST(SharedValue, RefusesWhatIsNoPolicyToKeep) {
  const std::string header = "mta-sts 1 A 1000000000 -";
  EXPECT_EQ(error_of(value_of(header, "version: STSv1\nmode: enforce\nmax_age: 86400\n")),
            SharedValueError::policy_invalid);
  EXPECT_EQ(error_of(value_of(header, serves("enforce", 0)->body)), SharedValueError::policy_invalid);  // P3
  EXPECT_EQ(error_of(value_of(header, "")), SharedValueError::policy_invalid);
}

}  // namespace
}  // namespace mta_sts::sender
