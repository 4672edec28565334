#include "cluster/members.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/check.hpp"
#include "base/fnv.hpp"
#include "base/split_mix.hpp"
#include "cluster/label.hpp"
#include "cluster/limits.hpp"

namespace ferrotunnel::cluster {
namespace {

// These hashes are part of the protocol: members of all versions must agree on homes and digests. It is no harm that a
// client can choose names whose home is one member: it needs a right to each name, and a home's requests are bounded.
std::uint64_t hash_of(std::string_view text) noexcept {
    return split_mix(fnv1a(as_bytes(text)));
}

std::uint64_t digest_of(const std::vector<std::string>& names) noexcept {
    std::uint64_t hash = fnv_start;
    for (const std::string& name : names) {
        hash = fnv1a(as_bytes(","), fnv1a(as_bytes(name), hash));  // the comma is in no name
    }
    return split_mix(hash);
}

}  // namespace

static_assert(limits::member_name_max == ferrotunnel::limits::host_label_max);

bool is_member_name(std::string_view name) noexcept {
    return is_label(name) && name.front() != '-' && name.back() != '-';
}

Members::Members(std::vector<std::string> names, std::string_view own) : names_(std::move(names)) {
    check(!names_.empty() && names_.size() <= limits::members_max, "a cluster has 1 to members_max members");
    check(std::all_of(names_.begin(), names_.end(), is_member_name), "names of members are valid");
    std::sort(names_.begin(), names_.end());
    check(std::adjacent_find(names_.begin(), names_.end()) == names_.end(), "names of members differ");
    const auto place = std::find(names_.begin(), names_.end(), own);
    check(place != names_.end(), "the own name is in the list of members");
    own_ = static_cast<MemberIndex>(place - names_.begin());
    hashes_.reserve(names_.size());
    std::transform(names_.begin(), names_.end(), std::back_inserter(hashes_), hash_of);
    digest_ = digest_of(names_);
}

MemberIndex Members::home_of(const Name& name) const noexcept {
    const std::uint64_t root = hash_of(name.root());
    std::size_t home = 0;
    std::uint64_t highest = 0;
    for (std::size_t i = 0; i < hashes_.size(); ++i) {
        const std::uint64_t score = split_mix(hashes_[i] ^ root);
        if (score > highest) {  // of equals the first one
            highest = score;
            home = i;
        }
    }
    return static_cast<MemberIndex>(home);
}

}  // namespace ferrotunnel::cluster
