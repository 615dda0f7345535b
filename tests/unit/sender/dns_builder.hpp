#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sender/dns_lookup.hpp"

namespace mta_sts::sender::fakes {

/// Writes DNS responses, well-formed or not.
class DnsBuilder {
 public:
  using Bytes = std::vector<std::uint8_t>;

  DnsBuilder(std::string_view name, DnsType type) : question_(labels(name)) {
    put16(question_, std::to_underlying(type));
    put16(question_, 1);
  }

  DnsBuilder& id(std::uint16_t value) { return id_ = value, *this; }
  DnsBuilder& flags(std::uint16_t value) { return flags_ = value, *this; }
  DnsBuilder& rcode(unsigned value) {
    flags_ = static_cast<std::uint16_t>((flags_ & 0xFFF0U) | value);
    return *this;
  }

  DnsBuilder& raw_owner(const Bytes& owner, std::uint16_t type, std::uint32_t ttl, const Bytes& data) {
    append(answers_, owner);
    put_rest(answers_, type, ttl, data);
    ++answer_count_;
    return *this;
  }
  DnsBuilder& record(std::string_view owner, std::uint16_t type, std::uint32_t ttl, const Bytes& data) {
    return raw_owner(labels(owner), type, ttl, data);
  }
  DnsBuilder& txt(std::string_view owner, std::uint32_t ttl, const std::vector<std::string>& strings) {
    Bytes data;
    for (const std::string& text : strings) {
      data.push_back(static_cast<std::uint8_t>(text.size()));
      data.insert(data.end(), text.begin(), text.end());
    }
    return record(owner, 16, ttl, data);
  }
  DnsBuilder& cname(std::string_view owner, std::uint32_t ttl, std::string_view target) {
    return record(owner, 5, ttl, labels(target));
  }
  DnsBuilder& soa(std::string_view owner, std::uint32_t ttl, std::uint32_t minimum) {
    Bytes data = labels("ns.test");
    append(data, labels("host.test"));
    for (int i = 0; i < 4; ++i) {
      put32(data, 1);
    }
    put32(data, minimum);
    append(authorities_, labels(owner));
    put_rest(authorities_, 6, ttl, data);
    ++authority_count_;
    return *this;
  }

  DnsBuilder& ns(std::string_view owner, std::uint32_t ttl,
                 std::string_view target) {  // in the authority section
    append(authorities_, labels(owner));
    put_rest(authorities_, 2, ttl, labels(target));
    ++authority_count_;
    return *this;
  }

  [[nodiscard]] std::size_t size() const { return bytes().size(); }

  [[nodiscard]] Bytes bytes() const {
    Bytes all;
    for (const std::uint16_t word :
         {id_, flags_, std::uint16_t{1}, answer_count_, authority_count_, std::uint16_t{0}}) {
      put16(all, word);
    }
    append(all, question_);
    append(all, answers_);
    append(all, authorities_);
    return all;
  }

  static Bytes labels(std::string_view name) {
    Bytes bytes;
    for (std::size_t begin = 0; begin < name.size();) {
      const std::size_t end = std::min(name.find('.', begin), name.size());
      bytes.push_back(static_cast<std::uint8_t>(end - begin));
      bytes.insert(bytes.end(), name.begin() + static_cast<std::ptrdiff_t>(begin),
                   name.begin() + static_cast<std::ptrdiff_t>(end));
      begin = end + 1;
    }
    bytes.push_back(0);
    return bytes;
  }

 private:
  static void put16(Bytes& bytes, std::uint16_t value) {
    bytes.push_back(static_cast<std::uint8_t>(value >> 8U));
    bytes.push_back(static_cast<std::uint8_t>(value & 0xFFU));
  }
  static void put32(Bytes& bytes, std::uint32_t value) {
    put16(bytes, static_cast<std::uint16_t>(value >> 16U));
    put16(bytes, static_cast<std::uint16_t>(value & 0xFFFFU));
  }
  static void append(Bytes& bytes, const Bytes& more) { bytes.insert(bytes.end(), more.begin(), more.end()); }
  static void put_rest(Bytes& bytes, std::uint16_t type, std::uint32_t ttl, const Bytes& data) {
    put16(bytes, type);
    put16(bytes, 1);
    put32(bytes, ttl);
    put16(bytes, static_cast<std::uint16_t>(data.size()));
    append(bytes, data);
  }

  std::uint16_t id_ = 0x1234;
  std::uint16_t flags_ = 0x8180;
  Bytes question_;
  Bytes answers_;
  Bytes authorities_;
  std::uint16_t answer_count_ = 0;
  std::uint16_t authority_count_ = 0;
};

}  // namespace mta_sts::sender::fakes
