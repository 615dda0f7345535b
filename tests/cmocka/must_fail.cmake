# Runs a program whose one test must fail: an exit code that is no crash's, and the failed test by its name.
execute_process(COMMAND "${PROGRAM}" RESULT_VARIABLE code OUTPUT_VARIABLE out ERROR_VARIABLE out)
if(NOT code MATCHES "^[1-9][0-9]?$")
  message(FATAL_ERROR "${PROGRAM} ended with ${code}:\n${out}")
endif()
if(NOT out MATCHES "\\[  (FAILED|ERROR) .*${TEST}" AND NOT out MATCHES "${TEST}[^\n]*failed")
  message(FATAL_ERROR "${PROGRAM} does not name ${TEST} as failed:\n${out}")
endif()
