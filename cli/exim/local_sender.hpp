#pragma once

#include <optional>

#include "check/facts.hpp"

namespace mta_sts::cli {

/// Tells whether programs of this host learn which DNS answers were validated (eximcheck::sees_validation),
/// by its C library and its /etc/resolv.conf.
[[nodiscard]] bool host_sees_validation();

/// Gives the Exim of this host and what becomes of its DANE; nothing where none is installed. Who may not
/// read its configuration (another user than root) is told of Exim's default.
[[nodiscard]] std::optional<check::LocalSender> find_local_sender();

}  // namespace mta_sts::cli
