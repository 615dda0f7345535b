#include <gtest/gtest.h>

#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "cmocka.h"
#undef main
#undef fail
#undef skip

namespace {

// One will_return or expect_..., until it is used up.
struct Waiting {
  CmockaExpectation expectation{cmocka_any, 0, 0};  // for will_return: the value in `least`
  int count = 1;
  bool is_used = false;
  CmockaPlace place{"", 0};
};

using Queues = std::map<std::string, std::deque<Waiting>>;

struct Group {
  std::string name;
  CMFixtureFunction setup = nullptr;
  CMFixtureFunction teardown = nullptr;
  void* state = nullptr;
  bool is_ready = false;
};

// The running test: where a failed assertion leaves to, and what its mocks wait for.
struct Running {
  jmp_buf leave{};
  bool can_leave = false;
  Queues values;
  Queues expectations;
  std::deque<std::pair<std::string, Waiting>> calls;
};

Running running;
std::deque<Group> groups;

void report(CmockaPlace place, const std::string& text) {
  ADD_FAILURE_AT(place.file, place.line) << text;
}

[[noreturn]] void leave() {
  if (!running.can_leave) {
    std::fputs("a CMocka assertion outside of a test\n", stderr);
    std::abort();
  }
  longjmp(running.leave, 1);
}

[[noreturn]] void fail_and_leave(CmockaPlace place, const std::string& text) {
  report(place, text);
  leave();
}

void run_body(const CMUnitTest& test, void** state) {
  if (setjmp(running.leave) == 0) {
    running.can_leave = true;
    test.test_func(state);
  }
  running.can_leave = false;
}

bool run_fixture(CMFixtureFunction fixture, void** state, const std::string& what) {
  volatile bool is_done = fixture == nullptr;  // kept over a longjmp
  if (!is_done && setjmp(running.leave) == 0) {
    running.can_leave = true;
    is_done = fixture(state) == 0;
  }
  running.can_leave = false;
  if (!is_done) {
    ADD_FAILURE() << what << " failed";
  }
  return is_done;
}

bool is_left_over(const Waiting& waiting) {
  return waiting.count > 0 || (waiting.count == -1 && !waiting.is_used);
}

void report_left_over(const Queues& queues, const char* what) {
  for (const auto& [name, queue] : queues) {
    for (const Waiting& waiting : queue) {
      if (is_left_over(waiting)) {
        report(waiting.place, name + ": " + what + " was never used");
      }
    }
  }
}

// After setup, test and teardown, each for itself, as in CMocka. What broke off leaves much behind: no news.
void forget_mocks() {
  if (!testing::Test::HasFailure() && !testing::Test::IsSkipped()) {
    report_left_over(running.values, "a value of will_return");
    report_left_over(running.expectations, "an expectation");
    for (const auto& [name, waiting] : running.calls) {
      report(waiting.place, name + ": an expected call was never made");
    }
  }
  running.values.clear();
  running.expectations.clear();
  running.calls.clear();
}

class AdaptedTest : public testing::Test {
 public:
  AdaptedTest(const Group& group, const CMUnitTest& test) : group_(group), test_(test) {}

  void TestBody() override {
    if (!group_.is_ready) {
      GTEST_FAIL() << "the group's setup failed";
    }
    void* state = test_.initial_state != nullptr ? test_.initial_state : group_.state;
    const bool is_set_up = run_fixture(test_.setup_func, &state, "setup");
    forget_mocks();
    if (!is_set_up || HasFailure()) {
      return;
    }
    run_body(test_, &state);
    forget_mocks();
    run_fixture(test_.teardown_func, &state, "teardown");
    forget_mocks();
  }

 private:
  const Group& group_;
  const CMUnitTest test_;
};

// GoogleTest knows a suite's fixtures by type; these have names alone.
class GroupFixtures : public testing::EmptyTestEventListener {
  void OnTestSuiteStart(const testing::TestSuite& suite) override {
    for (Group& group : groups) {
      if (group.name == suite.name()) {
        group.is_ready = run_fixture(group.setup, &group.state, "group setup");
      }
    }
  }
  void OnTestSuiteEnd(const testing::TestSuite& suite) override {
    for (Group& group : groups) {
      if (group.name == suite.name() && group.is_ready) {
        run_fixture(group.teardown, &group.state, "group teardown");
      }
    }
  }
};

// Gives what a mock waits for next and counts its use.
const Waiting& take(Queues& queues, const std::string& name, CmockaPlace place, const char* what) {
  static Waiting taken;
  const auto found = queues.find(name);
  if (found == queues.end() || found->second.empty()) {
    fail_and_leave(place, name + ": no " + what + " was given");
  }
  Waiting& next = found->second.front();
  next.is_used = true;
  if (next.count > 0) {
    --next.count;
  }
  taken = next;
  if (next.count == 0) {
    found->second.pop_front();
  }
  return taken;
}

template <typename Pointer>
Pointer to_pointer(LargestIntegralType value) {
  return reinterpret_cast<Pointer>(static_cast<uintptr_t>(value));
}

bool is_as_expected(const CmockaExpectation& expected, LargestIntegralType value) {
  switch (expected.check) {
    case cmocka_any:
      return true;
    case cmocka_value:
      return value == expected.least;
    case cmocka_not_value:
      return value != expected.least;
    case cmocka_range:
      return value >= expected.least && value <= expected.most;
    case cmocka_string:
      return std::strcmp(to_pointer<const char*>(value), to_pointer<const char*>(expected.least)) == 0;
    case cmocka_memory:
      return std::memcmp(to_pointer<const void*>(value), to_pointer<const void*>(expected.least),
                         static_cast<size_t>(expected.most)) == 0;
  }
  return false;
}

std::string format_text(const char* format, va_list arguments) {
  char text[1024];
  std::vsnprintf(text, sizeof text, format, arguments);
  return text;
}

std::string comparison(const std::string& a, bool wanted, const std::string& b) {
  return a + (wanted ? " is not " : " is ") + b;
}

}  // namespace

