#include "probe/offered_versions.hpp"

namespace mta_sts::probe {

void note_newest(OfferedVersions& offered, const check::TlsFact& fact) {
  if (fact.established) {
    offered["TLSv1.3"] = fact.version == "TLSv1.3";
    offered[fact.version] = true;
  }
}

void note_only(OfferedVersions& offered, const std::string& version,
               const std::optional<check::TlsFact>& fact) {
  if (fact) {
    offered[version] = fact->established;
  }
}

void note_old(OfferedVersions& offered, const std::optional<check::TlsFact>& fact) {
  if (!fact) {
    return;
  }
  if (!fact->established || fact->version == "TLSv1") {
    offered["TLSv1.1"] = false;
    offered["TLSv1"] = false;
  }
  if (fact->established) {
    offered[fact->version] = true;
  }
}

}  // namespace mta_sts::probe
