#include "check/markup.hpp"

#include "html/page.hpp"

namespace mta_sts::check::markup {
namespace {

constexpr std::size_t shown_bytes = 600;

}  // namespace

std::string escaped(std::string_view foreign) {
  return html::escape(foreign, shown_bytes);
}

std::string element(std::string_view name, std::string_view kind, const std::string& inner) {
  const std::string tag(name);
  return "<" + tag + (kind.empty() ? "" : " class=\"" + std::string(kind) + "\"") + ">" + inner + "</" + tag +
         ">";
}

std::string described(std::string_view term, const std::string& inner) {
  return inner.empty() ? "" : "<dt>" + std::string(term) + "</dt><dd>" + inner + "</dd>\n";
}

std::string code(const std::string& inner) {
  return inner.empty() ? "" : "<code>" + inner + "</code>";
}

std::string table(std::initializer_list<std::string_view> columns, const std::string& rows) {
  std::string out = "<div class=\"scroll\"><table class=\"stack\"><thead><tr>";
  for (const std::string_view column : columns) {
    out += element("th", "", escaped(column));
  }
  return out + "</tr></thead><tbody>\n" + rows + "</tbody></table></div>\n";
}

}  // namespace mta_sts::check::markup
