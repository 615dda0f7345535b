#include "publish/unserved.hpp"

#include <algorithm>

#include "publish/web_answer.hpp"

namespace mta_sts::publish {

bool shows_hindrance(std::string_view method, std::string_view target, int status) {
  if (target.substr(0, target.find('?')) != policy_path || (method != "GET" && method != "HEAD")) {
    return false;
  }
  // 421: a host that the connection is not for; 499: nginx's word for a client that has gone.
  constexpr int faults_of_clients[] = {400, 408, 412, 413, 414, 421, 431, 499};
  return status >= 200 && !std::ranges::binary_search(faults_of_clients, status);
}

}  // namespace mta_sts::publish
