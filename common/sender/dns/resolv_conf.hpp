#pragma once

#include <sys/stat.h>

#include <optional>
#include <string>
#include <vector>

#include "sender/dns/dns_server.hpp"

namespace mta_sts::sender {

/// The name servers of a resolv.conf, followed: programs that configure networks replace the file, rewrite it
/// in place, or point a symlink elsewhere.
class ResolvConf {
 public:
  /// Reads the file; one that is missing, empty or no file leaves 127.0.0.1.
  explicit ResolvConf(std::string path = "/etc/resolv.conf");

  [[nodiscard]] const std::vector<DnsServer>& servers() const { return servers_; }

  /// Tells whether the file has `options trust-ad`.
  [[nodiscard]] bool trusts_ad() const { return trusts_ad_; }

  /// Looks whether the path leads to another file than was read, or to a changed one (a stat), and reads it
  /// then. True: servers() are others now. A file that is missing or empty is being written: what was known
  /// stays.
  bool look();

  /// Reads the file whatever it looks like; true as in look().
  bool read();

 private:
  struct Stamp {
    dev_t device;
    ino_t inode;
    off_t size;
    timespec changed;  // the content
    timespec touched;  // the inode
  };

  static Stamp stamp_of(const struct stat& facts);
  static bool is_same(const Stamp& one, const Stamp& other);

  std::string path_;
  std::optional<Stamp> stamp_;
  std::vector<DnsServer> servers_;
  bool trusts_ad_ = false;
};

}  // namespace mta_sts::sender
