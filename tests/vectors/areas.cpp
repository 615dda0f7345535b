#include <array>

#include "vectors/area.hpp"

namespace mta_sts::vectors {

std::span<const Area> areas() {
  static constexpr std::array table{
      Area{"cache", run_cache},
      Area{"certname", run_certname},
      Area{"contenttype", run_contenttype},
      Area{"fetch", run_fetch},
      Area{"idgen", run_idgen},
      Area{"mxmatch", run_mxmatch},
      Area{"policy", run_policy},
      Area{"tlsrpt-record", run_tlsrpt_record},
      Area{"txt", run_txt},
      Area{"verdict", run_verdict},
  };
  return table;
}

}  // namespace mta_sts::vectors
