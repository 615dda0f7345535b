#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mta_sts::check {

/// One directive as it stands in a web server's configuration.
struct LocalDirective {
  std::string source;  ///< file and line
  std::vector<std::string> words;
};

/// Finds the `mta_sts …;` directives in what `nginx -T` prints. Comments and quotes are read as nginx does.
[[nodiscard]] std::vector<LocalDirective> find_nginx_directives(std::string_view dump);

/// Finds the `MtaSts …` lines of one httpd configuration file; lines joined by a backslash are one.
[[nodiscard]] std::vector<LocalDirective> find_apache_directives(std::string_view text,
                                                                 const std::string& path);

/// Gives the files that `apachectl -t -D DUMP_INCLUDES` names.
[[nodiscard]] std::vector<std::string> find_apache_files(std::string_view dump);

}  // namespace mta_sts::check
