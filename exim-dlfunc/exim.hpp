#pragma once

// What Exim's ${dlfunc} and this plugin agree on, written out here: Exim's own headers would tie the plugin
// to one version of Exim, and define macros such as OK and ERROR. Source: Exim specification, "dlfunc".

extern "C" {

// Writes one line to Exim's logs. Bound when Exim loads the plugin; null in a program that is not Exim.
__attribute__((weak)) void log_write(unsigned int selector, int flags, const char* format, ...);
}

namespace mta_sts::exim {

// Any other status is an expansion failure, at which some options of Exim fail open and one loses mail.
inline constexpr int status_ok = 0;
inline constexpr int log_main = 1;

// ${dlfunc} takes at most this many arguments. Exim 4.96 counts wrongly when all of them are given.
inline constexpr int argument_limit = 8;

}  // namespace mta_sts::exim
