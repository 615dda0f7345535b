// Where fetches go, how many at once, whom they trust, and how they end.
#include "unit/sender/curl_fetch_fixture.hpp"

namespace mta_sts::sender::fetching {
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
  options.places.places_per_address = 2;
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
  options.places.places_per_address = 1;
  options.places.slow_per_address = 0;
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
    EXPECT_EQ(result.error().crowded, !result.error().begun);
  }
  EXPECT_GE(late, 1U);
  EXPECT_LT(late, 3U);
}

TEST_F(CurlFetchTest, ADomainCannotKeepTheAddressesOfOthersBusy) {
  options.deadline = 5s;
  options.places.places_per_address = 1;
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

TEST_F(CurlFetchTest, WhoFindsAnAddressDeadFindsItForAll) {
  options.connect_deadline = 1500ms;
  options.deadline = 20s;
  serve_text(whole());
  start();
  const BlackHole hole("127.0.0.9", options.https_port);
  ASSERT_TRUE(hole.stands());
  for (int i = 0; i < 60; ++i) {
    const std::string domain = "d" + std::to_string(i) + ".test";
    dns.now_says["mta-sts." + domain] = address_is("127.0.0.9");
    ask(domain);
  }
  ask();                                                                     // elsewhere
  ASSERT_TRUE(loop.run_until([&] { return results.size() == 61; }, 18000));  // four at a time: 22 s
  EXPECT_TRUE(results.front());
  for (std::size_t i = 1; i < results.size(); ++i) {
    EXPECT_EQ(results[i].error().kind, FetchErrorKind::connect_failure);
    EXPECT_TRUE(results[i].error().begun);  // a failure, with its back-off
  }
}

// Whoever lists addresses that are not his own must not make them look dead to others.
TEST_F(CurlFetchTest, AnAddressThatWasPerhapsNotTriedIsNotDead) {
  options.connect_deadline = 1000ms;
  serve_text(whole());
  start();
  const BlackHole hole("127.0.0.9", options.https_port);
  const BlackHole other("127.0.0.10", options.https_port);
  DnsAnswer list = address_is("127.0.0.9");
  list.records.push_back(address_is("127.0.0.10").records.front());
  list.records.push_back(address_is("127.0.0.1").records.front());
  dns.now_says["mta-sts.attacker.test"] = list;
  ask("attacker.test");
  ASSERT_TRUE(loop.run_until([&] { return !results.empty(); }));
  EXPECT_EQ(get(), "ok") << detail();
}

TEST_F(CurlFetchTest, ASlowDomainDoesNotHoldUpAnotherAtItsAddress) {
  options.deadline = 20s;
  serve(
      [](TlsConnection& connection) {
        if (connection.read_request().find("Host: mta-sts.example.com") == std::string::npos) {
          connection.wait_for_close();
        } else {
          connection.write(whole());
          connection.close_notify();
        }
      },
      {.extensions = "DNS:mta-sts.example.com,DNS:*.slow.test"});
  start();
  for (int i = 0; i < 4; ++i) {
    const std::string domain = "slow.test";
    dns.now_says["mta-sts." + domain] = address_is("127.0.0.1");
    ask(domain);
  }
  ask();
  ASSERT_TRUE(loop.run_until([&] { return !results.empty(); }));
  EXPECT_TRUE(results.front()) << results.front().error().detail;
  EXPECT_EQ(results.size(), 1U);  // the others are not given up for that
}

TEST_F(CurlFetchTest, TellsWhenAFetchWaitsForNoOther) {
  options.places.places_per_address = 1;
  options.places.slow_per_address = 0;
  serve([](TlsConnection& connection) { connection.wait_for_close(); });
  start();
  int begun = 0;
  for (int i = 0; i < 3; ++i) {
    fetch->fetch(*DomainName::parse("example.com"),
                 {.begun = [&](const IpAddress&) { ++begun; },
                  .done = [this](FetchResult result) { results.push_back(std::move(result)); }});
  }
  EXPECT_TRUE(loop.run_until([&] { return begun > 0; }));
  EXPECT_EQ(begun, 1);
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

TEST_F(CurlFetchTest, KeepsItsRootsWhereTheirFileGoes) {
  serve_text(whole());
  const std::string path = (root().folder / "vanishing.pem").string();
  std::filesystem::copy_file(root().file, path, std::filesystem::copy_options::overwrite_existing);
  options.ca_file = path;
  start();
  std::filesystem::remove(path);
  EXPECT_EQ(get(), "ok") << detail();
}

TEST_F(CurlFetchTest, DoesNotStartWithoutRoots) {
  options.ca_file = "/nonexistent/roots.pem";
  const auto created = CurlFetch::create(&loop.loop, dns, options);
  ASSERT_FALSE(created);
  EXPECT_NE(created.error().detail.find("--ca"), std::string::npos);
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
}  // namespace mta_sts::sender::fetching
