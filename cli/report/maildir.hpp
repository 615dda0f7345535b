#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace mta_sts::cli {

/// Tells whether a folder, and no link to one, has a folder of this name.
[[nodiscard]] bool has_folder(const std::filesystem::path& path, const char* name);

/// Tells whether a folder holds mails as Maildir does: in new, with cur or tmp beside it.
[[nodiscard]] bool is_maildir(const std::filesystem::path& path);

/// The part of a Maildir file's name that it keeps: what is behind ":2," tells flags.
[[nodiscard]] std::string_view kept_name(std::string_view path);

/// Finds a mail again that its user's program has moved from new to cur, or given other flags, meanwhile.
[[nodiscard]] std::optional<std::string> moved_mail(const std::string& path);

}  // namespace mta_sts::cli
