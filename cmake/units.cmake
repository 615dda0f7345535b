# mta_sts_install_unit(UNIT COMPONENT) installs a unit of packaging/systemd, which starts the command where it is installed.
set(MTA_STS_UNITS lib/systemd/system CACHE PATH "Where systemd's units are installed")
function(mta_sts_install_unit unit component)
  file(READ "${CMAKE_SOURCE_DIR}/packaging/systemd/${unit}" text)
  string(REPLACE "=/usr/bin/" "=${CMAKE_INSTALL_FULL_BINDIR}/" text "${text}")
  file(CONFIGURE OUTPUT "${CMAKE_CURRENT_BINARY_DIR}/units/${unit}" CONTENT "${text}" @ONLY)
  install(FILES "${CMAKE_CURRENT_BINARY_DIR}/units/${unit}" DESTINATION "${MTA_STS_UNITS}" COMPONENT ${component})
endfunction()
