#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace mta_sts::cli {

/// Tells whether a folder, and no link to one, has a folder of this name.
[[nodiscard]] bool has_folder(const std::filesystem::path& path, const char* name);

/// Tells whether a folder is laid out as a Maildir or a spool: it has new, and cur or tmp beside it.
[[nodiscard]] bool is_maildir(const std::filesystem::path& path);

/// Tells whether a folder has files in new or cur: a Maildir too, though a copy of one drops empty folders.
[[nodiscard]] bool has_mails(const std::filesystem::path& path);

/// Tells whether a name is of a file or folder that mail servers keep beside mails.
[[nodiscard]] bool is_of_mail_program(std::string_view name);

/// Tells whether two paths that were listed are of one mail, which moved from the first to the second
/// meanwhile. Two files of the same name that are both there are two mails.
[[nodiscard]] bool has_moved(const std::string& first, const std::string& second);

/// The part of a Maildir file's name that it keeps: what is behind ":2," tells flags.
[[nodiscard]] std::string_view kept_name(std::string_view path);

/// Finds a mail again that its user's program has moved from new to cur, or given other flags, meanwhile.
[[nodiscard]] std::optional<std::string> moved_mail(const std::string& path);

}  // namespace mta_sts::cli
