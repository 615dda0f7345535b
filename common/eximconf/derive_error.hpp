#pragma once

#include <string>

namespace mta_sts::eximconf {

/// Why no blocks can be made: a word of docs/errors.md, what is wrong, and how to fix it.
struct DeriveError {
  std::string word;
  std::string text;
  std::string fix;
};

}  // namespace mta_sts::eximconf
