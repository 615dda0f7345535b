#include "check/local_directives.hpp"

#include <algorithm>

#include "base/ascii.hpp"

namespace mta_sts::check {
namespace {

constexpr std::string_view file_mark = "# configuration file ";

bool ends_word(char c) {
  return ascii::is_blank(c) || c == '\n' || c == '\r';
}

// Reads nginx's grammar of words, statements and comments, no more: blocks are only passed through.
class NginxReader {
 public:
  explicit NginxReader(std::string_view dump) : dump_(dump) {}

  std::vector<LocalDirective> read() {
    while (at_ < dump_.size()) {
      step();
    }
    return std::move(found_);
  }

 private:
  void step() {
    const char c = dump_[at_];
    if (c == '#') {
      read_comment();
    } else if (c == ';') {
      end_statement(true);
      ++at_;
    } else if (c == '{' || c == '}') {
      end_statement(false);
      ++at_;
    } else if (ends_word(c)) {
      line_ += c == '\n' ? 1 : 0;
      ++at_;
    } else {
      read_word();
    }
  }

  void read_comment() {
    const std::size_t end = std::min(dump_.find('\n', at_), dump_.size());
    const std::string_view comment = dump_.substr(at_, end - at_);
    if (comment.starts_with(file_mark) && comment.ends_with(':')) {
      file_ = comment.substr(file_mark.size(), comment.size() - file_mark.size() - 1);
      line_ = 0;  // the line end behind it makes it 1
    }
    at_ = end;
  }

  void read_word() {
    if (words_.empty()) {
      statement_line_ = line_;
    }
    const char quote = dump_[at_] == '"' || dump_[at_] == '\'' ? dump_[at_] : '\0';
    at_ += quote == '\0' ? 0 : 1;
    std::string word;
    for (; at_ < dump_.size(); ++at_) {
      const char c = dump_[at_];
      const bool is_end = quote != '\0' ? c == quote : ends_word(c) || c == ';' || c == '{';
      if (is_end) {
        break;
      }
      line_ += c == '\n' ? 1 : 0;
      if (c == '\\' && at_ + 1 < dump_.size()) {
        word += dump_[++at_];
      } else {
        word += c;
      }
    }
    at_ += quote != '\0' && at_ < dump_.size() ? 1 : 0;
    words_.push_back(std::move(word));
  }

  void end_statement(bool is_simple) {
    if (is_simple && !words_.empty() && words_.front() == "mta_sts") {
      found_.push_back({.source = file_ + ":" + std::to_string(statement_line_),
                        .words = {words_.begin() + 1, words_.end()}});
    }
    words_.clear();
  }

  std::string_view dump_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
  std::size_t statement_line_ = 1;
  std::string file_ = "nginx";
  std::vector<std::string> words_;
  std::vector<LocalDirective> found_;
};

// httpd's ap_getword_conf: words in blanks, or in quotes with backslashes before quotes.
std::vector<std::string> apache_words(std::string_view line) {
  std::vector<std::string> words;
  for (std::size_t at = 0; at < line.size();) {
    if (ascii::is_blank(line[at])) {
      ++at;
      continue;
    }
    const char quote = line[at] == '"' || line[at] == '\'' ? line[at] : '\0';
    at += quote == '\0' ? 0 : 1;
    std::string word;
    while (at < line.size() && (quote != '\0' ? line[at] != quote : !ascii::is_blank(line[at]))) {
      if (quote != '\0' && line[at] == '\\' && at + 1 < line.size() && line[at + 1] == quote) {
        ++at;
      }
      word += line[at++];
    }
    at += quote == '\0' ? 0 : 1;
    words.push_back(std::move(word));
  }
  return words;
}

}  // namespace

std::vector<LocalDirective> find_nginx_directives(std::string_view dump) {
  return NginxReader(dump).read();
}

std::vector<LocalDirective> find_apache_directives(std::string_view text, const std::string& path) {
  std::vector<LocalDirective> found;
  std::size_t number = 0;
  for (std::size_t begin = 0; begin < text.size();) {
    std::string line;
    const std::size_t first = number + 1;
    for (bool goes_on = true; goes_on && begin < text.size();) {
      const std::size_t end = std::min(text.find('\n', begin), text.size());
      std::string_view part = text.substr(begin, end - begin);
      begin = end + 1;
      ++number;
      goes_on = part.ends_with('\\');
      part.remove_suffix(goes_on ? 1 : 0);
      line += part;
    }
    while (line.ends_with('\r')) {
      line.pop_back();
    }
    auto words = apache_words(line);
    if (!words.empty() && ascii::equals_ignoring_case(words.front(), "MtaSts")) {
      words.erase(words.begin());
      found.push_back({.source = path + ":" + std::to_string(first), .words = std::move(words)});
    }
  }
  return found;
}

std::vector<std::string> find_apache_files(std::string_view dump) {
  std::vector<std::string> files;
  for (std::size_t begin = 0; begin < dump.size();) {
    const std::size_t end = std::min(dump.find('\n', begin), dump.size());
    const std::string_view line = ascii::trim_blanks(dump.substr(begin, end - begin));
    const auto bracket = line.find(") ");
    if (line.starts_with('(') && bracket != std::string_view::npos) {
      files.emplace_back(line.substr(bracket + 2));
    }
    begin = end + 1;
  }
  return files;
}

}  // namespace mta_sts::check
