// Which name is ordered next: by time, and then fairly.
//
//     waiting, by time --due--> ready --pop()--> running --ended()--> (not queued)
//
// Ready are, in this order: names of the operator and renewals; new names of clients, one token after the other. New
// names of clients never have all places, and one token has at most two: its names may be slow to fail on purpose.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "issuance/name_entry.hpp"

namespace ferrotunnel::issuance {

/// Each operation costs O(log n) in the names, and O(t) in the tokens with ready names. Entries outlive it, or are
/// removed before.
class DueQueue {
public:
    /// `places`: how many run at once.
    explicit DueQueue(std::size_t places) : places_(places) {}

    /// Sets when an entry is due, wherever it was. wall_never removes it.
    void schedule(NameEntry& entry, WallTime due);
    void remove(NameEntry& entry) { schedule(entry, wall_never); }
    /// The next entry, which runs from now on; null if none is due or no place is free.
    NameEntry* pop(WallTime now);
    /// An entry of pop() does not run any more.
    void ended(const NameEntry& entry);
    /// When an entry becomes due; wall_never without one. Ready entries do not count: they wait for a place.
    WallTime earliest() const noexcept { return waiting_.empty() ? wall_never : waiting_.begin()->first; }
    std::size_t running() const noexcept { return running_; }

private:
    static bool is_first(const NameEntry& entry) noexcept { return entry.is_configured || !entry.is_new(); }
    void take_due(WallTime now);
    NameEntry* next_ready();
    NameEntry* next_of_clients();

    const std::size_t places_;
    std::set<std::pair<WallTime, NameEntry*>> waiting_;
    std::deque<NameEntry*> first_;
    std::map<std::string, std::deque<NameEntry*>> by_token_;  // of those that are not first
    std::string last_token_;                                  // whose name was the last one
    std::size_t running_ = 0;
    std::map<const NameEntry*, std::string> running_of_clients_;  // new names, with their tokens
};

}  // namespace ferrotunnel::issuance
