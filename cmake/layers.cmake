# mta_sts_layer(NAME [LINKS layer...] [PRIVATE_LINKS library...])
#
# Makes the static library mta_sts_NAME of every source in common/NAME. LINKS are layers below,
# visible to who uses this one; PRIVATE_LINKS are foreign libraries whose headers stay inside.
function(mta_sts_layer name)
  cmake_parse_arguments(layer "" "" "LINKS;PRIVATE_LINKS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/common/${name}/*.cpp")
  add_library(mta_sts_${name} STATIC ${sources})
  list(TRANSFORM layer_LINKS PREPEND mta_sts_)
  target_link_libraries(mta_sts_${name} PUBLIC mta_sts_settings ${layer_LINKS} PRIVATE ${layer_PRIVATE_LINKS})
endfunction()
