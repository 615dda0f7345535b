#pragma once

#include "errors/catalogue.hpp"

/// The sections of the catalogue, a file for those that belong together.
namespace mta_sts::errors {

inline constexpr Actor postmaster = Actor::postmaster;
inline constexpr Actor user = Actor::user;
inline constexpr Actor nobody = Actor::nobody;

// words_exim.cpp
extern const ErrorSection asking;
extern const ErrorSection postfix;
extern const ErrorSection exim_check;
extern const ErrorSection exim_setup;
extern const ErrorSection exim_delivery;

// words_sender.cpp
extern const ErrorSection verdict;
extern const ErrorSection fetch;
extern const ErrorSection cache;

// words_policy.cpp
extern const ErrorSection policy;
extern const ErrorSection policy_file;
extern const ErrorSection txt_record;
extern const ErrorSection directive;
extern const ErrorSection domain_name;
extern const ErrorSection command;
extern const ErrorSection web_servers;
extern const ErrorSection tls_reports;
extern const ErrorSection report_sending;
extern const ErrorSection report_spool;
extern const ErrorSection policy_store;

// words_sync.cpp
extern const ErrorSection store_sync;

// words_import.cpp
extern const ErrorSection report_import;

// words_resolver.cpp
extern const ErrorSection resolver_process;
extern const ErrorSection requests;
extern const ErrorSection configuration_file;

}  // namespace mta_sts::errors