int cmocka_adapter_add_group(const char* name, const CMUnitTest* tests, size_t count, CMFixtureFunction setup,
                             CMFixtureFunction teardown) {
  groups.push_back({.name = name, .setup = setup, .teardown = teardown});
  const Group& group = groups.back();
  for (size_t i = 0; i < count; ++i) {
    const CMUnitTest test = tests[i];
    testing::RegisterTest(name, test.name, nullptr, nullptr, __FILE__, __LINE__,
                          [&group, test]() -> testing::Test* { return new AdaptedTest(group, test); });
  }
  return 0;
}

void cmocka_adapter_true(bool holds, const char* text, CmockaPlace place) {
  if (!holds) {
    fail_and_leave(place, std::string("it does not hold: ") + text);
  }
}

void cmocka_adapter_equal(LargestIntegralType a, LargestIntegralType b, bool wanted, CmockaPlace place) {
  if ((a == b) != wanted) {
    fail_and_leave(place, comparison(std::to_string(a), wanted, std::to_string(b)));
  }
}

void cmocka_adapter_string_equal(const char* a, const char* b, bool wanted, CmockaPlace place) {
  if ((std::strcmp(a, b) == 0) != wanted) {
    fail_and_leave(place, comparison(std::string("\"") + a + '"', wanted, std::string("\"") + b + '"'));
  }
}

void cmocka_adapter_memory_equal(const void* a, const void* b, size_t size, bool wanted, CmockaPlace place) {
  if ((std::memcmp(a, b, size) == 0) != wanted) {
    fail_and_leave(place, comparison("the memory", wanted, "equal"));
  }
}

void cmocka_adapter_in_range(LargestIntegralType value, LargestIntegralType least, LargestIntegralType most,
                             bool wanted, CmockaPlace place) {
  if ((value >= least && value <= most) != wanted) {
    fail_and_leave(place, comparison(std::to_string(value), wanted,
                                     "in " + std::to_string(least) + " to " + std::to_string(most)));
  }
}

void cmocka_adapter_fail(CmockaPlace place, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  const std::string text = format_text(format, arguments);
  va_end(arguments);
  fail_and_leave(place, text);
}

void cmocka_adapter_skip(CmockaPlace place) {
  [&] { GTEST_SKIP_("") << place.file << ":" << place.line; }();
  leave();
}

void print_message(const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  std::vprintf(format, arguments);
  va_end(arguments);
}

void print_error(const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  std::vfprintf(stderr, format, arguments);
  va_end(arguments);
}

void cmocka_adapter_will_return(const char* function, LargestIntegralType value, int count,
                                CmockaPlace place) {
  running.values[function].push_back({.expectation = {cmocka_any, value, 0}, .count = count, .place = place});
}

LargestIntegralType cmocka_adapter_mock(const char* function, CmockaPlace place) {
  return take(running.values, function, place, "value of will_return").expectation.least;
}

void cmocka_adapter_expect(const char* function, const char* parameter, CmockaExpectation expectation,
                           int count, CmockaPlace place) {
  running.expectations[std::string(function) + " " + parameter].push_back(
      {.expectation = expectation, .count = count, .place = place});
}

void cmocka_adapter_check(const char* function, const char* parameter, LargestIntegralType value,
                          CmockaPlace place) {
  const std::string name = std::string(function) + " " + parameter;
  const Waiting expected = take(running.expectations, name, place, "expectation");
  if (!is_as_expected(expected.expectation, value)) {
    report(expected.place, name + ": the expectation stands here");
    fail_and_leave(place, name + ": the value is not as expected");
  }
}

void cmocka_adapter_expect_call(const char* function, int count, CmockaPlace place) {
  for (int i = 0; i < count; ++i) {
    running.calls.emplace_back(function, Waiting{.place = place});
  }
}

void cmocka_adapter_called(const char* function, CmockaPlace place) {
  if (running.calls.empty() || running.calls.front().first != function) {
    fail_and_leave(place, std::string(function) + ": this call was not expected now");
  }
  running.calls.pop_front();
}

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  testing::UnitTest::GetInstance()->listeners().Append(new GroupFixtures);
  const int named = cmocka_adapter_program();
  const int failed = RUN_ALL_TESTS();
  return named != 0 ? named : failed;
}
