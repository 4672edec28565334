// schedule.json: failures of names and the budget of orders, which all processes with the store share.
//
//     each change: lock -> read -> the file's budget is the budget -> change it -> put our failures in -> write ->
//     unlock
//
// The file is what counts, so no process forgets what another one has written. Of the failures only those are put in,
// or removed, that have changed here since the last time.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "acme/budget.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"
#include "issuance/limits.hpp"
#include "issuance/name_lock.hpp"
#include "issuance/store.hpp"

namespace ferrotunnel::issuance {

/// One thread. Blocks on the disk, and for at most `lock_time` on another process.
class Schedule {
public:
    struct Needs {
        const Store& store;
        std::function<Failures(WallTime now)> failures;  // of this process's names
    };

    Schedule(Needs needs, std::size_t orders_per_token, Duration lock_time = limits::schedule_lock_time)
        : needs_(std::move(needs)), budget_(orders_per_token, limits::orders_per_ca), lock_time_(lock_time) {}

    void set_per_token(std::size_t orders) noexcept { budget_.set_per_token(orders); }
    /// The failures of all names, at the start. `fault`: why the file cannot be used.
    Failures load(WallTime now, std::string& fault);
    /// As acme::Budget::take(), for all processes; a counted order is saved. The error: nothing could be saved.
    Result<std::optional<WallTime>, std::string> take(const acme::PlannedOrder& order, WallTime now);
    /// As acme::Budget::issued(). Returns what is wrong, or nothing.
    std::string issued(std::string_view ca, std::string_view parent, WallTime now);
    /// Saves the failures. Returns what is wrong, or nothing.
    std::string save(WallTime now);

private:
    std::string update(WallTime now, const std::function<bool()>& change);
    std::string acquire(NameLock& lock) const;
    void put_in(Failures& names, const Failures& ours) const;

    const Needs needs_;
    acme::Budget budget_;
    const Duration lock_time_;
    Failures written_{};  // ours, as they were when the file was read or written last
};

}  // namespace ferrotunnel::issuance
