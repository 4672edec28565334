// Requests to etcd 3.5, as POSTs to its JSON gateway.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "etcd/values.hpp"

namespace ferrotunnel::etcd {

/// What is sent: a path, and a JSON object.
struct Post {
    std::string path;
    std::string body;
};

struct Read {
    KeyRange keys{};
    std::int64_t limit = 0;  // 0: limits::keys_max
    Revision revision = 0;   // as of then; 0: now
    bool is_local =
        false;  // the member answers without asking the others, so perhaps of the past, also without a leader
    bool has_values = true;
};
struct Put {
    std::string key;
    std::string value{};
    LeaseId lease = 0;
};
struct Delete {
    KeyRange keys;
};
using Operation = std::variant<Read, Put, Delete>;

/// A condition on each key of a range. Without keys it holds as if there was one with zeros, but not for values.
struct Compare {
    enum class Target : std::uint8_t { version, created, modified, lease, value };
    enum class Result : std::uint8_t { equal, greater, less, not_equal };

    KeyRange keys{};
    Target target = Target::modified;
    Result result = Result::equal;
    std::int64_t number = 0;
    std::string value{};
};

/// Atomic. A key may be changed once. Each list has at most limits::operations_max.
struct Transaction {
    std::vector<Compare> conditions{};
    std::vector<Operation> then{};
    std::vector<Operation> otherwise{};
};

struct WatchStart {
    KeyRange keys{};
    Revision from = 0;  // the first revision whose changes are reported, greater than 0
};

Post post_of(const Read& read);
Post post_of(const Put& put);
Post post_of(const Delete& deletion);
Post post_of(const Transaction& transaction);
/// `lease`: chosen by the caller, greater than 0; a second grant is refused as Fault::Kind::lease_exists.
Post post_of_grant(LeaseId lease, std::chrono::seconds time);
Post post_of_renewal(LeaseId lease);
/// Its keys are deleted, in one revision.
Post post_of_revocation(LeaseId lease);
/// The body has the password.
Post post_of_login(const std::string& user, const std::string& password);
/// With progress, in fragments.
Post post_of(const WatchStart& start);

}  // namespace ferrotunnel::etcd
