// Runs the reader over folders of samples, each with an expected.jsonl: a line a file, or a set of files read
// together.
//   tlsrpt_samples FOLDER...     ends with "N passed, N failed"; exit 1 if any failed

#include <cstdio>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>

#include "tlsrpt/model/duplicates.hpp"
#include "tlsrpt/model/metrics.hpp"
#include "tlsrpt/read/read_input.hpp"
#include "tlsrpt/render/render_json.hpp"

namespace {

using mta_sts::tlsrpt::Duplicates;
using mta_sts::tlsrpt::InputReader;
using mta_sts::tlsrpt::Metrics;
using mta_sts::tlsrpt::Novelty;
using mta_sts::tlsrpt::Report;
using nlohmann::json;

std::string slurp(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    throw std::runtime_error("cannot open " + path);
  }
  return {std::istreambuf_iterator<char>(file), {}};
}

// An expected report may give sums in place of a long list of policies.
void shorten(json& report, const json& expected) {
  if (!expected.contains("policy_count")) {
    return;
  }
  std::uint64_t success = 0;
  std::uint64_t failure = 0;
  for (const json& policy : report["policies"]) {
    success += policy["success"].get<std::uint64_t>();
    failure += policy["failure"].get<std::uint64_t>();
  }
  report["policy_count"] = report["policies"].size();
  report["total"] = {{"success", success}, {"failure", failure}};
  report.erase("policies");
}

class Samples {
 public:
  explicit Samples(std::string folder) : folder_(std::move(folder)) {}

  void run() {
    std::ifstream lines(folder_ + "/expected.jsonl");
    for (std::string line; std::getline(lines, line);) {
      const json expected = json::parse(line);
      if (expected.contains("file")) {
        judge(expected["file"], expected, read_file(expected));
      } else {
        judge(expected["set"], expected, read_set(expected));
      }
    }
  }

  int passed = 0;
  int failed = 0;

 private:
  json read_file(const json& expected) {
    const std::string name = expected["file"];
    const std::string bytes = slurp(folder_ + "/" + name);
    json reports = json::array();
    mta_sts::tlsrpt::MemorySource source(bytes);
    const auto result = reader_.read(
        source, name, [&](Report&& report) { reports.push_back(json::parse(render_report_json(report))); });
    for (std::size_t i = 0; i < reports.size() && i < expected["reports"].size(); ++i) {
      shorten(reports[i], expected["reports"][i]);
    }
    json actual = json::parse("{" + render_input_json(result) + "}");
    actual["file"] = name;
    actual["reports"] = std::move(reports);
    return actual;
  }

  // Of a set's line only what it names is compared.
  json read_set(const json& expected) {
    Metrics metrics;
    Duplicates duplicates;
    for (const std::string name : expected["files"]) {
      const std::string bytes = slurp(folder_ + "/" + name);
      mta_sts::tlsrpt::MemorySource source(bytes);
      const auto result = reader_.read(source, name, [&](Report&& report) {
        if (duplicates.judge(report) == Novelty::fresh) {
          metrics.add(report, {});
        }
      });
      if (result.status() == "error") {
        return {{"unreadable", name}};
      }
    }
    json actual = json::parse(render_summary_json(metrics, duplicates.left_out(), {}));
    for (const auto& [key, value] : expected.items()) {
      if (!actual.contains(key)) {
        actual[key] = value;
      }
    }
    for (auto field = actual.begin(); field != actual.end();) {
      field = expected.contains(field.key()) ? std::next(field) : actual.erase(field);
    }
    return actual;
  }

  void judge(const std::string& name, const json& expected, const json& actual) {
    if (expected == actual) {
      ++passed;
      return;
    }
    ++failed;
    std::printf("FAILED %s/%s\n  expected %s\n  came     %s\n", folder_.c_str(), name.c_str(),
                expected.dump().c_str(), actual.dump().c_str());
  }

  std::string folder_;
  InputReader reader_{std::chrono::sys_days(std::chrono::year(2026) / 12 / 1)};
};

}  // namespace

int main(int count, char** words) try {
  int passed = 0;
  int failed = 0;
  for (int i = 1; i < count; ++i) {
    Samples samples(words[i]);
    samples.run();
    passed += samples.passed;
    failed += samples.failed;
  }
  std::printf("%d passed, %d failed\n", passed, failed);
  return failed == 0 && passed > 0 ? 0 : 1;
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 2;
}
