#include "outcome/datagram_text.hpp"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <span>
#include <string_view>
#include <utility>

#include "base/utf8.hpp"

namespace mta_sts::outcome {
namespace {

class DatagramWriter {
 public:
  void write(const SessionOutcome& outcome) {
    json_.StartObject();
    write_text("dpv", "1");
    write_text("d", outcome.domain);
    write_text("pr", outcome.record);
    write_key("policies");
    json_.StartArray();
    for (const PolicyOutcome& policy : outcome.policies) {
      write_policy(policy);
    }
    json_.EndArray();
    json_.EndObject();
  }

  [[nodiscard]] std::string text() const { return {buffer_.GetString(), buffer_.GetSize()}; }

 private:
  void write_key(std::string_view key) {
    json_.Key(key.data(), static_cast<rapidjson::SizeType>(key.size()));
  }

  void write_string(std::string_view text) {
    std::string valid(text);
    while (const auto invalid = text::find_invalid_utf8(valid)) {
      valid[*invalid] = '?';
    }
    json_.String(valid.data(), static_cast<rapidjson::SizeType>(valid.size()));
  }

  void write_text(std::string_view key, std::string_view text) {
    if (!text.empty()) {
      write_key(key);
      write_string(text);
    }
  }

  void write_number(std::string_view key, std::size_t number) {
    write_key(key);
    json_.Uint64(number);
  }

  void write_lines(std::string_view key, std::span<const std::string> lines) {
    if (lines.empty()) {
      return;
    }
    write_key(key);
    json_.StartArray();
    for (const std::string& line : lines) {
      write_string(line);
    }
    json_.EndArray();
  }

  void write_policy(const PolicyOutcome& policy) {
    json_.StartObject();
    write_number("policy-type", std::to_underlying(policy.type));
    write_text("policy-domain", policy.domain);
    write_lines("policy-string", policy.policy_string);
    write_lines("mx-host", policy.mx_hosts);
    if (!policy.failures.empty()) {
      write_key("failure-details");
      json_.StartArray();
      for (const SessionFailure& failure : policy.failures) {
        write_failure(failure);
      }
      json_.EndArray();
    }
    write_number("t", policy.failures.size());
    write_number("f", policy.has_failed ? 1 : 0);
    json_.EndObject();
  }

  void write_failure(const SessionFailure& failure) {
    json_.StartObject();
    write_number("c", std::to_underlying(failure.type));
    write_text("s", failure.sending_ip);
    write_text("n", failure.mx);
    write_text("h", failure.helo);
    write_text("r", failure.receiving_ip);
    write_text("a", failure.additional_information);
    write_text("f", failure.reason_code);
    json_.EndObject();
  }

  rapidjson::StringBuffer buffer_;
  rapidjson::Writer<rapidjson::StringBuffer> json_{buffer_};
};

}  // namespace

std::string render_datagram(const SessionOutcome& outcome) {
  DatagramWriter writer;
  writer.write(outcome);
  return writer.text();
}

}  // namespace mta_sts::outcome
