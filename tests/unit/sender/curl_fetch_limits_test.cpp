// Where fetches go, how many at once, whom they trust, and how they end.
#include "unit/sender/curl_fetch_fixture.hpp"

namespace mta_sts::fetching {
namespace {

TEST_F(CurlFetchTest, GoesToTheNextAddress) {
  serve_text(whole());
  DnsAnswer two = address_is("127.0.0.2");  // nobody listens there
  two.records.emplace_back(*IpAddress::parse("127.0.0.1"));
  dns.now_says["mta-sts.example.com"] = two;
  EXPECT_EQ(get(), "ok") << detail();
}

TEST_F(CurlFetchTest, RefusesPrivateAddressesWithoutAConnection) {
  serve_text(whole());
  options.allow_private = false;
  EXPECT_EQ(get(), "address-not-public");
  EXPECT_EQ(server->connections(), 0);
}

TEST_F(CurlFetchTest, TellsWhyThereIsNoAddress) {
  options.https_port = 1;
  dns.now_says["mta-sts.example.com"] = fails(DnsStatus::nx_domain);
  EXPECT_EQ(get(), "dns-failure");
  dns.now_says["mta-sts.example.com"] = fails();
  EXPECT_EQ(get(), "dns-failure");
  dns.now_says["mta-sts.example.com"] = fails(DnsStatus::no_data);
  EXPECT_EQ(get(), "dns-failure");
  EXPECT_NE(detail().find("no address"), std::string::npos);
}

TEST_F(CurlFetchTest, NeverReusesWhatItLearnt) {
  serve_text(whole());
  EXPECT_EQ(get(), "ok");
  EXPECT_EQ(get(), "ok");
  EXPECT_EQ(server->connections(), 2);
  dns.now_says["mta-sts.example.com"] = address_is("127.0.0.2");
  EXPECT_EQ(get(), "connect-failure");  // the address before is forgotten
}

TEST_F(CurlFetchTest, BoundsFetchesFromOneAddressAndDoesThemAll) {
  CertificateSpec spec;
  spec.extensions = "DNS:*.d0.test";
  for (int i = 1; i < 30; ++i) {
    spec.extensions += ",DNS:mta-sts.d" + std::to_string(i) + ".test";
  }
  spec.extensions += ",DNS:mta-sts.d0.test";
  serve_text(whole(), true, spec);
  options.fetches_per_address = 2;
  start();
  for (int i = 0; i < 30; ++i) {
    const std::string domain = "d" + std::to_string(i) + ".test";
    dns.now_says["mta-sts." + domain] = address_is("127.0.0.1");
    ask(domain);
  }
  EXPECT_TRUE(loop.run_until([&] { return results.size() == 30; }));
  for (const FetchResult& result : results) {
    EXPECT_TRUE(result) << result.error().detail;
  }
}

// Who keeps all places busy must not make a domain look as if it had no policy.
TEST_F(CurlFetchTest, AFetchThatFindsNoPlaceIsNoFailureOfItsDomain) {
  options.deadline = 700ms;
  options.fetches_per_address = 1;
  serve([](TlsConnection& connection) { connection.wait_for_close(); });
  start();
  ask();
  ask();
  ask();
  EXPECT_TRUE(loop.run_until([&] { return results.size() == 3; }));
  std::size_t late = 0;
  for (const FetchResult& result : results) {
    late += result.error().kind == FetchErrorKind::timeout ? 1U : 0U;
    EXPECT_EQ(result.error().begun, result.error().kind == FetchErrorKind::timeout) << result.error().detail;
  }
  EXPECT_GE(late, 1U);
  EXPECT_LT(late, 3U);
}

TEST_F(CurlFetchTest, ADomainCannotKeepTheAddressesOfOthersBusy) {
  options.deadline = 5s;
  options.fetches_per_address = 1;
  serve_text(whole());
  start();
  const TarPit pit("127.0.0.9", options.https_port);
  ASSERT_TRUE(pit.stands());
  DnsAnswer both = address_is("127.0.0.9");
  both.records.push_back(address_is("127.0.0.1").records.front());
  dns.now_says["mta-sts.attacker.test"] = both;
  ask("attacker.test");
  ask();
  EXPECT_TRUE(loop.run_until([&] { return !results.empty(); }));
  EXPECT_TRUE(results.front()) << results.front().error().detail;
}

TEST_F(CurlFetchTest, ReadsTheRootsAnew) {
  serve_text(whole());
  const TestRoot other;
  const std::string path = (root().folder / "changing.pem").string();
  std::filesystem::copy_file(other.file, path, std::filesystem::copy_options::overwrite_existing);
  options.ca_file = path;
  EXPECT_EQ(get(), "cert-untrusted");
  std::filesystem::copy_file(root().file, path, std::filesystem::copy_options::overwrite_existing);
  EXPECT_TRUE(fetch->reload_ca());
  EXPECT_EQ(get(), "ok") << detail();
  std::ofstream(path) << "nothing";
  EXPECT_FALSE(fetch->reload_ca());
  EXPECT_EQ(get(), "ok") << "the old roots stay";
  std::filesystem::remove(path);
  EXPECT_FALSE(fetch->reload_ca());
}

TEST_F(CurlFetchTest, SaysNothingOfADomainWhereItsOwnRootsAreGone) {
  serve_text(whole());
  const std::string path = (root().folder / "vanishing.pem").string();
  std::filesystem::copy_file(root().file, path, std::filesystem::copy_options::overwrite_existing);
  options.ca_file = path;
  start();
  std::filesystem::remove(path);
  EXPECT_EQ(get(), "fetch-internal");
  EXPECT_FALSE(results.back().error().begun) << "a domain's own failure would let its mail pass";
}

TEST_F(CurlFetchTest, DoesNotStartWithoutRoots) {
  options.ca_file = "/nonexistent/roots.pem";
  const auto created = CurlFetch::create(&loop.loop, dns, options);
  ASSERT_FALSE(created);
  EXPECT_NE(created.error().find("--ca"), std::string::npos);
}

TEST_F(CurlFetchTest, EndsOpenFetchesAtItsEnd) {
  serve([](TlsConnection& connection) { connection.wait_for_close(); });
  start();
  ask();
  dns.now_says.erase("mta-sts.example.com");
  ask();  // waits for DNS
  loop.run_until([] { return false; }, 50);
  fetch.reset();
  ASSERT_EQ(results.size(), 2U);
  EXPECT_EQ(results[0].error().kind, FetchErrorKind::fetch_internal);
  dns.answer(address_is("127.0.0.1"));  // too late for anybody
  EXPECT_EQ(results.size(), 2U);
}

TEST_F(CurlFetchTest, AcceptsAMissingContentTypeByItsKnob) {  // P4
  options.missing_content_type = MissingContentType::accept;
  serve_text(whole(policy_text, ""));
  EXPECT_EQ(get(), "ok");
}

}  // namespace
}  // namespace mta_sts::fetching
