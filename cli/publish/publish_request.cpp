#include "cli/publish/publish_request.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <utility>

#include "base/utf8.hpp"
#include "cli/check/check_target.hpp"
#include "cli/policy/rua_words.hpp"
#include "idna/idna.hpp"
#include "os/ip_address.hpp"
#include "store/profile_name.hpp"

namespace mta_sts::cli {
namespace {

using JsonLine = nlohmann::json;

PublishFault fault_of_request(const char* word, std::string detail) {
  return {.word = word, .detail = std::move(detail), .exit_code = ExitCode::wrong_use};
}

PublishFault to_publish_fault(const Fault& fault) {
  return {.word = std::string(fault.word.text()), .detail = fault.detail, .exit_code = ExitCode::wrong_use};
}

std::optional<PublishFault> check_desired(PublishRequest& request) {
  steps::Desired& desired = request.desired;
  auto warnings = check_rua(desired.rua, request.domain);
  if (!warnings) {
    return to_publish_fault(warnings.error());
  }
  request.warnings = *std::move(warnings);
  if (!desired.host.empty() && !desired.addresses.empty()) {
    return fault_of_request("usage-error", "--host and --address exclude each other: a CNAME stands alone");
  }
  if (!desired.host.empty()) {
    const auto host = to_a_labels(desired.host);
    if (!host) {
      return fault_of_request(
          "bad-option", "--host " + text::quote_for_display(desired.host, 253) + ": " + host.error().detail);
    }
    desired.host = host->text();
  }
  for (std::string& address : desired.addresses) {
    const auto parsed = IpAddress::parse(address);
    if (!parsed) {
      return fault_of_request("bad-option", "--address " + text::quote_for_display(address, 80) +
                                                ": not an address such as 192.0.2.1 or 2001:db8::1");
    }
    address = parsed->to_text();
  }
  return std::nullopt;
}

std::optional<PublishFault> check_choice(const PublishRequest& request) {
  const bool has_words = !request.words.empty();
  if (int{has_words} + int{!request.profile.empty()} + int{!request.alias.empty()} > 1) {
    return fault_of_request("usage-error", "give one of the words of a policy, a profile and an alias");
  }
  if (request.remove && (has_words || request.takes_another() || request.mx_auto)) {
    return fault_of_request("usage-error", "a domain that is removed takes no policy");
  }
  if (request.mx_auto && !has_words && !request.takes_another()) {
    return fault_of_request("usage-error", "with mx auto, give a mode, a profile or an alias too");
  }
  if (std::ranges::find(request.words, "mx=auto") != request.words.end()) {
    return fault_of_request(
        "usage-error",
        "mx=auto would name a mail host \"auto\"; to take the MX records, use --mx auto, or "
        "\"mx\": \"auto\" in a line");
  }
  if (!request.profile.empty() && !store::is_profile_name(request.profile)) {
    return fault_of_request("bad-option", text::quote_for_display(request.profile) + ": " +
                                              std::string(store::profile_name_rule));
  }
  return std::nullopt;
}

// A string, or a list of strings; nothing for anything else.
std::optional<std::vector<std::string>> strings_of(const JsonLine& value) {
  if (value.is_string()) {
    return std::vector{value.get<std::string>()};
  }
  if (!value.is_array() || !std::ranges::all_of(value, [](const JsonLine& v) { return v.is_string(); })) {
    return std::nullopt;
  }
  return value.get<std::vector<std::string>>();
}

// The parser itself would let the last of equal keys count.
JsonLine parse_object(std::string_view line, std::optional<std::string>& repeated) {
  std::set<std::string> keys;
  const auto take = [&](int depth, JsonLine::parse_event_t event, const JsonLine& key) {
    if (event == JsonLine::parse_event_t::key && depth == 1 && !keys.insert(key.get<std::string>()).second) {
      repeated = key.get<std::string>();
    }
    return true;
  };
  return JsonLine::parse(line, take, false);
}

class LineReader {
 public:
  explicit LineReader(PublishRequest& request) : request_(request) {}

  // False: the value is not what the key takes, or there is no such key.
  bool take(const std::string& key, const JsonLine& value) {
    if (key == "remove") {
      request_.remove = value.is_boolean() && value.get<bool>();
      return value.is_boolean();
    }
    if (key == "max_age" || key == "serial") {
      const bool is_number = value.is_number_unsigned();
      words_.push_back(key + "=" +
                       (is_number           ? value.dump()
                        : value.is_string() ? value.get<std::string>()
                                            : ""));
      return is_number || value.is_string();
    }
    const auto strings = strings_of(value);
    return strings && (value.is_string() ? take_one(key, strings->front()) : take_list(key, *strings));
  }

