# mta_sts_layer(NAME [LINKS layer...] [LIBRARIES library...])
#
# Makes the static library mta_sts_NAME (a slash becomes _) of every source in common/NAME itself. LINKS are the layers
# below that it uses; LIBRARIES are the foreign libraries that it uses.
function(mta_sts_layer name)
  cmake_parse_arguments(layer "" "" "LINKS;LIBRARIES" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/common/${name}/*.cpp")
  string(REPLACE / _ target "mta_sts_${name}")
  add_library(${target} STATIC ${sources})
  list(TRANSFORM layer_LINKS REPLACE / _)
  list(TRANSFORM layer_LINKS PREPEND mta_sts_)
  target_link_libraries(${target} PUBLIC mta_sts_settings ${layer_LINKS} PRIVATE ${layer_LIBRARIES})
  if(NOT "PkgConfig::GMIME" IN_LIST layer_LIBRARIES)  # it brings -pthread, with which no other header goes
    mta_sts_use_precompiled(${target})
  endif()
endfunction()
