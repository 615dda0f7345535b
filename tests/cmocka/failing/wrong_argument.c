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

static void wrong_argument(void** state) {
  (void)state;
  expect_value(mocked, argument, 1);
  will_return(mocked, 1);
  assert_int_equal(mocked(2), 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(wrong_argument)};
  return cmocka_run_group_tests_name("failing", tests, NULL, NULL);
}