  // The mode is the first word, wherever it stands in the object.
  void finish() {
    if (!mode_.empty()) {
      words_.insert(words_.begin(), mode_);
    }
    request_.words = std::move(words_);
  }

 private:
  bool take_one(const std::string& key, const std::string& text) {
    if (key == "domain") {
      request_.domain = text;
    } else if (key == "mode") {
      mode_ = text;
      return parse_mode(text).has_value();  // the words of a policy could name a file
    } else if (key == "profile") {
      request_.profile = text;
    } else if (key == "alias") {
      request_.alias = text;
    } else if (key == "host") {
      request_.desired.host = text;
    } else if (key == "mx" && text == "auto") {
      request_.mx_auto = true;
    } else {
      return take_list(key, {text});
    }
    return true;
  }

  bool take_list(const std::string& key, const std::vector<std::string>& texts) {
    if (key == "mx") {
      for (const std::string& text : texts) {
        words_.push_back("mx=" + text);
      }
    } else if (key == "rua") {
      request_.desired.rua = texts;
    } else if (key == "address") {
      request_.desired.addresses = texts;
    } else {
      return false;
    }
    return true;
  }

  PublishRequest& request_;
  std::string mode_;
  std::vector<std::string> words_;
};

std::expected<PublishRequest, PublishFault> request_of_object(const JsonLine& object,
                                                              const std::optional<std::string>& repeated,
                                                              const PublishRequest& otherwise) {
  if (repeated) {
    return std::unexpected(fault_of_request(
        "input-invalid",
        text::quote_for_display(*repeated) + " stands twice; which one counts is not clear"));
  }
  if (!object.is_object()) {
    return std::unexpected(fault_of_request("input-invalid", "the line is not one JSON object"));
  }
  PublishRequest request;
  request.desired = otherwise.desired;
  request.mx_auto = otherwise.mx_auto;
  request.remove = otherwise.remove;
  LineReader reader(request);
  for (const auto& [key, value] : object.items()) {
    if (!reader.take(key, value)) {
      return std::unexpected(fault_of_request(
          "input-invalid", "the key " + text::quote_for_display(key) +
                               " is not known, or its value is of the wrong kind; keys are domain, mode, mx, "
                               "max_age, serial, profile, alias, remove, rua, host and address"));
    }
  }
  reader.finish();
  if (request.domain.empty()) {
    return std::unexpected(fault_of_request("input-invalid", "the line has no domain"));
  }
  return checked_request(std::move(request));
}

// The domain of a line that is at fault otherwise; none where it names no domain, or two.
std::string domain_of(const JsonLine& object, const std::optional<std::string>& repeated) {
  if (!object.is_object() || repeated == "domain") {
    return "";
  }
  const auto named = object.find("domain");
  const auto target = named != object.end() && named->is_string()
                          ? parse_check_target(named->get<std::string>())
                          : std::unexpected(Fault{"bad-domain", ""});
  return target ? target->domain.text() : "";
}

}  // namespace

std::expected<PublishRequest, PublishFault> checked_request(PublishRequest request) {
  const auto target = parse_check_target(request.domain);
  if (!target) {
    return std::unexpected(to_publish_fault(target.error()));
  }
  request.domain = target->domain.text();
  if (!request.alias.empty()) {
    const auto other = parse_check_target(request.alias);
    if (!other) {
      return std::unexpected(to_publish_fault(other.error()));
    }
    request.alias = other->domain.text();
  }
  auto fault = check_choice(request);
  fault = fault ? std::move(fault) : check_desired(request);
  if (fault) {
    return std::unexpected(*std::move(fault));
  }
  return request;
}

std::expected<PublishRequest, RequestLineFault> parse_request_line(std::string_view line,
                                                                   const PublishRequest& otherwise) {
  std::optional<std::string> repeated;
  const JsonLine object = parse_object(line, repeated);
  auto request = request_of_object(object, repeated, otherwise);
  if (!request) {
    return std::unexpected(RequestLineFault{std::move(request.error()), domain_of(object, repeated)});
  }
  return *std::move(request);
}

}  // namespace mta_sts::cli
