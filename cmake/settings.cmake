# What holds for every target: the language, the warnings, hidden symbols, ccache where it is there.
set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 17)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")

option(MTA_STS_WERROR "Treat warnings as errors" OFF)
option(MTA_STS_TESTS "Build the tests" ON)
option(MTA_STS_FUZZ "Build the libFuzzer targets (needs clang)" OFF)
option(MTA_STS_FULL "Register the long loops too (ctest label full)" OFF)
set(MTA_STS_SANITIZE "" CACHE STRING "Sanitizers for every target, e.g. address,undefined")

add_library(mta_sts_settings INTERFACE)
target_include_directories(mta_sts_settings INTERFACE "${CMAKE_SOURCE_DIR}/common")
target_compile_options(mta_sts_settings INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # Takes "text" + std::string for an overlapping copy (GCC bug 105651).
  target_compile_options(mta_sts_settings INTERFACE -Wno-restrict)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_GREATER_EQUAL 13)
  # Takes an empty std::optional for a value that is read (GCC bug 80635); g++ 12 looks for the real ones.
  target_compile_options(mta_sts_settings INTERFACE -Wno-maybe-uninitialized)
endif()
if(CMAKE_UNITY_BUILD)
  # Sources that are included look like headers.
  target_compile_options(mta_sts_settings INTERFACE -Wno-subobject-linkage)
endif()
if(MTA_STS_WERROR)
  target_compile_options(mta_sts_settings INTERFACE -Werror)
endif()
if(MTA_STS_SANITIZE)
  add_compile_options(-fsanitize=${MTA_STS_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${MTA_STS_SANITIZE})
endif()
if(MTA_STS_FUZZ)
  # Coverage for the code under test; the targets themselves link the driver.
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
if(MTA_STS_TESTS)
  add_compile_definitions($<$<CONFIG:Debug>:_GLIBCXX_ASSERTIONS>)
endif()
add_link_options(-Wl,-z,relro,-z,now)
# As Debian builds: -O3 takes a sixth longer to compile, and what runs here waits for networks.
string(REPLACE -O3 -O2 CMAKE_CXX_FLAGS_RELEASE "${CMAKE_CXX_FLAGS_RELEASE}")
string(REPLACE -O3 -O2 CMAKE_C_FLAGS_RELEASE "${CMAKE_C_FLAGS_RELEASE}")
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  # A distribution's own flags are left as they are.
  if(NOT CMAKE_CXX_FLAGS MATCHES "-fstack-protector")
    add_compile_options(-fstack-protector-strong)
  endif()
  if(NOT "${CMAKE_CXX_FLAGS} $ENV{CPPFLAGS}" MATCHES "_FORTIFY_SOURCE")
    add_compile_definitions(_FORTIFY_SOURCE=2)
  endif()
endif()

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  set(launcher "${CMAKE_COMMAND}" -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      "${CCACHE_PROGRAM}")  # as ccache asks for where headers are precompiled
  set(CMAKE_CXX_COMPILER_LAUNCHER "${launcher}")
  set(CMAKE_C_COMPILER_LAUNCHER "${launcher}")
endif()

# The headers of the standard library that most sources include, compiled once: half of a small source's time is theirs.
# Each source includes what it needs all the same: builds without this (Debian 13, the second compiler) would fail otherwise.
#
# mta_sts_precompile(NAME HEADER... [LINKS library...]) makes the target NAME that holds them.
function(mta_sts_precompile name)
  cmake_parse_arguments(PARSE_ARGV 1 precompile "" "" "LINKS")
  add_library(${name} OBJECT "${CMAKE_SOURCE_DIR}/cmake/precompiled.cpp")
  target_link_libraries(${name} PRIVATE mta_sts_settings ${precompile_LINKS})
  target_precompile_headers(${name} PRIVATE ${precompile_UNPARSED_ARGUMENTS})
endfunction()

# mta_sts_use_precompiled(TARGET [NAME]) has the sources of TARGET begin with them.
function(mta_sts_use_precompiled target)
  list(APPEND ARGN mta_sts_precompiled)
  list(GET ARGN 0 name)
  target_precompile_headers(${target} REUSE_FROM ${name})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND NOT CMAKE_DISABLE_PRECOMPILE_HEADERS)
    # g++ forgets that precompiled headers are the system's, and warns of what it takes std::string for (GCC bug 105651).
    # The builds in Debian 13 and of the second compiler have these warnings.
    target_compile_options(${target} PRIVATE -Wno-array-bounds -Wno-stringop-overflow -Wno-stringop-overread)
  endif()
endfunction()

set(standard_headers <algorithm> <array> <chrono> <cstdint> <expected> <functional> <map> <memory> <optional> <string>
                     <string_view> <unordered_map> <utility> <vector>)
mta_sts_precompile(mta_sts_precompiled ${standard_headers})

# mta_sts_optimize(TARGET) is for what answers from memory: a cached verdict takes a twelfth fewer instructions than with
# -O2. What is inlined out of precompiled headers goes by the options that these were compiled with.
mta_sts_precompile(mta_sts_precompiled_fast ${standard_headers})
target_compile_options(mta_sts_precompiled_fast PRIVATE $<$<CONFIG:Release>:-O3>)
# mta_sts_compile_lightly(TARGET) is for what runs once a command and is not worth more than -O1, which takes two thirds of
# -O2's time to compile. Its headers are precompiled with the same: g++ 14 takes no others, and warns in each source.
mta_sts_precompile(mta_sts_precompiled_light ${standard_headers})
target_compile_options(mta_sts_precompiled_light PRIVATE $<$<CONFIG:Release>:-O1>)
set_target_properties(mta_sts_precompiled_light PROPERTIES EXCLUDE_FROM_ALL ON)
function(mta_sts_compile_lightly target)
  target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-O1>)
  set_target_properties(${target} PROPERTIES PRECOMPILE_HEADERS_REUSE_FROM mta_sts_precompiled_light)
endfunction()
function(mta_sts_optimize target)
  target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-O3>)
  mta_sts_use_precompiled(${target} mta_sts_precompiled_fast)
endfunction()
