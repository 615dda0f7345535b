#include "probe/offered_versions.hpp"

namespace mta_sts::probe {

void note_newest(OfferedVersions& offered, const check::TlsFact& fact) {
  if (fact.established) {
    offered["TLSv1.3"] = fact.version == "TLSv1.3";
    offered[fact.version] = true;
  }
}

void note_old(OfferedVersions& offered, const std::string& chosen) {
  if (chosen != "TLSv1.1") {
    offered["TLSv1.1"] = false;
    offered["TLSv1"] = false;
  }
  if (!chosen.empty()) {
    offered[chosen] = true;
  }
}

}  // namespace mta_sts::probe
