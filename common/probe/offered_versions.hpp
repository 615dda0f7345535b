#pragma once

#include <map>
#include <optional>
#include <string>

#include "check/facts.hpp"

namespace mta_sts::probe {

/// Which versions of TLS a server offers, by name; a version that nothing told of is absent.
using OfferedVersions = std::map<std::string, bool>;

/// Notes what a handshake that offered TLS 1.2 and 1.3 together tells of both; nothing where it failed.
void note_newest(OfferedVersions& offered, const check::TlsFact& fact);

/// Notes which version was chosen where 1.0 and 1.1 were offered together (TlsVersions::before_1_2); empty:
/// none. A server that takes 1.1 leaves 1.0 open.
void note_old(OfferedVersions& offered, const std::string& chosen);

}  // namespace mta_sts::probe
