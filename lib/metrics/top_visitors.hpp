// The visitors who make most of a service's traffic, of however many there are: the "space saving" algorithm of
// Metwally, Agrawal and El Abbadi, in a table of fixed size. Whoever has no place in a full table takes that of the one
// with least, and its weight too: so a visitor with more than a sixteenth of all traffic always has a place, and what
// is shown of a visitor was counted of it alone since it has its place, which is never too much.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/mutex.hpp"
#include "metrics/limits.hpp"
#include "net/ip_address.hpp"

namespace ferrotunnel::metrics {

/// What a visitor has had.
struct TopVisitor {
    net::Address from;  // without port; of IPv6 the /64, the rest of it zero
    std::uint64_t visits = 0;
    std::uint64_t bytes = 0;

    /// What it is ranked by: many small requests are traffic, too.
    std::uint64_t weight() const noexcept { return bytes + visits * limits::visit_as_bytes; }
};

/// Any thread; as a rule one counts, and others read now and then.
class TopVisitors {
public:
    /// Counts visits that have begun, or bytes of one that is over. The work is the same however many visitors there
    /// are, and there is no memory for more than it has. Without a family it is nobody's.
    void count(const net::Address& from, std::uint64_t visits, std::uint64_t bytes) noexcept;
    /// Adds what it has to `all`, where each visitor is once.
    void add_to(std::vector<TopVisitor>& all) const;

private:
    struct Place {
        TopVisitor visitor;
        std::uint64_t inherited = 0;  // the weight of the one that had the place before
    };

    mutable Mutex mutex_;
    std::size_t used_ GUARDED_BY(mutex_) = 0;
    std::array<Place, limits::top_visitors_max> places_ GUARDED_BY(mutex_){};  // whoever is counted moves to the front
};

/// Those with most, heaviest first, `limits::top_visitors_shown` at most.
std::vector<TopVisitor> heaviest_of(std::vector<TopVisitor> all);

}  // namespace ferrotunnel::metrics
