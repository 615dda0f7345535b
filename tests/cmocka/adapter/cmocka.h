#pragma once

// CMocka's dialect on GoogleTest: a test program written for <cmocka.h>, compiled as C++ against this header
// and linked with adapter.cpp, registers its tests with GoogleTest under their own names. What is here
// behaves as in CMocka 1.1: a failed assertion ends the test, a mock without a value fails it, and so does a
// value or an expectation that is left over.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

typedef unsigned long long LargestIntegralType;

#define cast_to_largest_integral_type(value) ((LargestIntegralType)(value))

typedef void (*CMUnitTestFunction)(void** state);
typedef int (*CMFixtureFunction)(void** state);

struct CMUnitTest {
  const char* name;
  CMUnitTestFunction test_func;
  CMFixtureFunction setup_func;
  CMFixtureFunction teardown_func;
  void* initial_state;
};

#define cmocka_unit_test(f) {#f, f, NULL, NULL, NULL}
#define cmocka_unit_test_setup(f, setup) {#f, f, setup, NULL, NULL}
#define cmocka_unit_test_teardown(f, teardown) {#f, f, NULL, teardown, NULL}
#define cmocka_unit_test_setup_teardown(f, setup, teardown) {#f, f, setup, teardown, NULL}
#define cmocka_unit_test_prestate(f, state) {#f, f, NULL, NULL, state}

