#include "html/page.hpp"

#include "base/utf8.hpp"
#include "html/style.hpp"

namespace mta_sts::html {

std::string begin_page(const PageHead& head) {
  const std::string title = escape(head.title);
  std::string page =
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-";
  page += style_hash;
  page +=
      "'; base-uri 'none'; form-action 'none'\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"referrer\" content=\"no-referrer\">\n<meta name=\"robots\" content=\"noindex\">\n<title>";
  page += title + "</title>\n<style>";
  page += style;
  page += "</style>\n</head>\n<body>\n<header>\n<h1>" + title + "</h1>\n";
  if (!head.subtitle.empty()) {
    page += "<p class=\"soft\">" + escape(head.subtitle) + "</p>\n";
  }
  return page + "</header>\n<main>\n";
}

std::string end_page(std::span<const std::string> lines) {
  std::string page = "</main>\n<footer>\n";
  for (const std::string& line : lines) {
    page += "<p>" + escape(line) + "</p>\n";
  }
  return page + "</footer>\n</body>\n</html>\n";
}

std::string escape(std::string_view text, std::size_t limit_bytes) {
  std::string out;
  for (const char c : text::escape_for_display(text, limit_bytes)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

}  // namespace mta_sts::html
