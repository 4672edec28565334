// Visitors with most of a service's traffic: the "space saving" algorithm of Metwally, Agrawal and El Abbadi, in a
// table of fixed size. A visitor without a place in a full table replaces the one with least, and inherits its weight:
// so a visitor with more than a sixteenth of all traffic always has a place, and the shown numbers, which count only
// since the visitor has its place, are never too high.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/mutex.hpp"
#include "metrics/limits.hpp"
#include "net/ip_address.hpp"

namespace ferrotunnel::metrics {

/// Counters of a visitor.
struct TopVisitor {
    net::Address from;  // without port; for IPv6 the /64, the rest zero
    std::uint64_t visits = 0;
    std::uint64_t bytes = 0;

    /// The rank: many small requests are traffic, too.
    std::uint64_t weight() const noexcept { return bytes + visits * limits::visit_as_bytes; }
};

/// Thread-safe; usually one counts, and others read occasionally.
class TopVisitors {
public:
    /// Adds `visits` and `bytes` to the totals of `from`; either may be 0. Time and memory do not depend on the number
    /// of visitors. An address without a family is ignored.
    void count(const net::Address& from, std::uint64_t visits, std::uint64_t bytes) noexcept;
    /// Adds its visitors to `all`, which has each visitor once.
    void add_to(std::vector<TopVisitor>& all) const;

private:
    struct Place {
        TopVisitor visitor;
        std::uint64_t inherited = 0;  // the weight of the previous visitor in this place
    };

    mutable Mutex mutex_;
    std::size_t used_ GUARDED_BY(mutex_) = 0;
    std::array<Place, limits::top_visitors_max> places_ GUARDED_BY(mutex_){};  // a counted visitor moves to the front
};

/// The visitors with most traffic, heaviest first, at most `limits::top_visitors_shown`.
std::vector<TopVisitor> heaviest_of(std::vector<TopVisitor> all);

}  // namespace ferrotunnel::metrics
