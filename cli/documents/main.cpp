// Writes what is made from the declarations of the options. It is not installed.

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>

#include "cli/documents/completion.hpp"
#include "cli/documents/manual.hpp"
#include "cli/program.hpp"

namespace mta_sts::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* self = "mta-sts-documents";

bool write(const fs::path& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (!file) {
    std::fprintf(stderr, "%s: cannot write %s\n", self, path.c_str());
  }
  return bool(file);
}

bool write_manual(const CommandText& program, const fs::path& texts, const fs::path& folder) {
  bool is_good = true;
  for (const fs::directory_entry& entry : fs::directory_iterator(texts)) {
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const std::string name = entry.path().filename();
    if (const auto page = render_manual(program, name, text); page) {
      is_good = write(folder / name, *page) && is_good;
    } else {
      std::fprintf(stderr, "%s: %s\n", self, page.error().detail.c_str());
      is_good = false;
    }
  }
  return is_good;
}

int run(std::span<char*> words) {
  Session session;
  CommandLine line(program_description, program_name);
  declare_program(line, session);
  const CommandText program = line.text();
  const std::string what = words.size() > 1 ? words[1] : "";
  if (what == "manual" && words.size() == 4) {
    return write_manual(program, words[2], words[3]) ? 0 : 1;
  }
  if (what == "completion" && words.size() == 3) {
    const fs::path folder = words[2];
    const bool is_good = write(folder / "mta-sts.bash", render_bash_completion(program)) &&
                         write(folder / "_mta-sts", render_zsh_completion(program)) &&
                         write(folder / "mta-sts.fish", render_fish_completion(program));
    return is_good ? 0 : 1;
  }
  std::fputs("usage: mta-sts-documents manual TEXTS FOLDER | completion FOLDER\n", stderr);
  return 2;
}

}  // namespace
}  // namespace mta_sts::cli

int main(int argc, char** argv) {
  try {
    return mta_sts::cli::run({argv, static_cast<std::size_t>(argc)});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n", mta_sts::cli::self, error.what());
  }
  return 1;
}
