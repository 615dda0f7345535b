# The sender's units, among them DNS and libcurl against hostile servers on loopback.
mta_sts_unit_tests(sender mta_sts_sender OpenSSL::SSL OpenSSL::Crypto PkgConfig::SQLITE)
if(TARGET unit_sender)
  set_tests_properties(unit_sender PROPERTIES TIMEOUT 120)
endif()
