// How many orders may be placed: per token and day, per CA in three hours, and for new names of clients per parent
// domain and week.
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

/// An order that is about to be placed.
struct PlannedOrder {
    std::string_view token{};   // whose client has registered the name; empty: the operator's own name
    std::string_view ca{};      // any text that identifies the CA
    std::string_view parent{};  // of a client's name: the domain above it; empty: not counted by domain
    bool is_new = true;         // the name has no certificate of this CA: not a renewal
};

/// At most limits::budget_keys_max tokens, CAs and domains; one more waits until the orders of another have expired.
class Budget {
public:
    /// `per_token` in 24 hours; `per_ca` in 3 hours.
    Budget(std::size_t per_token, std::size_t per_ca) noexcept;

    void set_per_token(std::size_t per_token) noexcept { per_token_ = per_token; }
    /// Counts an order. If it is beyond a budget, nothing is counted, and the result is when there will be room.
    /// Renewals and the operator's names have only the CA's budget, of which clients' new names leave them a fifth.
    std::optional<WallTime> take(const PlannedOrder& order, WallTime now);
    std::optional<WallTime> take(std::string_view token, std::string_view ca, WallTime now) {
        return take(PlannedOrder{token, ca, {}, true}, now);
    }
    /// Counts a certificate for a new name of a client: limits::names_per_parent in 7 days at each CA. Failed orders do
    /// not count for the domain.
    void issued(std::string_view ca, std::string_view parent, WallTime now);
    /// Both ways as JSON, for the store. Anything unreadable is an empty budget.
    std::string to_json() const;
    void from_json(std::string_view text, WallTime now);

private:
    using Times = std::deque<WallTime>;

    std::size_t per_token_;
    const std::size_t per_ca_;
    std::map<std::string, Times, std::less<>> tokens_;
    std::map<std::string, Times, std::less<>> cas_;
    std::map<std::string, Times, std::less<>> parents_;  // by parent_key()
};

}  // namespace ferrotunnel::acme
