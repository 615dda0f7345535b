#include "errors/sections.hpp"

namespace mta_sts::errors {
namespace {

constexpr ErrorEntry sync_entries[] = {
    {"database-refused",
     "the database cannot or may not do what is asked of it: the table is missing or another, the role lacks "
     "a "
     "right, or the server is older than PostgreSQL 13",
     "load mta-sts-store.sql into the database that `--from` names, and grant mta_sts_node to its role"},
    {"database-standby", "the server is a standby, which tells of no changes; it is tried again",
     "name the primary server, or all servers with target_session_attrs=primary"},
    {"database-unreachable",
     "the database cannot be reached, ended the connection, or was silent too long; the store stays as it "
     "is, "
     "and it is tried again",
     "see the message: the server, its certificate, the password file, or the network between"},
    {"removals-refused",
     "the table has no domain at all, or came to lack more than 100 domains and more than a tenth of what "
     "the "
     "store has within an hour, so that they were not withdrawn; all other changes were stored",
     "look whether the table is the right one, and whole; if so, run `mta-sts store sync --once "
     "--allow-removals`"},
    {"row-differs", "a row is to be stored, or a name withdrawn or removed (a line for debugging)", "nothing",
     nobody},
    {"rows-refused", "so many rows cannot be stored; the first of them are named in the lines before",
     "correct these rows; until then the store keeps what it has for their names", user},
    {"table-changed", "what changed in the table is stored", "nothing", nobody},
    {"table-compared", "all rows were compared with the store", "nothing", nobody},
};

}  // namespace

const ErrorSection store_sync{
    "A store kept equal to a table",
    "In `mta-sts store sync`, beside the words of the store. A row that is refused has the word of a policy, "
    "a "
    "domain name or the store. With `--once` the exit code is 1 where rows or removals are refused, 3 for "
    "`database-unreachable`, and 2 for the other two of the database.",
    sync_entries};

}  // namespace mta_sts::errors
