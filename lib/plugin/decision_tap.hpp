// Decisions on their way from plugins to their tickets, held up: for tests of plugins, in which they come when the test
// says.
#pragma once

#include <chrono>
#include <utility>
#include <vector>

#include "base/mutex.hpp"
#include "plugin/ticket.hpp"

namespace ferrotunnel::plugin {

/// There is one in a process, since plugins call functions that belong to no exchange.
class DecisionTap {
public:
    static DecisionTap& instance();

    /// Holds back what comes from now on.
    void close();
    /// Lets all go that is held, and what comes from now on.
    void open();
    /// Waits until something is held. False: nothing has come.
    bool wait(std::chrono::seconds longest);
    /// Gives what is held to the tickets, each `times` times: a second decision has nothing to run.
    void let_go(int times = 1);

    /// Takes a decision if it is to be held. Any thread.
    bool takes(Ticket::Handle handle, const Then& then);

private:
    Mutex mutex_;
    ConditionVariable came_;
    std::vector<std::pair<Ticket::Handle, Then>> held_ GUARDED_BY(mutex_);
    bool is_closed_ GUARDED_BY(mutex_) = false;
};

}  // namespace ferrotunnel::plugin
