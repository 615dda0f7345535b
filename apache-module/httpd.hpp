#pragma once

// The only file that includes httpd's and APR's headers.

// httpd turns designated initialisers off for C++, and its command functions into `const char* (*)()`;
// C++20 has them, and with them the compiler checks the table.
#define AP_HAVE_DESIGNATED_INITIALIZER 1

extern "C" {
#include <httpd.h>  // the others need it first

#include <apr_buckets.h>
#include <apr_strings.h>
#include <http_config.h>
#include <http_core.h>
#include <http_log.h>
#include <http_main.h>
#include <http_protocol.h>
#include <http_request.h>
#include <mod_core.h>
#include <util_filter.h>
}
