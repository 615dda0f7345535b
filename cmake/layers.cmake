# mta_sts_layer(NAME [FAST] [LINKS layer...] [LIBRARIES library...])
#
# Makes the static library mta_sts_NAME (a slash becomes _) of every source in common/NAME itself. It is built where a
# part links it. LINKS are the layers below that it uses; LIBRARIES are the foreign libraries that it uses. FAST: it answers
# from memory. A layer is left out where a library was not looked for (packages.cmake), or a layer below is left out.
function(mta_sts_layer name)
  cmake_parse_arguments(layer "FAST" "" "LINKS;LIBRARIES" ${ARGN})
  list(TRANSFORM layer_LINKS REPLACE / _)
  list(TRANSFORM layer_LINKS PREPEND mta_sts_)
  foreach(needed IN LISTS layer_LINKS layer_LIBRARIES)
    if(NOT TARGET ${needed})
      return()
    endif()
  endforeach()
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/common/${name}/*.cpp")
  string(REPLACE / _ target "mta_sts_${name}")
  add_library(${target} STATIC EXCLUDE_FROM_ALL ${sources})
  target_link_libraries(${target} PUBLIC mta_sts_settings ${layer_LINKS} PRIVATE ${layer_LIBRARIES})
  if(layer_FAST)
    mta_sts_optimize(${target})
  elseif(NOT "PkgConfig::GMIME" IN_LIST layer_LIBRARIES)  # it brings -pthread, which no other precompiled header is compatible with
    mta_sts_use_precompiled(${target})
  endif()
endfunction()
