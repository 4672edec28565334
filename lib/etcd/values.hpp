// What etcd keeps: keys with their values, revisions and leases.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace ferrotunnel::etcd {

/// A number that each change of the whole store raises.
using Revision = std::int64_t;
using LeaseId = std::int64_t;

/// Of each answer.
struct Header {
    std::uint64_t cluster = 0;  // which etcd
    std::uint64_t member = 0;   // which of its members has answered
    Revision revision = 0;      // of the store; an answer of a lagging member can have an old one
};

struct KeyValue {
    std::string key{};
    std::string value{};
    Revision created = 0;
    Revision modified = 0;
    std::int64_t version = 0;  // changes since it was created
    LeaseId lease = 0;         // 0: none
    bool is_cut = false;       // its value was longer than limits::value_max, and is left out
};

/// Keys from `key` up to `end`, which is not included; only `key` if `end` is empty.
struct KeyRange {
    std::string key{};
    std::string end{};

    bool contains(std::string_view one) const noexcept { return end.empty() ? one == key : one >= key && one < end; }
};

/// All keys that begin so. `prefix` is not empty, and its last byte is not 255.
inline KeyRange range_of_prefix(std::string prefix) {
    std::string end = prefix;
    end.back() = static_cast<char>(static_cast<unsigned char>(end.back()) + 1);
    return {std::move(prefix), std::move(end)};
}

}  // namespace ferrotunnel::etcd
