// Holds back decisions between plugins and their tickets, for tests of plugins that choose when decisions arrive.
#pragma once

#include <chrono>
#include <utility>
#include <vector>

#include "base/mutex.hpp"
#include "plugin/ticket.hpp"

namespace ferrotunnel::plugin {

/// There is one per process, since plugins call functions that belong to no exchange.
class DecisionTap {
public:
    static DecisionTap& instance();

    /// Holds back decisions from now on.
    void close();
    /// Delivers the held decisions, and lets new ones pass.
    void open();
    /// Waits until a decision is held. False if none arrives.
    bool wait(std::chrono::seconds longest);
    /// Delivers the held decisions to the tickets, each `times` times: the second has no effect.
    void release(int times = 1);

    /// Keeps a decision if it is to be held. Thread-safe.
    bool takes(Ticket::Handle handle, const Continuation& then);

private:
    Mutex mutex_;
    ConditionVariable arrived_;
    std::vector<std::pair<Ticket::Handle, Continuation>> held_ GUARDED_BY(mutex_);
    bool is_closed_ GUARDED_BY(mutex_) = false;
};

}  // namespace ferrotunnel::plugin
