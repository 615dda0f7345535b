/* Fails on purpose: the tests of the dialect see to it that it does. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static int mocked(int argument) {
  check_expected(argument);
  return mock_type(int);
}

static int expect_too_early(void** state) {
  (void)state;
  expect_value(mocked, argument, 1);
  will_return(mocked, 1);
  return 0;
}

static void mocks_in_setup(void** state) {
  (void)state;
  (void)mocked(1);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test_setup(mocks_in_setup, expect_too_early)};
  return cmocka_run_group_tests_name("failing", tests, NULL, NULL);
}
