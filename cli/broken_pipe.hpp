#pragma once

namespace mta_sts::cli {

/// Makes a write to a connection whose peer has closed it an error of that write, in all threads: a host that
/// is checked must not end the command. OpenSSL, libuv and c-ares write without MSG_NOSIGNAL. Programs that
/// are started have SIGPIPE as before.
void outlive_broken_pipes();

/// Ends the process as SIGPIPE ends one, quietly, since nobody reads what it writes; returns where whoever
/// started it has SIGPIPE ignored.
void end_by_broken_pipe();

}  // namespace mta_sts::cli
