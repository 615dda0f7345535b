# mta_sts_lab_test(NAME PARTS FILE...) - a ctest test that runs pytest files inside a lab of its own; they get it as
# the fixture `lab`. PARTS: what it starts beside DNS, separated by commas.
function(mta_sts_lab_test name parts)
  list(TRANSFORM ARGN PREPEND "${CMAKE_CURRENT_SOURCE_DIR}/" OUTPUT_VARIABLE files)
  add_test(NAME ${name}
    COMMAND /usr/bin/python3 -B -m lab --bare -- /usr/bin/python3 -B -m pytest -q -p no:cacheprovider
      -p lab.plugin --basetemp=/run/lab-pytest --lab-parts=${parts} ${files})
  set_tests_properties(${name} PROPERTIES LABELS lab TIMEOUT 900
    ENVIRONMENT "MTA_STS_BUILD=${CMAKE_BINARY_DIR};PYTHONPATH=${PROJECT_SOURCE_DIR}/tests")
endfunction()
