#include "cli/policy/dns_records.hpp"

#include "publish/record_line.hpp"

namespace mta_sts::cli {

std::string zone_lines(const RecordSet& set, unsigned ttl_seconds) {
  std::string out;
  for (const std::string& value : set.values) {
    out += set.type == "TXT"
               ? publish::txt_zone_line(set.name, value, ttl_seconds)
               : set.name + ". " + std::to_string(ttl_seconds) + " IN " + set.type + " " + value;
    out += "\n";
  }
  return out;
}

std::string nsupdate_lines(const RecordSet& set, unsigned ttl_seconds) {
  const auto remove = [&set](const char* type) { return "update delete " + set.name + ". " + type + "\n"; };
  std::string out;
  if (set.type == "CNAME" && !set.values.empty()) {
    out += remove("A") + remove("AAAA");
  } else if ((set.type == "A" || set.type == "AAAA") && !set.values.empty()) {
    out += remove("CNAME");
  }
  out += remove(set.type.c_str());
  for (const std::string& value : set.values) {
    out += "update add " + set.name + ". " + std::to_string(ttl_seconds) + " " + set.type + " " +
           (set.type == "TXT" ? publish::txt_presentation(value) : value) + "\n";
  }
  return out;
}

}  // namespace mta_sts::cli
