# The sender's units, among them DNS and libcurl against hostile servers on loopback.
mta_sts_unit_tests(sender mta_sts_sender_decide mta_sts_sender_dns mta_sts_sender_fetch mta_sts_sender_redis
                   mta_sts_sender_share mta_sts_sender_store OpenSSL::SSL OpenSSL::Crypto sqlite3)
if(TARGET unit_sender)
  set_tests_properties(unit_sender PROPERTIES TIMEOUT 600)
endif()
