#include "dlfunc.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "arguments.hpp"
#include "asking.hpp"
#include "base/guarded.hpp"
#include "base/utf8.hpp"
#include "exim.hpp"
#include "outcome/datagram_text.hpp"
#include "outcome_socket.hpp"
#include "session_watch.hpp"
#include "transport_event.hpp"
#include "verdict/verdict_line.hpp"

namespace mta_sts::exim {
namespace {

constexpr std::size_t domain_limit_bytes = 300;  // of what goes to the log
constexpr std::size_t line_limit_bytes = 600;

// Exim copies the text before it calls again, so one buffer serves for all calls of a process. Memory that is
// not Exim's own counts as untainted there; an echo of an argument would not.
std::array<unsigned char, verdict_line_limit_bytes + 1> answer;

// Made at the first question and never freed: a destructor would run in every process that Exim forks.
Memory* memory = nullptr;

// The session of this process, likewise; a process that Exim forks for a transport has a copy of its own.
SessionWatch* watch = nullptr;
bool has_logged_loss = false;

int return_text(unsigned char** yield, std::string_view text) noexcept {
  const std::size_t size = std::min(text.size(), answer.size() - 1);
  std::ranges::copy(text.substr(0, size), answer.begin());
  answer[size] = '\0';
  *yield = answer.data();
  return status_ok;
}

std::vector<std::string_view> to_views(int argc, unsigned char** argv) {
  std::vector<std::string_view> views;
  for (int i = 0; i < std::min(argc, argument_limit) && argv[i] != nullptr; ++i) {
    views.emplace_back(reinterpret_cast<const char*>(argv[i]));
  }
  return views;
}

// The host list says no more than mx does, and is longer.
std::string without_host_list(std::string line) {
  const std::size_t begin = line.find(" ignore=\"");
  if (begin != line.npos) {
    line.erase(begin, line.find("\" source=", begin) + 1 - begin);
  }
  return line;
}

void log_verdict(std::string_view domain, const std::string& line) {
  if (log_write == nullptr) {
    return;
  }
  const std::string shown = text::escape_for_display(domain, domain_limit_bytes) + ' ' +
                            text::escape_for_display(without_host_list(line), line_limit_bytes);
  log_write(0, log_main, "MTA-STS observe: %s", shown.c_str());
}

std::string find_verdict(std::span<const std::string_view> words) {
  const auto arguments = parse_verdict_arguments(words);
  if (!arguments) {
    return render_verdict_line(temp_verdict("bad-argument"));
  }
  if (memory == nullptr) {
    memory = new Memory;
  }
  std::string line = find_verdict_line(*arguments, *memory);
  if (arguments->is_observed) {
    log_verdict(arguments->domain, line);
  }
  return line;
}

std::string judge_certificate(std::span<const std::string_view> words) {
  const bool is_left_to_exim = words.size() == 3 && words[2] == "alias=checked";
  const bool is_ours = words.size() == 2 || (words.size() == 3 && words[2] == "alias=no");
  if (!is_left_to_exim && !is_ours) {
    return "MTA-STS bad-argument: mta_sts_cert takes {MXHOST}{SAN dNSNames}{alias=checked or alias=no}";
  }
  return certificate_fault(words[0], words[1],
                           is_ours ? NameCheck::of_host : NameCheck::of_mx_record_by_exim);
}

void tell(const std::string& socket_path, const outcome::SessionOutcome& outcome) {
  const int error = send_datagram(socket_path, outcome::render_datagram(outcome));
  if (error == 0 || count_lost(socket_path) || has_logged_loss || log_write == nullptr) {
    return;
  }
  has_logged_loss = true;
  log_write(0, log_main, "MTA-STS outcomes-untold: what a session came to cannot be told to %s: %s",
            text::escape_for_display(socket_path, domain_limit_bytes).c_str(), std::strerror(error));
}

// Nothing that is told here changes a delivery, so there is never a text: Exim would take it for a veto.
std::string take_event(std::span<const std::string_view> words) {
  if (words.empty() || !words[0].starts_with("socket=/")) {
    return {};
  }
  const auto event = parse_transport_event(words.subspan(1));
  if (!event) {
    return {};
  }
  if (watch == nullptr) {
    watch = new SessionWatch;
  }
  const auto outcome = watch->take(*event);
  if (outcome && (!event->needs_record || !outcome->record.empty())) {
    tell(std::string(words[0].substr(words[0].find('/'))), *outcome);
  }
  return {};
}

// The whole body of each function: `judge` of the arguments, or `on_throw` where memory ran out.
template <typename Judge>
int answer_with(unsigned char** yield, int argc, unsigned char** argv, std::string_view on_throw,
                Judge judge) noexcept {
  const int status = guarded(-1, [&] { return return_text(yield, judge(to_views(argc, argv))); });
  return status == status_ok ? status : return_text(yield, on_throw);
}

}  // namespace
}  // namespace mta_sts::exim

int mta_sts_verdict(unsigned char** yield, int argc, unsigned char** argv) noexcept {
  return mta_sts::exim::answer_with(yield, argc, argv, "mode=temp reason=internal-error source=none",
                                    mta_sts::exim::find_verdict);
}

int mta_sts_cert(unsigned char** yield, int argc, unsigned char** argv) noexcept {
  return mta_sts::exim::answer_with(yield, argc, argv, "MTA-STS internal-error: see the host's memory",
                                    mta_sts::exim::judge_certificate);
}

int mta_sts_event(unsigned char** yield, int argc, unsigned char** argv) noexcept {
  return mta_sts::exim::answer_with(yield, argc, argv, "", mta_sts::exim::take_event);
}
