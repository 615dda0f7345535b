#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace mta_sts {

/// An IPv4 or IPv6 address as DNS gives it.
class IpAddress {
 public:
  /// Takes 4 or 16 bytes in network order; nothing for any other number.
  [[nodiscard]] static std::optional<IpAddress> from_bytes(std::span<const std::uint8_t> bytes);

  /// Reads dotted-quad or RFC 4291 text, without brackets or zone.
  [[nodiscard]] static std::optional<IpAddress> parse(std::string_view text);

  [[nodiscard]] bool is_v6() const { return v6_; }
  [[nodiscard]] std::string to_text() const;

  /// Tells whether it is an address of this host for itself: 127.0.0.0/8, ::1.
  [[nodiscard]] bool is_loopback() const;

  /// Gives its 4 or 16 bytes in network order; a view of this object.
  [[nodiscard]] std::span<const std::uint8_t> bytes() const {
    return std::span(bytes_).first(v6_ ? bytes_.size() : 4);
  }

  /// Tells whether the address may belong to a host on the public Internet: not loopback, private, shared,
  /// link-local, multicast, unspecified or reserved, nor such an IPv4 address inside an IPv6 one (mapped,
  /// compatible, NAT64, 6to4). A policy host elsewhere would make this process ask its own network
  /// (server-side request forgery).
  [[nodiscard]] bool is_public() const;

  /// Gives what one customer is given and counts for one peer: an IPv4 address itself, of an IPv6 one the
  /// first 48 bits, of one that leads to IPv4 (NAT64, mapped) the IPv4 address.
  [[nodiscard]] IpAddress network() const;

  auto operator<=>(const IpAddress&) const = default;

 private:
  std::array<std::uint8_t, 16> bytes_{};
  bool v6_ = false;
};

}  // namespace mta_sts
