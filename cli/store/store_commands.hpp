#pragma once

#include "cli/command.hpp"

namespace mta_sts::cli {

/// The subcommands of `store`.
void add_store_set(Command store, Session& session);
void add_store_get(Command store, Session& session);
void add_store_remove(Command store, Session& session);
void add_store_list(Command store, Session& session);
void add_store_profile(Command store, Session& session);
void add_store_import(Command store, Session& session);
void add_store_export(Command store, Session& session);
void add_store_sync(Command store, Session& session);
void add_store_verify(Command store, Session& session);

}  // namespace mta_sts::cli
