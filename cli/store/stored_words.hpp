#pragma once

#include <string_view>

#include "cli/store/opened_store.hpp"
#include "store/former_key.hpp"
#include "store/record.hpp"

namespace mta_sts::cli {

/// Stores the policy that the words of the command line make for a domain or profile, and prints what
/// changed. Everything that is wrong is told; the exit code says so.
[[nodiscard]] ExitCode store_words(Output& output, const StoreOptions& options, store::Owner owner,
                                   std::string_view name);

/// The same of a record.
[[nodiscard]] ExitCode store_record(Output& output, const StoreOptions& options, store::Owner owner,
                                    std::string_view name, const store::RecordView& record);

}  // namespace mta_sts::cli
