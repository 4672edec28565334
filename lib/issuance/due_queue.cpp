#include "issuance/due_queue.hpp"

#include <algorithm>

#include "issuance/limits.hpp"

namespace ferrotunnel::issuance {
namespace {

void drop(std::deque<NameEntry*>& from, const NameEntry& entry) {
    from.erase(std::remove(from.begin(), from.end(), &entry), from.end());
}

}  // namespace

void DueQueue::schedule(NameEntry& entry, WallTime due) {
    if (entry.is_ready) {
        entry.is_ready = false;
        drop(first_, entry);
        for (auto each = by_token_.begin(); each != by_token_.end();) {
            drop(each->second, entry);
            each = each->second.empty() ? by_token_.erase(each) : std::next(each);
        }
    } else if (entry.due != wall_never) {
        waiting_.erase({entry.due, &entry});
    }
    entry.due = due;
    if (due != wall_never) {
        waiting_.emplace(due, &entry);
    }
}

void DueQueue::take_due(WallTime now) {
    while (!waiting_.empty() && waiting_.begin()->first <= now) {
        NameEntry& entry = *waiting_.begin()->second;
        waiting_.erase(waiting_.begin());
        entry.is_ready = true;
        (is_first(entry) ? first_ : by_token_[entry.token]).push_back(&entry);
    }
}

NameEntry* DueQueue::pop(WallTime now) {
    take_due(now);
    NameEntry* const next = running_ < places_ ? next_ready() : nullptr;
    if (next != nullptr) {
        next->is_ready = false;
        next->due = wall_never;
        ++running_;
    }
    return next;
}

NameEntry* DueQueue::next_ready() {
    if (first_.empty()) {
        return next_of_clients();
    }
    NameEntry* const next = first_.front();
    first_.pop_front();
    return next;
}

NameEntry* DueQueue::next_of_clients() {
    if (running_of_clients_.size() + 1 >= places_ || by_token_.empty()) {
        return nullptr;
    }
    auto at = by_token_.upper_bound(last_token_);
    for (std::size_t i = 0; i < by_token_.size(); ++i, ++at) {
        at = at == by_token_.end() ? by_token_.begin() : at;
        const auto of_token = std::count_if(running_of_clients_.begin(), running_of_clients_.end(),
                                            [at](const auto& one) { return one.second == at->first; });
        if (static_cast<std::size_t>(of_token) < limits::orders_per_token_at_once_max) {
            NameEntry* const next = at->second.front();
            at->second.pop_front();
            last_token_ = at->first;
            running_of_clients_.emplace(next, at->first);
            if (at->second.empty()) {
                by_token_.erase(at);
            }
            return next;
        }
    }
    return nullptr;
}

void DueQueue::ended(const NameEntry& entry) {
    --running_;
    running_of_clients_.erase(&entry);
}

}  // namespace ferrotunnel::issuance
