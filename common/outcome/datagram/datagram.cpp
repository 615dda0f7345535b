#include "outcome/datagram/datagram.hpp"

#include <rapidjson/reader.h>

#include <array>
#include <optional>
#include <utility>

#include "base/enum_names.hpp"
#include "base/utf8.hpp"
#include "idna/idna.hpp"

namespace mta_sts::outcome {
namespace {

constexpr std::size_t text_limit_bytes = 1024;     // of a failure
constexpr std::size_t lines_limit = 4096;          // of a policy
constexpr std::size_t policy_limit_bytes = 65536;  // all lines together, as policies have it
constexpr std::string_view line_ends = "\r\n";

// Cut where it is longer than anybody means, never within a character.
std::string_view shortened(std::string_view text) {
  if (text.size() <= text_limit_bytes) {
    return text;
  }
  std::size_t end = text_limit_bytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80) {
    --end;
  }
  return text.substr(0, end);
}

std::optional<PolicyType> policy_type_of(unsigned number) {
  for (const PolicyType type : {PolicyType::tlsa, PolicyType::sts, PolicyType::no_policy_found}) {
    if (number == std::to_underlying(type)) {
      return type;
    }
  }
  return std::nullopt;
}

/// Takes what RapidJSON reads; false ends the reading, and the datagram has a value that it cannot have.
class Handler {
 public:
  bool Null() { return take_other(); }
  bool Bool(bool) { return take_other(); }
  bool Int(int) { return take_other(); }
  bool Int64(std::int64_t) { return take_other(); }
  bool Uint64(std::uint64_t) { return take_other(); }
  bool Double(double) { return take_other(); }
  bool RawNumber(const char*, rapidjson::SizeType, bool) { return take_other(); }

  bool Uint(unsigned number) {
    switch (place()) {
      case Place::policy:
        return take_number_of_policy(number);
      case Place::failure:
        if (key_ == "c") {
          const auto type = result_type_of(number);
          failure_.type = type.value_or(failure_.type);
          has_type_ = type.has_value();
          return has_type_;
        }
        [[fallthrough]];
      default:
        return take_other();
    }
  }

  bool String(const char* bytes, rapidjson::SizeType length, bool) {
    const std::string_view text(bytes, length);
    if (text::find_invalid_utf8(text)) {  // half a surrogate pair, which RapidJSON takes
      return false;
    }
    switch (place()) {
      case Place::object:
        return take_text_of_object(text);
      case Place::policy:
        if (key_ == "policy-domain") {
          policy_.domain = shortened(text);
          return true;
        }
        return take_other();
      case Place::lines:
        line_bytes_ += text.size();
        lines_->emplace_back(text);
        return lines_->size() <= lines_limit && line_bytes_ <= policy_limit_bytes &&
               text.find_first_of(line_ends) == text.npos;
      case Place::failure:
        if (std::string* const place = text_of_failure(); place != nullptr) {
          *place = shortened(text);
          return true;
        }
        return take_other();
      default:
        return take_other();
    }
  }

  bool Key(const char* bytes, rapidjson::SizeType length, bool) {
    if (skipped_ == 0) {
      key_ = {bytes, length};
    }
    return true;
  }

  bool StartObject() {
    switch (place()) {
      case Place::root:
        return enter(Place::object);
      case Place::policies:
        policy_ = {};
        has_policy_type_ = has_end_ = false;
        return outcome_.policies.size() < policies_limit && enter(Place::policy);
      case Place::failures:
        failure_ = {};
        has_type_ = false;
        return policy_.failures.size() < failures_limit && enter(Place::failure);
      default:
        return skip();
    }
  }

  bool StartArray() {
    if (place() == Place::object && key_ == "policies") {
      return enter(Place::policies);
    }
    if (place() == Place::policy && key_ == "failure-details") {
      return enter(Place::failures);
    }
    if (place() == Place::policy && (key_ == "policy-string" || key_ == "mx-host")) {
      lines_ = key_ == "mx-host" ? &policy_.mx_hosts : &policy_.policy_string;
      return enter(Place::lines);
    }
    return skip();
  }

  bool EndObject(rapidjson::SizeType) { return leave(); }
  bool EndArray(rapidjson::SizeType) { return leave(); }

  [[nodiscard]] bool is_object() const { return is_object_; }
  [[nodiscard]] bool has_other_version() const { return has_other_version_; }
  [[nodiscard]] const std::optional<std::string_view>& domain() const { return domain_; }
  [[nodiscard]] SessionOutcome& outcome() { return outcome_; }

 private:
  // Where the reading stands; skipped: within the value of a key that is not known.
  enum class Place : std::uint8_t { root, object, policies, policy, lines, failures, failure, skipped };

  [[nodiscard]] Place place() const { return skipped_ > 0 ? Place::skipped : places_[depth_]; }

  bool enter(Place place) {
    is_object_ = true;
    places_[++depth_] = place;
    return true;
  }

  bool skip() {
    if (skipped_ == 0 && !take_other()) {
      return false;
    }
    ++skipped_;
    return true;
  }

