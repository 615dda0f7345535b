#include "check_history.hpp"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/hex.hpp"
#include "base/utf8.hpp"
#include "check/case.hpp"
#include "input.hpp"
#include "pch.hpp"

namespace mta_sts::cli {
namespace {

using check::HistoryEntry;

constexpr std::size_t file_limit_bytes = 64UL * 1024 * 1024;
constexpr std::chrono::hours entry_life{24};

std::string sha256_hex(std::string_view octets) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> value;
  unsigned size = 0;
  if (EVP_Digest(octets.data(), octets.size(), value.data(), &size, EVP_sha256(), nullptr) != 1) {
    return "";
  }
  return text::to_hex(value.data(), size);
}

HistoryEntry entry_of(const nlohmann::json& json) {
  HistoryEntry entry;
  entry.seen = std::chrono::sys_seconds(std::chrono::seconds(json.at("seen").get<std::int64_t>()));
  entry.id = json.at("id").get<std::string>();
  entry.body_sha256 = json.at("body_sha256").get<std::string>();
  entry.mode = json.at("mode").get<std::string>();
  entry.max_age_seconds = json.at("max_age").get<std::uint64_t>();
  entry.mx = json.at("mx").get<std::vector<std::string>>();
  return entry;
}

std::string line_of(const std::string& domain, const HistoryEntry& entry) {
  const nlohmann::ordered_json json = {{"domain", domain},   {"seen", entry.seen.time_since_epoch().count()},
                                       {"id", entry.id},     {"body_sha256", entry.body_sha256},
                                       {"mode", entry.mode}, {"max_age", entry.max_age_seconds},
                                       {"mx", entry.mx}};
  return json.dump() + "\n";
}

bool says_the_same(const HistoryEntry& a, const HistoryEntry& b) {
  return a.id == b.id && a.body_sha256 == b.body_sha256 && a.mode == b.mode &&
         a.max_age_seconds == b.max_age_seconds && a.mx == b.mx;
}

std::unexpected<std::string> failure(const std::string& path, std::string_view what) {
  return std::unexpected(text::escape_for_display(path) + ": " + std::string(what));
}

}  // namespace

HistoryEntry history_entry_of(const check::Facts& facts) {
  const check::Case subject(facts);
  HistoryEntry entry;
  entry.seen = facts.conditions.now;
  entry.id = subject.record.id;
  if (const Policy* policy = subject.policy(); policy != nullptr) {
    entry.body_sha256 = sha256_hex(subject.answer->body);
    entry.mode = to_string(policy->mode);
    entry.max_age_seconds = policy->max_age_seconds;
  }
  entry.mx = subject.mx_names();
  return entry;
}

std::expected<CheckHistory, std::string> CheckHistory::read(const std::string& path) {
  CheckHistory history(path);
  if (access(path.c_str(), F_OK) != 0 && errno == ENOENT) {
    return history;
  }
  const auto bytes = read_input(path, file_limit_bytes);
  if (!bytes) {
    return std::unexpected(bytes.error());
  }
  if (bytes->size() > file_limit_bytes) {
    return failure(path, "over 64 MiB; keep the newest lines");
  }
  std::size_t number = 0;
  for (std::size_t begin = 0; begin < bytes->size();) {
    const std::size_t end = std::min(bytes->find('\n', begin), bytes->size());
    ++number;
    try {
      const auto json = nlohmann::json::parse(bytes->begin() + static_cast<std::ptrdiff_t>(begin),
                                              bytes->begin() + static_cast<std::ptrdiff_t>(end));
      history.entries_[json.at("domain").get<std::string>()].push_back(entry_of(json));
    } catch (const nlohmann::json::exception&) {
      return failure(path, "line " + std::to_string(number) +
                               " is no line of a history; remove it or name another file");
    }
    begin = end + 1;
  }
  return history;
}

std::vector<HistoryEntry> CheckHistory::of(const std::string& domain) const {
  const auto known = entries_.find(domain);
  return known == entries_.end() ? std::vector<HistoryEntry>{} : known->second;
}

std::expected<void, std::string> CheckHistory::add(const check::Facts& facts) {
  if (!facts.conditions.resolver_answers || check::lookup_failed(facts.dns.sts.answer.status)) {
    return {};
  }
  const HistoryEntry entry = history_entry_of(facts);
  auto& known = entries_[facts.domain];
  if (!known.empty() && says_the_same(known.back(), entry) && entry.seen - known.back().seen < entry_life) {
    return {};
  }
  const std::string line = line_of(facts.domain, entry);
  const int file = open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
  const bool is_written =
      file >= 0 && write(file, line.data(), line.size()) == static_cast<ssize_t>(line.size());
  const int error = errno;
  if (file >= 0) {
    close(file);
  }
  if (!is_written) {
    return failure(path_, std::strerror(error));
  }
  known.push_back(entry);
  return {};
}

}  // namespace mta_sts::cli
