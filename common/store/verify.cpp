#include "store/verify.hpp"

#include <utility>

#include "base/domain_name.hpp"
#include "base/utf8.hpp"
#include "policy/parse_policy.hpp"
#include "publish/published_policy.hpp"
#include "store/contents.hpp"
#include "store/former_key.hpp"
#include "store/profile_name.hpp"
#include "store/tree_check.hpp"

namespace mta_sts::store {
namespace {

class Verifier {
 public:
  explicit Verifier(const SnapshotView& snapshot)
      : snapshot_(snapshot), trees_(snapshot.pages, [this](const PageFault& fault) {
          tell("page " + std::to_string(fault.page) + " " + fault.what);
        }) {}

  Verification run() {
    const auto pass_over = [](std::string_view, std::string_view) { return true; };
    trees_.check(snapshot_.head.trees[1], TreeKind::names, pass_over);
    trees_.check(snapshot_.about, TreeKind::records, pass_over);
    trees_.check(snapshot_.domains, TreeKind::records, [this](std::string_view key, std::string_view value) {
      ++found_.domains;
      check_owner(Owner::domain, key, value);
      return true;
    });
    trees_.check(snapshot_.profiles, TreeKind::records, [this](std::string_view key, std::string_view value) {
      ++found_.profiles;
      check_owner(Owner::profile, key, value);
      return true;
    });
    trees_.check(snapshot_.former, TreeKind::records, [this](std::string_view key, std::string_view value) {
      ++found_.former;
      check_former(key, value);
      return true;
    });
    trees_.check(snapshot_.aliases, TreeKind::records, [this](std::string_view key, std::string_view) {
      check_alias_note(key);
      return true;
    });
    trees_.check_free(snapshot_.head.trees[0]);
    return std::move(found_);
  }

 private:
  void tell(std::string fault) {
    ++found_.fault_count;
    if (found_.faults.size() < faults_limit) {
      found_.faults.push_back(std::move(fault));
    }
  }

  static std::string shown(std::string_view name) { return text::quote_for_display(name, 253); }

  void check_owner(Owner owner, std::string_view name, std::string_view value) {
    const bool is_name = owner == Owner::profile ? is_profile_name(name) : is_domain(name);
    if (!is_name) {
      tell("the key " + shown(name) + " is no name");
    }
    const auto record = decode_record(name, value);
    if (!record) {
      tell("the record of " + shown(name) + " is damaged");
      return;
    }
    check_record(owner, name, *record);
  }

  static bool is_domain(std::string_view name) {
    const auto domain = DomainName::parse(name);
    return domain && domain->text() == name;
  }

  void check_record(Owner owner, std::string_view name, const RecordView& record) {
    if (record.kind == RecordKind::policy) {
      check_policy(name, record);
      return;
    }
    if (owner == Owner::profile) {
      tell("the profile " + shown(name) + " has no policy");
      return;
    }
    const bool is_alias = record.kind == RecordKind::alias;
    const auto target = is_alias ? find_domain(snapshot_, record.text) : find_profile(snapshot_, record.text);
    if (target && !*target) {  // a damaged one is told of as itself
      tell(shown(name) + " leads to " + shown(record.text) + ", which is not there");
    }
    if (is_alias) {
      std::string note(record.text);
      note += '\0';
      note += name;
      const auto noted = snapshot_.pages.find(snapshot_.aliases, note);
      if (noted && !*noted) {
        tell(shown(name) + " is missing among the aliases of " + shown(record.text));
      }
    }
  }

  void check_policy(std::string_view name, const RecordView& record) {
    const auto policy = publish::publish_policy_file(record.text, record.serial);
    if (!policy) {
      tell("the policy of " + shown(name) + " is not valid: " + std::string(to_string(policy.error().code)));
    } else if (policy->id != record.id || policy->etag != record.etag || policy->body != record.text ||
               policy->mode != record.mode || policy->max_age_seconds != record.max_age_seconds) {
      tell("the record of " + shown(name) + " has another policy than its id says");
    }
  }

  void check_former(std::string_view key, std::string_view value) {
    const auto parsed = parse_former_key(key);
    if (!parsed) {
      tell("the key " + shown(key) + " of the history is none");
    } else if (!decode_former(key, parsed->name, value)) {
      tell("a former record of " + shown(parsed->name) + " is damaged");
    }
  }

  void check_alias_note(std::string_view key) {
    const std::size_t end = key.find('\0');
    const std::string_view alias = end == std::string_view::npos ? std::string_view() : key.substr(end + 1);
    const auto record = find_domain(snapshot_, alias);
    if (record &&
        (!*record || (*record)->kind != RecordKind::alias || (*record)->text != key.substr(0, end))) {
      tell(shown(alias) + " is noted as an alias, and is none");
    }
  }

  const SnapshotView& snapshot_;
  TreeCheck trees_;
  Verification found_;
};

}  // namespace

Verification verify(const SnapshotView& snapshot) {
  return Verifier(snapshot).run();
}

}  // namespace mta_sts::store
