// The state of names and accounts, for people.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "acme/issued_chain.hpp"

namespace ferrotunnel::issuance {

using acme::WallTime;

struct NameStatus {
    enum class State : std::uint8_t {
        valid,     // a certificate, and nothing to do before `next`
        ordering,  // an order runs
        waiting,   // a failure is repeated at `next`
        optional,  // no certificate, and none is needed: `problem` has what it takes
    };

    std::string name{};
    State state = State::waiting;
    std::string certificate_authority{};  // host of the directory, of the present certificate
    std::string way{};
    std::optional<WallTime> not_after{};
    std::optional<WallTime> next{};  // renewal or retry
    unsigned failures = 0;           // in a row
    std::uint64_t attempts = 0;      // orders that have ended since the start, whatever their end
    std::string problem{};           // of the last failure; empty after a success
    /// In a cluster: the member that orders it now, or has ordered it.
    std::string member{};
    bool is_at_staging = false;  // the next order goes to the staging directory
};

/// Whether operators have to act.
inline bool has_problem(const NameStatus& name) noexcept {
    return !name.problem.empty() && name.state != NameStatus::State::optional;
}

/// A TXT record for DNS-PERSIST-01.
struct PersistRecord {
    std::string name{};
    std::string value{};
    /// Whether DNS has it: empty if it was not looked up, or could not be.
    std::optional<bool> is_present{};
    std::string problem{};  // why it could not be looked up
    /// If DNS does not have it: other values there, at most limits::values_shown_max; printable.
    std::vector<std::string> others{};
};

struct AccountStatus {
    std::string directory{};
    std::string url{};  // empty: not registered yet
};

struct Status {
    std::vector<NameStatus> names{};  // at most limits::names_max
    std::vector<AccountStatus> accounts{};
    std::uint64_t orders = 0;    // placed since the start
    std::uint64_t failures = 0;  // of orders
};

}  // namespace ferrotunnel::issuance
