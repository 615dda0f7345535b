#include "store/writer.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/utf8.hpp"
#include "store/contents.hpp"
#include "store/store_file.hpp"

namespace mta_sts::store {
namespace {

using Cursor = Handle<MDB_cursor, mdb_cursor_close>;

MDB_val to_value(std::string_view bytes) {
  return {bytes.size(), const_cast<char*>(bytes.data())};  // LMDB reads it alone
}

std::string_view to_view(const MDB_val& value) {
  return {static_cast<const char*>(value.mv_data), value.mv_size};
}

std::string alias_key(std::string_view domain, std::string_view alias) {
  std::string key(domain);
  key += '\0';
  key += alias;
  return key;
}

// LMDB gives EIO where the kernel took a part of what it wrote.
StoreError error_of_write(const std::string& path, int rc) {
  return rc == EIO
             ? error_of_file(StoreErrorCode::full, path,
                             "not all could be written: the disk is full, or fails; nothing was changed")
             : error_of_lmdb(path, rc);
}

}  // namespace

StoreWriter::Result<std::optional<std::string_view>> StoreWriter::get(MDB_dbi tree, std::string_view key) {
  if (auto looked = look_around(tree, key); !looked) {
    return std::unexpected(looked.error());
  }
  MDB_val wanted = to_value(key);
  MDB_val found{};
  const int rc = mdb_get(transaction_.get(), tree, &wanted, &found);
  if (rc == MDB_NOTFOUND) {
    return std::nullopt;
  }
  if (rc != 0) {
    return std::unexpected(error_of_lmdb(path_, rc));
  }
  return to_view(found);
}

StoreWriter::Result<std::optional<std::string>> StoreWriter::last_key(MDB_dbi tree) {
  if (auto looked = held(check_->at_end(before_.at(tree))); !looked) {
    return std::unexpected(looked.error());
  }
  MDB_cursor* opened = nullptr;
  int rc = mdb_cursor_open(transaction_.get(), tree, &opened);
  const Cursor cursor(opened);
  MDB_val key{};
  MDB_val value{};
  rc = rc == 0 ? mdb_cursor_get(opened, &key, &value, MDB_LAST) : rc;
  if (rc == MDB_NOTFOUND) {
    return std::nullopt;
  }
  if (rc != 0) {
    return std::unexpected(error_of_lmdb(path_, rc));
  }
  return std::string(to_view(key));
}

StoreWriter::Result<void> StoreWriter::write(MDB_dbi tree, std::string_view key, std::string_view value,
                                             unsigned flags) {
  if (auto looked = look_around(tree, key); !looked) {
    return looked;
  }
  MDB_val at = to_value(key);
  MDB_val put = to_value(value);
  if (const int rc = mdb_put(transaction_.get(), tree, &at, &put, flags); rc != 0) {
    return std::unexpected(error_of_write(path_, rc));
  }
  return {};
}

StoreWriter::Result<void> StoreWriter::erase(MDB_dbi tree, std::string_view key) {
  if (auto looked = look_around(tree, key); !looked) {
    return looked;
  }
  MDB_val at = to_value(key);
  if (const int rc = mdb_del(transaction_.get(), tree, &at, nullptr); rc != 0 && rc != MDB_NOTFOUND) {
    return std::unexpected(error_of_lmdb(path_, rc));
  }
  return {};
}

MDB_dbi StoreWriter::tree_of_owner(Owner owner) const {
  return owner == Owner::domain ? trees_.domains : trees_.profiles;
}

StoreError StoreWriter::damaged_at(std::string_view name) const {
  return error_of_file(StoreErrorCode::damaged, path_,
                       "what it has for " + text::quote_for_display(name, 253) +
                           " is damaged; 'mta-sts store verify' says what else is");
}

// The profile or domain that a record names must be there, and lead to a policy.
StoreWriter::Result<void> StoreWriter::check_names(Owner owner, std::string_view name,
                                                   const RecordView& record) {
  if (record.kind == RecordKind::policy ||
      (record.kind == RecordKind::profile && record.text == found_profile_)) {
    return {};
  }
  const std::string shown = text::quote_for_display(record.text, 253);
  if (record.kind == RecordKind::profile) {
    const auto found = get(trees_.profiles, record.text);
    if (!found) {
      return std::unexpected(found.error());
    }
    if (!*found) {
      return std::unexpected(
          StoreError{StoreErrorCode::no_profile,
                     "there is no profile " + shown + "; make it with 'mta-sts store profile'"});
    }
    found_profile_ = record.text;
    return {};
  }
  const auto found = get(trees_.domains, record.text);
  if (!found) {
    return std::unexpected(found.error());
  }
  if (!*found) {
    return std::unexpected(StoreError{StoreErrorCode::no_domain,
                                      "there is no domain " + shown + " to be an alias of; set it first"});
  }
  const auto target = decode_record(record.text, **found);
  if (!target) {
    return std::unexpected(damaged_at(record.text));
  }
  const auto is_named = owner == Owner::domain ? has_alias(name) : false;
  if (!is_named) {
    return std::unexpected(is_named.error());
  }
  if (target->kind == RecordKind::alias || record.text == name || *is_named) {
    return std::unexpected(
        StoreError{StoreErrorCode::alias_of_alias,
                   *is_named ? "other domains are aliases of " + text::quote_for_display(name, 253) +
                                   ", which must keep a policy"
                             : shown + " is an alias itself; name the domain that has the policy"});
  }
  return {};
}

StoreWriter::Result<bool> StoreWriter::has_alias(std::string_view domain) {
  const std::string prefix = alias_key(domain, "");
  if (auto looked = look_around(trees_.aliases, prefix); !looked) {
    return std::unexpected(looked.error());
  }
  MDB_cursor* opened = nullptr;
  int rc = mdb_cursor_open(transaction_.get(), trees_.aliases, &opened);
  const Cursor cursor(opened);
  MDB_val key = to_value(prefix);
  MDB_val value{};
  rc = rc == 0 ? mdb_cursor_get(opened, &key, &value, MDB_SET_RANGE) : rc;
  if (rc != 0 && rc != MDB_NOTFOUND) {
    return std::unexpected(error_of_lmdb(path_, rc));
  }
  return rc == 0 && to_view(key).starts_with(prefix);
}

// Looks at every domain: profiles are seldom removed, and an index would be written with every domain.
StoreWriter::Result<bool> StoreWriter::is_used_profile(std::string_view name) {
  if (auto looked = held(check_->all()); !looked) {
    return std::unexpected(looked.error());
  }
  MDB_cursor* opened = nullptr;
  int rc = mdb_cursor_open(transaction_.get(), trees_.domains, &opened);
  const Cursor cursor(opened);
  MDB_val key{};
  MDB_val value{};
  for (rc = rc == 0 ? mdb_cursor_get(opened, &key, &value, MDB_FIRST) : rc; rc == 0;
       rc = mdb_cursor_get(opened, &key, &value, MDB_NEXT)) {
    const auto record = decode_record(to_view(key), to_view(value));
    if (!record) {
      return std::unexpected(damaged_at(to_view(key)));
    }
    if (record->kind == RecordKind::profile && record->text == name) {
      return true;
    }
  }
  return rc == MDB_NOTFOUND ? Result<bool>(false) : std::unexpected(error_of_lmdb(path_, rc));
}

StoreWriter::Result<void> StoreWriter::check_unused(Owner owner, std::string_view name) {
  const auto used = owner == Owner::profile ? is_used_profile(name) : has_alias(name);
  if (!used) {
    return std::unexpected(used.error());
  }
  if (*used) {
    return std::unexpected(
        StoreError{StoreErrorCode::in_use,
                   (owner == Owner::profile ? "domains use the profile " : "other domains are aliases of ") +
                       text::quote_for_display(name, 253) + "; change these first"});
  }
  return {};
}

StoreWriter::Result<std::uint32_t> StoreWriter::next_number(Owner owner, std::string_view name) {
  const std::string beyond = former_key(owner, name, UINT32_MAX);
  if (auto looked = look_around(trees_.former, beyond); !looked) {
    return std::unexpected(looked.error());
  }
  MDB_cursor* opened = nullptr;
  int rc = mdb_cursor_open(transaction_.get(), trees_.former, &opened);
  const Cursor cursor(opened);
  MDB_val key = to_value(beyond);
  MDB_val value{};
  rc = rc == 0 ? mdb_cursor_get(opened, &key, &value, MDB_SET_RANGE) : rc;
  if (rc == 0) {
    rc = mdb_cursor_get(opened, &key, &value, MDB_PREV);
  } else if (rc == MDB_NOTFOUND) {
    rc = mdb_cursor_get(opened, &key, &value, MDB_LAST);
  }
  if (rc != 0) {
    return rc == MDB_NOTFOUND ? Result<std::uint32_t>(0U) : std::unexpected(error_of_lmdb(path_, rc));
  }
  const auto last = parse_former_key(to_view(key));
  return last && last->owner == owner && last->name == name ? last->number + 1 : 0;
}

StoreWriter::Result<void> StoreWriter::keep_former(Owner owner, std::string_view name,
                                                   std::string_view record, std::chrono::sys_seconds until) {
  const auto number = next_number(owner, name);
  if (!number) {
    return std::unexpected(number.error());
  }
  const std::string key = former_key(owner, name, *number);
  return write(trees_.former, key, encode_former(key, record, until), 0);
}

StoreWriter::Result<bool> StoreWriter::extend_former(Owner owner, std::string_view name, std::string_view id,
                                                     std::chrono::sys_seconds until) {
  const auto beyond = next_number(owner, name);
  if (!beyond) {
    return std::unexpected(beyond.error());
  }
  for (std::uint32_t number = *beyond; number > 0; --number) {
    const std::string key = former_key(owner, name, number - 1);
    const auto value = get(trees_.former, key);
    if (!value || !*value) {
      return std::unexpected(!value ? value.error() : damaged_at(name));
    }
    const auto former = decode_former(key, name, **value);
    if (!former) {
      return std::unexpected(damaged_at(name));
    }
    if (former->record.kind == RecordKind::policy && former->record.id == id) {
      const std::string record = encode_record(name, former->record);  // LMDB's own bytes move as it writes
      const auto written =
          write(trees_.former, key, encode_former(key, record, std::max(until, former->until)), 0);
      return written ? Result<bool>(true) : std::unexpected(written.error());
    }
  }
  return false;
}

StoreWriter::Result<bool> StoreWriter::begin_later(Owner owner, std::string_view name,
                                                   std::chrono::sys_seconds since) {
  const auto present = find(owner, name);
  if (!present || !*present || (*present)->kind != RecordKind::policy) {
    return present ? Result<bool>(false) : std::unexpected(present.error());
  }
  RecordView later = **present;
  later.since = std::max(since, later.since);
  const std::string bytes = encode_record(name, later);  // LMDB's own bytes move as it writes
  const auto written = write(tree_of_owner(owner), name, bytes, 0);
  return written ? Result<bool>(true) : std::unexpected(written.error());
}

StoreWriter::Result<bool> StoreWriter::put(Owner owner, std::string_view name, const RecordView& record) {
  if (auto named = check_names(owner, name, record); !named) {
    return std::unexpected(named.error());
  }
  const bool is_last = owner == Owner::domain && name > last_domain_;
  const auto present =
      is_last ? Result<std::optional<std::string_view>>(std::nullopt) : get(tree_of_owner(owner), name);
  if (!present) {
    return std::unexpected(present.error());
  }
  if (*present) {
    const std::string bytes(**present);  // LMDB's own bytes move as it writes
    const auto old = decode_record(name, bytes);
    if (old && old->serves_same_as(record)) {
      return false;
    }
    if (old) {  // what is damaged is replaced, and nothing is known of it
      if (auto kept = keep_former(owner, name, bytes, record.since); !kept) {
        return std::unexpected(kept.error());
      }
      if (old->kind == RecordKind::alias) {
        if (auto erased = erase(trees_.aliases, alias_key(old->text, name)); !erased) {
          return std::unexpected(erased.error());
        }
      }
    }
  }
  if (record.kind == RecordKind::alias) {
    if (auto noted = write(trees_.aliases, alias_key(record.text, name), "", 0); !noted) {
      return std::unexpected(noted.error());
    }
  }
  const std::string bytes = encode_record(name, record);
  if (auto written = write(tree_of_owner(owner), name, bytes, is_last ? MDB_APPEND : 0); !written) {
    return std::unexpected(written.error());
  }
  if (is_last) {
    last_domain_ = name;
  }
  return true;
}

StoreWriter::Result<std::optional<RecordView>> StoreWriter::find(Owner owner, std::string_view name) {
  const auto present = get(tree_of_owner(owner), name);
  if (!present) {
    return std::unexpected(present.error());
  }
  if (!*present) {
    return std::nullopt;
  }
  auto record = decode_record(name, **present);
  if (!record) {
    return std::unexpected(damaged_at(name));
  }
  return record;
}

StoreWriter::Result<bool> StoreWriter::remove(Owner owner, std::string_view name,
                                              std::chrono::sys_seconds now) {
  const auto present = get(tree_of_owner(owner), name);
  if (!present) {
    return std::unexpected(present.error());
  }
  if (!*present) {
    return false;
  }
  if (auto unused = check_unused(owner, name); !unused) {
    return std::unexpected(unused.error());
  }
  const std::string bytes(**present);
  if (const auto old = decode_record(name, bytes)) {
    if (auto kept = keep_former(owner, name, bytes, now); !kept) {
      return std::unexpected(kept.error());
    }
    if (old->kind == RecordKind::alias) {
      if (auto erased = erase(trees_.aliases, alias_key(old->text, name)); !erased) {
        return std::unexpected(erased.error());
      }
    }
  }
  if (auto erased = erase(tree_of_owner(owner), name); !erased) {
    return std::unexpected(erased.error());
  }
  found_profile_.clear();
  return true;
}

StoreWriter::Result<void> StoreWriter::commit() {
  if (auto in_place = check_places(); !in_place) {
    return in_place;
  }
  const int rc = mdb_txn_commit(transaction_.release());
  if (rc != 0) {
    return std::unexpected(error_of_write(path_, rc));
  }
  return {};
}

}  // namespace mta_sts::store
