// CAs that are not asked for a while, for any name, since they are down or have refused.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>

#include "acme/problem.hpp"
#include "base/random.hpp"

namespace ferrotunnel::issuance {

/// One thread.
class CaHolds {
public:
    using WallTime = std::chrono::system_clock::time_point;

    explicit CaHolds(Random& random) : random_(random) {}

    /// Until when this CA is not asked; empty: it may be.
    std::optional<WallTime> held_until(const std::string& directory_url, WallTime now) const;
    /// The problem of the last hold.
    std::string problem(const std::string& directory_url) const;
    /// An order has failed. Only problems of the CA, or of the account, hold it.
    void failed(const std::string& directory_url, const acme::Problem& problem, WallTime now);
    /// The CA has answered as it should.
    void worked(const std::string& directory_url) { holds_.erase(directory_url); }

    void clear() noexcept { holds_.clear(); }

private:
    struct Hold {
        unsigned failures = 0;
        WallTime until{};
        std::string problem{};
    };

    Random& random_;
    std::map<std::string, Hold> holds_;
};

}  // namespace ferrotunnel::issuance
