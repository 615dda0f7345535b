#include "sender/dns/dns_reader.hpp"

#include <iterator>

#include "base/ascii.hpp"
#include "base/domain_name.hpp"

namespace mta_sts::sender::dns {
namespace {

constexpr std::size_t wire_name_limit = 255;
constexpr std::size_t pointer_limit = 32;

}  // namespace

std::string Reader::name() {
  std::string labels;
  std::size_t back = 0;  // where reading goes on behind the first pointer
  std::size_t lowest = at_;
  for (std::size_t pointers = 0; !failed_;) {
    const std::uint8_t length = byte();
    if (length == 0) {
      break;
    }
    if ((length & 0xC0U) == 0xC0U) {
      const std::size_t target = (length & 0x3FU) << 8U | byte();
      back = pointers == 0 ? at_ : back;
      failed_ = failed_ || ++pointers > pointer_limit || target >= lowest;
      lowest = target;
      at_ = target;
      continue;
    }
    const auto label = take(length);
    failed_ = failed_ || length > label_limit_bytes || labels.size() + length + 2 > wire_name_limit;
    if (!failed_) {
      labels += static_cast<char>(length);
      std::ranges::transform(label, std::back_inserter(labels),
                             [](std::uint8_t c) { return ascii::to_lower(static_cast<char>(c)); });
    }
  }
  at_ = back != 0 ? back : at_;
  return failed_ ? std::string() : labels;
}

std::optional<std::string> to_labels(std::string_view name) {
  std::string labels;
  for (std::size_t begin = 0; begin < name.size();) {
    const std::size_t end = std::min(name.find('.', begin), name.size());
    const std::size_t length = end - begin;
    if (length == 0 || length > label_limit_bytes) {
      return std::nullopt;
    }
    labels += static_cast<char>(length);
    labels += ascii::to_lower(name.substr(begin, length));
    begin = end + 1;
  }
  return labels.empty() || labels.size() >= wire_name_limit ? std::nullopt : std::optional(labels);
}

std::string to_text(std::string_view labels) {
  std::string text;
  for (std::size_t at = 0; at < labels.size();) {
    const auto length = static_cast<unsigned char>(labels[at]);
    for (const char c : labels.substr(at + 1, length)) {
      if (ascii::is_alnum(c) || c == '-' || c == '_' || c == '*') {
        text += c;
      } else {
        const auto byte = static_cast<unsigned char>(c);
        text += {'\\', static_cast<char>('0' + byte / 100), static_cast<char>('0' + byte / 10 % 10),
                 static_cast<char>('0' + byte % 10)};
      }
    }
    at += 1U + length;
    if (at < labels.size()) {
      text += '.';
    }
  }
  return text;
}

}  // namespace mta_sts::sender::dns
