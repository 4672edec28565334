// How many orders may be placed: per token and day, and per CA in three hours.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "acme/issued_chain.hpp"

namespace ferrotunnel::acme {

/// At most limits of keys; the oldest are forgotten first, which only happens to keys whose orders have expired.
class Budget {
public:
    /// `per_token` in 24 hours; `per_ca` in 3 hours.
    Budget(std::size_t per_token, std::size_t per_ca) noexcept;

    void set_per_token(std::size_t per_token) noexcept { per_token_ = per_token; }
    /// Counts an order. If it is beyond a budget, nothing is counted, and the result is when there will be room. An
    /// empty `token` is the operator, who has only the CA's budget.
    std::optional<WallTime> take(std::string_view token, std::string_view ca, WallTime now);
    /// Both ways as JSON, for the store. Anything unreadable is an empty budget.
    std::string to_json() const;
    void from_json(std::string_view text, WallTime now);

private:
    using Times = std::deque<WallTime>;

    std::size_t per_token_;
    const std::size_t per_ca_;
    std::map<std::string, Times, std::less<>> tokens_;
    std::map<std::string, Times, std::less<>> cas_;
};

}  // namespace ferrotunnel::acme