  bool leave() {
    if (skipped_ > 0) {
      --skipped_;
      return true;
    }
    const Place left = places_[depth_--];
    if (left == Place::failure) {
      policy_.failures.push_back(std::move(failure_));
      return has_type_;
    }
    if (left == Place::policy) {
      outcome_.policies.push_back(std::move(policy_));
      return has_policy_type_ && has_end_;
    }
    return true;
  }

  // A value of another kind than the key has; those of keys that are not known are passed over.
  [[nodiscard]] bool take_other() {
    switch (place()) {
      case Place::skipped:
        return true;
      case Place::object:
        has_other_version_ = has_other_version_ || key_ == "dpv";
        return key_ != "d" && key_ != "pr" && key_ != "policies";
      case Place::policy:
        return key_ != "policy-type" && key_ != "policy-domain" && key_ != "policy-string" &&
               key_ != "mx-host" && key_ != "failure-details" && key_ != "f";
      case Place::failure:
        return key_ != "c" && text_of_failure() == nullptr;
      default:
        return false;
    }
  }

  bool take_text_of_object(std::string_view text) {
    if (key_ == "d") {
      domain_ = text;
      return true;
    }
    if (key_ == "pr") {
      outcome_.record = shortened(text);
      return true;
    }
    if (key_ == "dpv") {
      has_other_version_ = has_other_version_ || text != "1";
      return true;
    }
    return take_other();
  }

  bool take_number_of_policy(unsigned number) {
    if (key_ == "policy-type") {
      const auto type = policy_type_of(number);
      policy_.type = type.value_or(policy_.type);
      has_policy_type_ = type.has_value();
      return has_policy_type_;
    }
    if (key_ == "f") {
      policy_.has_failed = number == 1;
      has_end_ = true;
      return number <= 1;
    }
    return take_other();
  }

  std::string* text_of_failure() {
    const std::array<std::pair<std::string_view, std::string*>, 6> texts{
        {{"s", &failure_.sending_ip},
         {"n", &failure_.mx},
         {"h", &failure_.helo},
         {"r", &failure_.receiving_ip},
         {"a", &failure_.additional_information},
         {"f", &failure_.reason_code}}};
    for (const auto& [name, text] : texts) {
      if (name == key_) {
        return text;
      }
    }
    return nullptr;
  }

  std::array<Place, 6> places_{Place::root};
  std::size_t depth_ = 0;
  std::size_t skipped_ = 0;  // brackets open within a value that is passed over
  std::string_view key_;
  std::optional<std::string_view> domain_;
  SessionOutcome outcome_;
  PolicyOutcome policy_;
  SessionFailure failure_;
  std::vector<std::string>* lines_ = nullptr;
  std::size_t line_bytes_ = 0;  // of all policies together
  bool is_object_ = false;
  bool has_other_version_ = false;
  bool has_policy_type_ = false;
  bool has_end_ = false;
  bool has_type_ = false;  // of a failure
};

}  // namespace

std::string_view to_string(DatagramError error) {
  using enum DatagramError;
  static constexpr auto words = enum_names<DatagramError>({
      {too_large, "datagram-too-large"},
      {not_json, "datagram-not-json"},
      {other_version, "datagram-other-version"},
      {bad_domain, "datagram-bad-domain"},
      {bad_value, "datagram-bad-value"},
  });
  return words[error];
}

std::expected<SessionOutcome, DatagramError> parse_datagram(std::string bytes) {
  if (bytes.size() > datagram_limit_bytes) {
    return std::unexpected(DatagramError::too_large);
  }
  // To RapidJSON a NUL is the end, whatever follows; and it reads behind the end where a character is cut
  // there.
  if (bytes.find('\0') != bytes.npos || text::find_invalid_utf8(bytes)) {
    return std::unexpected(DatagramError::not_json);
  }
  // Without the iterative parser each bracket of hostile bytes would take a piece of the stack.
  constexpr unsigned flags = rapidjson::kParseInsituFlag | rapidjson::kParseIterativeFlag;
  rapidjson::InsituStringStream stream(bytes.data());
  rapidjson::Reader reader;
  Handler handler;
  const auto read = reader.Parse<flags>(stream, handler);
  const bool is_refused = read.Code() == rapidjson::kParseErrorTermination;
  if (read.IsError() && !is_refused) {
    return std::unexpected(DatagramError::not_json);
  }
  if (handler.has_other_version()) {
    return std::unexpected(DatagramError::other_version);
  }
  if (is_refused || handler.outcome().policies.empty()) {
    return std::unexpected(!handler.is_object()             ? DatagramError::not_json
                           : handler.domain() || is_refused ? DatagramError::bad_value
                                                            : DatagramError::bad_domain);
  }
  const auto domain = handler.domain() ? to_a_labels(*handler.domain()) : std::unexpected(IdnaError{});
  if (!domain) {
    return std::unexpected(DatagramError::bad_domain);
  }
  handler.outcome().domain = domain->text();
  return std::move(handler.outcome());
}

}  // namespace mta_sts::outcome
