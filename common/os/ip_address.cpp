#include "os/ip_address.hpp"

#include <arpa/inet.h>

#include <algorithm>

namespace mta_sts {
namespace {

using Bytes = std::span<const std::uint8_t>;

struct Block {
  std::array<std::uint8_t, 16> prefix;
  unsigned bits;
};

// Not for hosts on the public Internet: IANA's special-purpose registries, RFC 6890.
constexpr std::array v4_blocks{
    Block{{0}, 8},              // "this network", unspecified
    Block{{10}, 8},             // private
    Block{{100, 64}, 10},       // shared, behind a provider's NAT
    Block{{127}, 8},            // loopback
    Block{{169, 254}, 16},      // link-local
    Block{{172, 16}, 12},       // private
    Block{{192, 0, 0, 0}, 24},  // protocol assignments
    Block{{192, 168}, 16},      // private
    Block{{198, 18}, 15},       // benchmarks
    Block{{224}, 4},            // multicast
    Block{{240}, 4},            // reserved, broadcast
};

constexpr std::array v6_blocks{
    Block{{0}, 8},                        // unspecified, loopback, mapped, compatible, reserved
    Block{{0x01, 0x00}, 8},               // discard-only and reserved
    Block{{0x20, 0x01, 0x00, 0x00}, 32},  // Teredo
    Block{{0xfc}, 7},                     // unique local
    Block{{0xfe, 0x80}, 10},              // link-local
    Block{{0xfe, 0xc0}, 10},              // site-local, deprecated
    Block{{0xff}, 8},                     // multicast
};

constexpr std::array<std::uint8_t, 12> nat64_prefix{0x00, 0x64, 0xff, 0x9b};
constexpr std::array<std::uint8_t, 12> mapped_prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

bool is_in(Bytes address, const Block& block) {
  for (unsigned bit = 0; bit < block.bits; bit += 8) {
    const unsigned left = block.bits - bit;
    const auto mask = static_cast<std::uint8_t>(left >= 8 ? 0xFFU : 0xFFU << (8 - left));
    if ((address[bit / 8] & mask) != (block.prefix[bit / 8] & mask)) {
      return false;
    }
  }
  return true;
}

template <typename Blocks>
bool is_in_any(Bytes address, const Blocks& blocks) {
  return std::ranges::any_of(blocks, [&](const Block& block) { return is_in(address, block); });
}

bool leads_to_v4(Bytes address) {
  return std::ranges::equal(address.first(12), nat64_prefix) ||
         std::ranges::equal(address.first(12), mapped_prefix);
}

bool is_public_v6(Bytes address) {
  if (leads_to_v4(address)) {
    return !is_in_any(address.subspan(12, 4), v4_blocks);
  }
  if (address[0] == 0x20 && address[1] == 0x02) {  // 6to4
    return !is_in_any(address.subspan(2, 4), v4_blocks);
  }
  return !is_in_any(address, v6_blocks);
}

}  // namespace

std::optional<IpAddress> IpAddress::from_bytes(std::span<const std::uint8_t> bytes) {
  if (bytes.size() != 4 && bytes.size() != 16) {
    return std::nullopt;
  }
  IpAddress address;
  std::ranges::copy(bytes, address.bytes_.begin());
  address.v6_ = bytes.size() == 16;
  return address;
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  if (text.size() >= INET6_ADDRSTRLEN || text.find('\0') != std::string_view::npos) {
    return std::nullopt;
  }
  const std::string terminated(text);
  IpAddress address;
  address.v6_ = text.find(':') != std::string_view::npos;
  const int family = address.v6_ ? AF_INET6 : AF_INET;
  if (inet_pton(family, terminated.c_str(), address.bytes_.data()) != 1) {
    return std::nullopt;
  }
  return address;
}

std::string IpAddress::to_text() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(v6_ ? AF_INET6 : AF_INET, bytes_.data(), text.data(), text.size());
  return text.data();
}

bool IpAddress::is_loopback() const {
  constexpr std::array<std::uint8_t, 16> v6_loopback{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  return v6_ ? bytes_ == v6_loopback : bytes_[0] == 127;
}

IpAddress IpAddress::network() const {
  constexpr std::size_t v6_bytes = 6;
  IpAddress network;
  if (!v6_) {
    return *this;
  }
  if (leads_to_v4(bytes_)) {
    std::ranges::copy(bytes().last(4), network.bytes_.begin());
    return network;
  }
  network.v6_ = true;
  std::ranges::copy(bytes().first(v6_bytes), network.bytes_.begin());
  return network;
}

bool IpAddress::is_public() const {
  return v6_ ? is_public_v6(bytes_) : !is_in_any(Bytes(bytes_).first(4), v4_blocks);
}

}  // namespace mta_sts