#define cmocka_run_group_tests(tests, setup, teardown) \
  cmocka_adapter_add_group(#tests, tests, sizeof(tests) / sizeof((tests)[0]), setup, teardown)
#define cmocka_run_group_tests_name(name, tests, setup, teardown) \
  cmocka_adapter_add_group(name, tests, sizeof(tests) / sizeof((tests)[0]), setup, teardown)

// The program's own main names its groups; the adapter's main calls it and runs them.
#define main cmocka_adapter_program
int cmocka_adapter_program(void);

int cmocka_adapter_add_group(const char* name, const struct CMUnitTest* tests, size_t count,
                             CMFixtureFunction setup, CMFixtureFunction teardown);

// What each assertion comes to; none of them returns where it does not hold.
struct CmockaPlace {
  const char* file;
  int line;
};
#define CMOCKA_HERE (CmockaPlace{__FILE__, __LINE__})

void cmocka_adapter_true(bool holds, const char* text, CmockaPlace place);
void cmocka_adapter_equal(LargestIntegralType a, LargestIntegralType b, bool wanted, CmockaPlace place);
void cmocka_adapter_string_equal(const char* a, const char* b, bool wanted, CmockaPlace place);
void cmocka_adapter_memory_equal(const void* a, const void* b, size_t size, bool wanted, CmockaPlace place);
void cmocka_adapter_in_range(LargestIntegralType value, LargestIntegralType least, LargestIntegralType most,
                             bool wanted, CmockaPlace place);
[[noreturn]] void cmocka_adapter_fail(CmockaPlace place, const char* format, ...)
    __attribute__((format(printf, 2, 3)));
[[noreturn]] void cmocka_adapter_skip(CmockaPlace place);
void print_message(const char* format, ...) __attribute__((format(printf, 1, 2)));
void print_error(const char* format, ...) __attribute__((format(printf, 1, 2)));

#define assert_true(c) cmocka_adapter_true(cast_to_largest_integral_type(c) != 0, #c, CMOCKA_HERE)
#define assert_false(c) cmocka_adapter_true(cast_to_largest_integral_type(c) == 0, "not " #c, CMOCKA_HERE)
#define assert_non_null(p) cmocka_adapter_true((p) != NULL, #p " is not null", CMOCKA_HERE)
#define assert_null(p) cmocka_adapter_true((p) == NULL, #p " is null", CMOCKA_HERE)
#define assert_int_equal(a, b) \
  cmocka_adapter_equal(cast_to_largest_integral_type(a), cast_to_largest_integral_type(b), true, CMOCKA_HERE)
#define assert_int_not_equal(a, b) \
  cmocka_adapter_equal(cast_to_largest_integral_type(a), cast_to_largest_integral_type(b), false, CMOCKA_HERE)
#define assert_ptr_equal(a, b) assert_int_equal(a, b)
#define assert_ptr_not_equal(a, b) assert_int_not_equal(a, b)
#define assert_string_equal(a, b) cmocka_adapter_string_equal(a, b, true, CMOCKA_HERE)
#define assert_string_not_equal(a, b) cmocka_adapter_string_equal(a, b, false, CMOCKA_HERE)
#define assert_memory_equal(a, b, size) cmocka_adapter_memory_equal(a, b, size, true, CMOCKA_HERE)
#define assert_memory_not_equal(a, b, size) cmocka_adapter_memory_equal(a, b, size, false, CMOCKA_HERE)
#define assert_in_range(value, least, most)                                                           \
  cmocka_adapter_in_range(cast_to_largest_integral_type(value), cast_to_largest_integral_type(least), \
                          cast_to_largest_integral_type(most), true, CMOCKA_HERE)
#define assert_not_in_range(value, least, most)                                                       \
  cmocka_adapter_in_range(cast_to_largest_integral_type(value), cast_to_largest_integral_type(least), \
                          cast_to_largest_integral_type(most), false, CMOCKA_HERE)
#define assert_return_code(rc, error) cmocka_adapter_true((rc) >= 0, #rc " is no error", CMOCKA_HERE)
#define fail() cmocka_adapter_fail(CMOCKA_HERE, "fail()")
#define fail_msg(...) cmocka_adapter_fail(CMOCKA_HERE, __VA_ARGS__)
#define skip() cmocka_adapter_skip(CMOCKA_HERE)

// Mocks. A count of -1 serves for ever and must serve once; -2 for ever, also not at all.
void cmocka_adapter_will_return(const char* function, LargestIntegralType value, int count,
                                CmockaPlace place);
LargestIntegralType cmocka_adapter_mock(const char* function, CmockaPlace place);

#define will_return(function, value) \
  cmocka_adapter_will_return(#function, cast_to_largest_integral_type(value), 1, CMOCKA_HERE)
#define will_return_count(function, value, count) \
  cmocka_adapter_will_return(#function, cast_to_largest_integral_type(value), count, CMOCKA_HERE)
#define will_return_always(function, value) will_return_count(function, value, -1)
#define will_return_maybe(function, value) will_return_count(function, value, -2)
#define mock() cmocka_adapter_mock(__func__, CMOCKA_HERE)
#define mock_type(type) ((type)mock())
#define mock_ptr_type(type) ((type)(uintptr_t)mock())

enum CmockaCheck { cmocka_any, cmocka_value, cmocka_not_value, cmocka_range, cmocka_string, cmocka_memory };
struct CmockaExpectation {
  CmockaCheck check;
  LargestIntegralType least;  // the value, the lower bound, or the address of text or memory
  LargestIntegralType most;   // the upper bound, or the size of memory
};

void cmocka_adapter_expect(const char* function, const char* parameter, CmockaExpectation expectation,
                           int count, CmockaPlace place);
void cmocka_adapter_check(const char* function, const char* parameter, LargestIntegralType value,
                          CmockaPlace place);

#define expect_any_count(function, parameter, count) \
  cmocka_adapter_expect(#function, #parameter, CmockaExpectation{cmocka_any, 0, 0}, count, CMOCKA_HERE)
#define expect_any(function, parameter) expect_any_count(function, parameter, 1)
#define expect_any_always(function, parameter) expect_any_count(function, parameter, -1)
#define expect_value_count(function, parameter, value, count)                                            \
  cmocka_adapter_expect(#function, #parameter,                                                           \
                        CmockaExpectation{cmocka_value, cast_to_largest_integral_type(value), 0}, count, \
                        CMOCKA_HERE)
#define expect_value(function, parameter, value) expect_value_count(function, parameter, value, 1)
#define expect_not_value(function, parameter, value)                                                     \
  cmocka_adapter_expect(#function, #parameter,                                                           \
                        CmockaExpectation{cmocka_not_value, cast_to_largest_integral_type(value), 0}, 1, \
                        CMOCKA_HERE)
#define expect_in_range(function, parameter, from, to)                                       \
  cmocka_adapter_expect(#function, #parameter,                                               \
                        CmockaExpectation{cmocka_range, cast_to_largest_integral_type(from), \
                                          cast_to_largest_integral_type(to)},                \
                        1, CMOCKA_HERE)
#define expect_string(function, parameter, string)                                                     \
  cmocka_adapter_expect(#function, #parameter,                                                         \
                        CmockaExpectation{cmocka_string, cast_to_largest_integral_type(string), 0}, 1, \
                        CMOCKA_HERE)
#define expect_memory(function, parameter, memory, size)                                                  \
  cmocka_adapter_expect(#function, #parameter,                                                            \
                        CmockaExpectation{cmocka_memory, cast_to_largest_integral_type(memory), size}, 1, \
                        CMOCKA_HERE)
#define check_expected(parameter) \
  cmocka_adapter_check(__func__, #parameter, cast_to_largest_integral_type(parameter), CMOCKA_HERE)
#define check_expected_ptr(parameter) check_expected(parameter)

void cmocka_adapter_expect_call(const char* function, int count, CmockaPlace place);
void cmocka_adapter_called(const char* function, CmockaPlace place);
#define expect_function_call(function) cmocka_adapter_expect_call(#function, 1, CMOCKA_HERE)
#define expect_function_calls(function, times) cmocka_adapter_expect_call(#function, times, CMOCKA_HERE)
#define function_called() cmocka_adapter_called(__func__, CMOCKA_HERE)
