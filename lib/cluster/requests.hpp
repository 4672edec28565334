// Requests to homes that have not been answered yet.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "cluster/claim.hpp"
#include "cluster/effects.hpp"
#include "cluster/limits.hpp"
#include "cluster/message.hpp"

namespace ferrotunnel::cluster {

/// One request for each name and owner, however many claims wait for it. It stays until it is answered or its home's
/// link is lost, also if no claim waits any more: the answer may be a grant that has to be given back.
class Requests {
public:
    struct Request {
        RequestId id = 0;
        Name name;
        Owner owner;
        std::uint64_t terms = 0;
        MemberIndex home = 0;         // that was asked
        std::vector<ClaimId> claims;  // that wait
        TimePoint deadline = never;   // for them
        bool confirms = false;        // it was made for a provisional claim
        bool is_cancelled = false;
        bool is_overtaken = false;  // its home was told that the claim has ended, perhaps after it had granted this
        bool is_at_store = false;   // its home has granted it
        TimePoint reserved_until = TimePoint::min();  // of the name for the owner's token, when the home was asked
    };

    Request& add(Request request);
    Request* find(RequestId id);
    Request* find(const Name& name, const Owner& owner);
    std::optional<Request> take(RequestId id);
    /// All that wait for this home, in the order in which they were made; not those that it has granted.
    std::vector<Request> take_all(MemberIndex home);
    void set_deadline(Request& request, TimePoint deadline);

    std::size_t count(MemberIndex home) const noexcept { return counts_[home]; }
    std::size_t confirming(MemberIndex home) const noexcept { return confirming_[home]; }
    std::size_t size() const noexcept { return requests_.size(); }
    TimePoint next_deadline() const noexcept { return deadlines_.empty() ? never : deadlines_.begin()->first; }
    /// The request with the earliest deadline, if that has passed.
    Request* due(TimePoint now);

private:
    std::map<RequestId, Request> requests_;
    std::map<std::pair<Name, Owner>, RequestId> ids_;
    std::set<std::pair<TimePoint, RequestId>> deadlines_;
    std::array<std::size_t, limits::member_slots> counts_{};
    std::array<std::size_t, limits::member_slots> confirming_{};
    RequestId last_ = 0;
};

}  // namespace ferrotunnel::cluster
