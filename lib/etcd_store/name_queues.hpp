// Operations on names in etcd: those of one name one after the other, those of different names at once. Sans-IO.
//
//   add() --> waiting --next_claims(), next_release()--> running --finished()--> gone
//               ^ ^                                       |   '--again_at()--> paused --its time--.
//               | '--again_alone(): a claim that has failed together with others                  |
//               '---------------------------------------------------------------------------------'
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
    bool is_alone = false;    // of a claim: it shares its transaction with no other one
    Duration reserved_for{};  // of a release
    etcd::LeaseId live = 0;   // with which the claim is put, or was
    unsigned attempts = 0;
};

class NameQueues {
public:
    /// A release takes the place of the same one that waits behind another operation.
    void add(Operation operation) {
        std::string name = key_of(operation.claimed.name);
        std::deque<Operation>& of = names_[name];
        if (of.size() > 1 && !operation.is_claim && !of.back().is_claim && of.back().claimed == operation.claimed) {
            of.back() = std::move(operation);
            return;
        }
        of.push_back(std::move(operation));
        ++size_;
        if (of.size() == 1) {
            make_ready(std::move(name));
        }
    }
    /// Claims of different names for one transaction, at most limits::claims_per_call, and of a root only one token's:
    /// what the transaction compares is what was there before it. Empty if none is ready, or limits::claim_calls_max
    /// are running. They stay where they are until finished() or again_...(), and all of them until claims_answered().
    std::vector<Operation*> next_claims(TimePoint now);
    /// The transaction of next_claims() is over.
    void claims_answered() noexcept { --claim_calls_; }
    /// A release, likewise; null if none is ready, or limits::releases_running_max are running.
    Operation* next_release(TimePoint now);

    /// Of this name.
    Operation& running(const cluster::Name& name) { return names_.find(key_of(name))->second.front(); }
    Operation finished(const cluster::Name& name);
    void again_at(const cluster::Name& name, TimePoint when) {
        ended(running(name));
        paused_.emplace(when, key_of(name));
    }
    /// Whether a release of what this claim is for waits behind it.
    bool is_released(const cluster::Name& name) const;
    /// The same, behind what waits for the name, which goes first and at once: it may be what this one waits for. Not
    /// for a claim that is released, which would be there after its release.
    void again_behind(const cluster::Name& name, TimePoint when);
    /// A claim goes before all others, in a transaction of its own.
    void again_alone(const cluster::Name& name) {
        running(name).is_alone = true;
        ready_claims_.push_front(key_of(name));
    }
    /// When a paused one is ready.
    TimePoint next_deadline() const noexcept { return paused_.empty() ? never : paused_.begin()->first; }
    /// Of all claims that are not running or paused.
    std::vector<std::uint64_t> take_waiting_claims();

    /// That have not finished.
    std::size_t size() const noexcept { return size_; }

private:
    static std::string key_of(const cluster::Name& name) { return std::string(name.encoded()); }
    void make_ready(std::string name);
    void end_pauses(TimePoint now);
    void ended(const Operation& operation) noexcept { releases_running_ -= operation.is_claim ? 0U : 1U; }

    std::unordered_map<std::string, std::deque<Operation>> names_;
    std::deque<std::string> ready_claims_;
    std::deque<std::string> ready_releases_;
    std::multimap<TimePoint, std::string> paused_;
    std::size_t claim_calls_ = 0;
    std::size_t releases_running_ = 0;
    std::size_t size_ = 0;
};

}  // namespace ferrotunnel::etcd_store
