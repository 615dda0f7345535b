#include "sender/dns/dns_message.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "sender/dns/dns_reader.hpp"

namespace mta_sts::sender {
namespace {

using Bytes = std::span<const std::uint8_t>;
using dns::Reader;
using dns::to_labels;
using dns::to_text;

constexpr std::uint32_t ttl_limit_seconds = 7 * 86400;
constexpr std::uint16_t class_in = 1;

struct Record {
  std::string owner;
  std::uint16_t type = 0;
  std::uint32_t ttl = 0;
  std::size_t data_at = 0;
  std::size_t data_length = 0;
};

struct Message {
  Bytes bytes;
  std::uint16_t flags = 0;
  std::vector<Record> answers;
  std::optional<std::uint32_t> negative_ttl;
  bool refers = false;  // its authority section names other servers
  bool without_question = false;
  std::string fault;

  [[nodiscard]] unsigned rcode() const { return flags & 0x0FU; }
};

std::optional<Record> read_record(Reader& reader) {
  Record record;
  record.owner = reader.name();
  record.type = reader.u16();
  const std::uint16_t record_class = reader.u16();
  const std::uint32_t ttl = reader.u32();
  record.ttl = (ttl & 0x80000000U) != 0 ? 0 : std::min(ttl, ttl_limit_seconds);  // RFC 2181 section 8
  record.data_length = reader.u16();
  record.data_at = reader.offset();
  reader.take(record.data_length);
  if (reader.failed()) {
    return std::nullopt;
  }
  if (record_class != class_in) {
    record.type = 0;  // of another class: no type that anybody asks for
  }
  return record;
}

// RFC 2308 section 5: the lesser of the SOA's own TTL and its last field.
std::optional<std::uint32_t> read_negative_ttl(const Message& message, const Record& record) {
  Reader reader(message.bytes, record.data_at);
  reader.name();
  reader.name();
  reader.take(16);
  const std::uint32_t minimum = reader.u32();
  if (reader.failed() || reader.offset() != record.data_at + record.data_length) {
    return std::nullopt;
  }
  return std::min({record.ttl, minimum, ttl_limit_seconds});
}

bool read_question(Reader& reader, std::uint16_t count, std::string_view labels, DnsType type) {
  const std::string asked = reader.name();
  const std::uint16_t asked_type = reader.u16();
  const std::uint16_t asked_class = reader.u16();
  return count == 1 && !reader.failed() && asked == labels && asked_type == std::to_underlying(type) &&
         asked_class == class_in;
}

constexpr std::uint16_t response_and_opcode = 0xF800;
constexpr std::uint16_t truncated = 0x0200;
struct Header {
  std::uint16_t answers = 0;
  std::uint16_t authorities = 0;
};

// Reads header and question; what is wrong with them is left in the message.
Header read_header(Reader& reader, Message& message, std::string_view labels, DnsType type) {
  reader.u16();
  message.flags = reader.u16();
  const std::uint16_t questions = reader.u16();
  const Header header{.answers = reader.u16(), .authorities = reader.u16()};
  reader.u16();
  if (reader.failed() || (message.flags & response_and_opcode) != 0x8000U) {
    message.fault = "the name server's answer is no response to a query";
  } else if (questions == 0 && message.rcode() != 0) {
    message.without_question = true;  // servers that refuse may leave it out
  } else if (!read_question(reader, questions, labels, type)) {
    message.fault = "the name server answered another question";
  }
  return header;
}

Message read_message(Bytes bytes, std::string_view labels, DnsType type) {
  Message message;
  message.bytes = bytes;
  Reader reader(bytes);
  const Header header = read_header(reader, message, labels, type);
  if (!message.fault.empty() || message.without_question) {
    return message;
  }
  if ((message.flags & truncated) != 0) {
    message.fault = "the name server's answer is cut off";
    return message;
  }
  for (std::uint32_t i = 0; i < std::uint32_t{header.answers} + header.authorities; ++i) {
    auto record = read_record(reader);
    if (!record) {
      message.fault = "the name server's answer is malformed";
      return message;
    }
    if (i < header.answers) {
      message.answers.push_back(*std::move(record));
    } else if (record->type == std::to_underlying(DnsType::soa) && !message.negative_ttl) {
      message.negative_ttl = read_negative_ttl(message, *record);
    } else if (record->type == std::to_underlying(DnsType::ns)) {
      message.refers = true;
    }
  }
  return message;
}

std::optional<DnsData> read_txt(Bytes data) {
  TxtData strings;
  for (std::size_t at = 0; at < data.size();) {
    const std::size_t length = data[at];
    if (length > data.size() - at - 1) {
      return std::nullopt;
    }
    const Bytes text = data.subspan(at + 1, length);
    strings.emplace_back(text.begin(), text.end());
    at += 1 + length;
  }
  return strings.empty() ? std::nullopt : std::optional<DnsData>(std::move(strings));
}

std::optional<DnsData> read_tlsa(Bytes data) {
  if (data.size() < 4) {
    return std::nullopt;
  }
  return TlsaData{.usage = data[0],
                  .selector = data[1],
                  .matching_type = data[2],
                  .association = std::string(data.begin() + 3, data.end())};
}

// A name that must fill the data from `skip` on to its end.
std::optional<std::string> read_target(const Message& message, const Record& record, std::size_t skip) {
  Reader reader(message.bytes, record.data_at + skip);
  std::string labels = reader.name();
  if (record.data_length <= skip || reader.failed() ||
      reader.offset() != record.data_at + record.data_length) {
    return std::nullopt;
  }
  return labels;
}

std::optional<DnsData> read_address(Bytes data, std::size_t length) {
  const auto address = data.size() == length ? IpAddress::from_bytes(data) : std::nullopt;
  return address ? std::optional<DnsData>(*address) : std::nullopt;
}

std::optional<DnsData> read_soa(const Message& message, const Record& record) {
  Reader reader(message.bytes, record.data_at);
  reader.name();
  reader.name();
  const std::uint32_t serial = reader.u32();
  reader.take(16);
  if (reader.failed() || reader.offset() != record.data_at + record.data_length) {
    return std::nullopt;
  }
  return SoaData{.serial = serial};
}

std::optional<DnsData> read_data(const Message& message, const Record& record, DnsType type) {
  const Bytes data = message.bytes.subspan(record.data_at, record.data_length);
  switch (type) {
    case DnsType::a:
      return read_address(data, 4);
    case DnsType::aaaa:
      return read_address(data, 16);
    case DnsType::txt:
      return read_txt(data);
    case DnsType::tlsa:
      return read_tlsa(data);
    case DnsType::mx:
      if (auto host = read_target(message, record, 2)) {
        return MxData{.preference = static_cast<std::uint16_t>(data[0] << 8U | data[1]),
                      .host = to_text(*host)};
      }
      return std::nullopt;
    case DnsType::cname:
    case DnsType::ns:
      if (auto target = read_target(message, record, 0)) {
        return to_text(*target);
      }
      return std::nullopt;
    case DnsType::soa:
      return read_soa(message, record);
  }
  return std::nullopt;
}

DnsAnswer failure(std::string detail, DnsStatus status = DnsStatus::serv_fail) {
  DnsAnswer answer;
  answer.status = status;
  answer.detail = std::move(detail);
  return answer;
}

// A server that neither has the zone (AA) nor looks names up for others (RA), though asked to (RD), sends
// whoever asks on to other servers: that is no word on what the name has. RFC 1034 section 4.3.1.
bool is_referral(const Message& message) {
  constexpr unsigned authoritative = 0x0400;
  constexpr unsigned recursion_desired = 0x0100;
  constexpr unsigned recursion_available = 0x0080;
  return message.refers && message.answers.empty() && !message.negative_ttl && message.rcode() == 0 &&
         (message.flags & (authoritative | recursion_desired | recursion_available)) == recursion_desired;
}

std::optional<DnsAnswer> failure_of(const Message& message) {
  if (!message.fault.empty()) {
    return failure(message.fault);
  }
  if (is_referral(message)) {
    return failure("the name server looks up no names for this host (a referral)");
  }
  switch (message.rcode()) {
    case 0:
    case 3:
      return std::nullopt;
    case 2:
      return failure("the name server could not answer (SERVFAIL)");
    case 5:
      return failure("the name server refused to answer (REFUSED)", DnsStatus::refused);
    default:
      return failure("the name server answered with code " + std::to_string(message.rcode()));
  }
}

// Follows the aliases from `labels`; the last name is left in it. False: a loop, or too long.
bool follow_aliases(const Message& message, std::string& labels, DnsAnswer& answer, std::uint32_t& ttl) {
  while (true) {
    const auto alias = std::ranges::find_if(message.answers, [&](const Record& record) {
      return record.type == std::to_underlying(DnsType::cname) && record.owner == labels;
    });
    if (alias == message.answers.end()) {
      return true;
    }
    const auto target = read_target(message, *alias, 0);
    if (!target || target->empty() || answer.aliases.size() >= cname_chain_limit) {
      return false;
    }
    ttl = std::min(ttl, alias->ttl);
    labels = *target;
    answer.aliases.push_back(to_text(labels));
  }
}

}  // namespace

DnsReply classify_dns_reply(std::span<const std::uint8_t> message_bytes, std::string_view name,
                            DnsType type) {
  const auto labels = to_labels(name);
  Message message;
  message.bytes = message_bytes;
  Reader reader(message_bytes);
  if (!labels) {
    return DnsReply::foreign;
  }
  read_header(reader, message, *labels, type);
  if (!message.fault.empty()) {
    return DnsReply::foreign;
  }
  return (message.flags & truncated) != 0 ? DnsReply::cut_off : DnsReply::complete;
}

ParsedDnsAnswer parse_dns_answer(std::span<const std::uint8_t> message_bytes, std::string_view name,
                                 DnsType type) {
  auto labels = to_labels(name);
  if (!labels) {
    return {.answer = failure("the name asked for is no name of DNS"), .unanswered_target = {}};
  }
  const Message message = read_message(message_bytes, *labels, type);
  if (auto failed = failure_of(message)) {
    return {.answer = *std::move(failed), .unanswered_target = {}};
  }
  ParsedDnsAnswer parsed;
  DnsAnswer& answer = parsed.answer;
  answer.authenticated = (message.flags & 0x0020U) != 0;
  std::uint32_t ttl = ttl_limit_seconds;
  if (type != DnsType::cname && !follow_aliases(message, *labels, answer, ttl)) {
    return {.answer = failure("the aliases (CNAME) of the name lead nowhere", DnsStatus::cname_loop),
            .unanswered_target = {}};
  }
  for (const Record& record : message.answers) {
    if (record.owner != *labels || record.type != std::to_underlying(type)) {
      continue;
    }
    auto data = read_data(message, record, type);
    if (!data) {
      return {.answer = failure("a record of the answer is malformed"), .unanswered_target = {}};
    }
    ttl = std::min(ttl, record.ttl);
    answer.records.push_back(*std::move(data));
  }
  if (message.rcode() == 3) {
    answer.status = DnsStatus::nx_domain;
    answer.records.clear();
  } else {
    answer.status = answer.records.empty() ? DnsStatus::no_data : DnsStatus::no_error;
  }
  if (answer.status != DnsStatus::no_error) {
    ttl = std::min(ttl, message.negative_ttl.value_or(0));
    if (answer.status == DnsStatus::no_data && !answer.aliases.empty() && !message.negative_ttl) {
      parsed.unanswered_target = answer.aliases.back();
    }
  }
  answer.ttl = std::chrono::seconds(ttl);
  return parsed;
}

}  // namespace mta_sts::sender
