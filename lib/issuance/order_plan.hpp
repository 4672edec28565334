// Which CA and which ways the attempts for one name use, one after the other.
//
//     CA 1, ways a b c --b failed--> CA 1, ways a c --...--> no way is left: failed
//         \--the CA is down, limits or refuses--> CA 2, all ways --...--> no CA is left: failed
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "acme/challenge.hpp"
#include "acme/identifier.hpp"
#include "acme/problem.hpp"
#include "issuance/saved_records.hpp"
#include "issuance/settings.hpp"

namespace ferrotunnel::issuance {

/// The ways that can prove all of these names, and can work with these settings.
std::vector<acme::Way> usable_ways(const Settings& settings, const acme::Identifiers& names);

/// The same ways; those that have failed within limits::failed_way_age are last.
std::vector<acme::Way> failed_last(std::vector<acme::Way> ways, const FailedWays& failed, WallTime now);

class OrderPlan {
public:
    OrderPlan(std::vector<std::string> cas, std::vector<acme::Way> ways)
        : cas_(std::move(cas)), all_ways_(ways), ways_(std::move(ways)) {}

    /// False: everything was tried.
    bool has_next() const noexcept { return at_ < cas_.size() && !ways_.empty(); }
    const std::string& ca() const noexcept { return cas_[at_]; }
    const std::vector<acme::Way>& ways() const noexcept { return ways_; }
    /// This way does not work for the name.
    void remove(acme::Way way);
    /// After a failure. `way`: the one that was tried.
    void failed(const acme::Problem& problem, std::optional<acme::Way> way);
    void next_ca();

private:
    std::vector<std::string> cas_;
    std::vector<acme::Way> all_ways_;
    std::vector<acme::Way> ways_;
    std::size_t at_ = 0;
};

}  // namespace ferrotunnel::issuance
