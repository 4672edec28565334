// Operations on names in etcd: those of one name one after the other, those of different names at once. Sans-IO.
//
//   add() --> waiting --next()--> running --finished()--> gone
//                ^                   '--again_at()--> paused --its time--.
//                '-------------------------------------------------------'
//   again_behind(): the next operation of the name goes first
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "etcd_store/claim_keys.hpp"
#include "etcd_store/limits.hpp"

namespace ferrotunnel::etcd_store {

struct Operation {
    bool is_claim = false;
    ClaimedName claimed;
    std::uint64_t request = 0;  // of a claim, with these two (cluster::StoreClaim)
    bool is_held = false;
    bool follows = false;
    Duration reserved_for{};  // of a release
    etcd::LeaseId live = 0;   // with which the claim is put, or was
    unsigned attempts = 0;
    bool is_running = false;
};

class NameQueues {
public:
    /// A release that waits behind the same one, which has not begun, replaces it.
    void add(Operation operation) {
        std::string name = key_of(operation.claimed.name);
        std::deque<Operation>& of = names_[name];
        if (!of.empty() && is_same_release(of.back(), operation)) {
            of.back().reserved_for = operation.reserved_for;
            of.back().live = operation.live;
            return;
        }
        of.push_back(std::move(operation));
        ++size_;
        if (of.size() == 1) {
            ready_.push_back(std::move(name));
        }
    }
    /// The next one to run; null if none is ready, or limits::running_max run. It stays where it is until finished() or
    /// again_at().
    Operation* next(TimePoint now) {
        while (!paused_.empty() && paused_.begin()->first <= now) {
            ready_.push_back(std::move(paused_.extract(paused_.begin()).mapped()));
        }
        while (!ready_.empty() && running_ < limits::running_max) {
            const auto of = names_.find(ready_.front());
            ready_.pop_front();
            // What had waited may have been taken.
            if (of != names_.end() && !of->second.front().is_running) {
                ++running_;
                of->second.front().is_running = true;
                return &of->second.front();
            }
        }
        return nullptr;
    }
    /// Of this name.
    Operation& running(const cluster::Name& name) { return names_.find(key_of(name))->second.front(); }
    Operation finished(const cluster::Name& name) {
        const auto of = names_.find(key_of(name));
        Operation operation = std::move(of->second.front());
        of->second.pop_front();
        --running_;
        --size_;
        if (of->second.empty()) {
            names_.erase(of);
        } else {
            ready_.push_back(key_of(name));
        }
        return operation;
    }
    void again_at(const cluster::Name& name, TimePoint when) {
        --running_;
        running(name).is_running = false;
        paused_.emplace(when, key_of(name));
    }
    /// The same, behind what waits for the name, which goes first and at once: it may be what this one waits for.
    void again_behind(const cluster::Name& name, TimePoint when) {
        std::deque<Operation>& of = names_.find(key_of(name))->second;
        if (of.size() == 1) {
            return again_at(name, when);
        }
        of.front().is_running = false;
        of.push_back(std::move(of.front()));
        of.pop_front();
        --running_;
        ready_.push_back(key_of(name));
    }
    /// When a paused one is ready.
    TimePoint next_deadline() const noexcept { return paused_.empty() ? never : paused_.begin()->first; }
    /// Of all claims that are not on their way.
    std::vector<std::uint64_t> take_waiting_claims();

    /// That have not finished.
    std::size_t size() const noexcept { return size_; }

private:
    static bool is_same_release(const Operation& one, const Operation& other) {
        return !one.is_claim && !other.is_claim && !one.is_running && one.claimed == other.claimed;
    }
    static std::string key_of(const cluster::Name& name) { return std::string(name.encoded()); }

    std::unordered_map<std::string, std::deque<Operation>> names_;
    std::deque<std::string> ready_;
    std::multimap<TimePoint, std::string> paused_;
    std::size_t running_ = 0;
    std::size_t size_ = 0;
};

}  // namespace ferrotunnel::etcd_store
