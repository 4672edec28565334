// AnnouncedMember: keeps this member's key in etcd, with its value and under a lease of its own. Sans-IO.
//
//   start() --> lease --granted--> put --> there --lease lost, key gone--> put again
//
// The key ends with the lease, 10 s after the process. Two processes of one member, in an upgrade, write the same key:
// it has the lease of the later one, so that the end of the earlier one does not delete it.
#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <string>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "etcd_store/calls.hpp"
#include "etcd_store/lease_keeper.hpp"

namespace ferrotunnel::etcd_store {

/// Its owner calls tick() at next_deadline(), which each call and each answer can change.
class AnnouncedMember {
public:
    /// `changed`: problem() may have changed. `lost`: etcd has lost the lease, so it may be another one.
    struct Handlers {
        std::function<void()> changed;
        std::function<void()> lost;
    };
    AnnouncedMember(Calls& calls, Random& random, std::string key, std::string value, Handlers handlers);
    AnnouncedMember(const AnnouncedMember&) = delete;
    AnnouncedMember& operator=(const AnnouncedMember&) = delete;

    void start() { lease_.start(); }
    /// The key is not in etcd.
    void key_is_gone();
    /// Deletes the key, unless another process has written it, and writes it no more. Once: if it fails, the lease ends
    /// it.
    void withdraw();
    TimePoint next_deadline() const noexcept { return std::min(put_at_, lease_.next_deadline()); }
    void tick();

    /// Why the key is perhaps not in etcd, for people; empty: it is.
    std::string problem() const;

private:
    void put();
    void answered(etcd::LeaseId lease, const Result<etcd::TransactionAnswer, etcd::Fault>& answer);
    void lease_lost();
    void lease_changed();

    Calls& calls_;
    Random& random_;
    const std::string key_;
    const std::string value_;
    const Handlers handlers_;
    LeaseKeeper lease_;
    bool is_there_ = false;
    bool is_withdrawn_ = false;
    bool is_putting_ = false;  // a call is on its way
    TimePoint put_at_ = never;
    std::string problem_ = "it has not answered yet";
};

}  // namespace ferrotunnel::etcd_store
