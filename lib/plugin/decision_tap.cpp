#include "plugin/decision_tap.hpp"

namespace ferrotunnel::plugin {

DecisionTap& DecisionTap::instance() {
    static auto* const tap = new DecisionTap;  // never destroyed: a plugin's threads may end after this process's main
    return *tap;
}

void DecisionTap::close() {
    const MutexLock lock(mutex_);
    is_closed_ = true;
    Ticket::set_tap(this);
}

void DecisionTap::open() {
    {
        const MutexLock lock(mutex_);
        is_closed_ = false;
        Ticket::set_tap(nullptr);
    }
    release();
}

bool DecisionTap::wait(std::chrono::seconds longest) {
    ReleasableLock lock(mutex_);
    return arrived_.wait_for(lock, longest, [this]() REQUIRES(mutex_) { return !held_.empty(); });
}

void DecisionTap::release(int times) {
    std::vector<std::pair<Ticket::Handle, Continuation>> gone;
    {
        const MutexLock lock(mutex_);
        gone.swap(held_);
    }
    for (const auto& [handle, then] : gone) {
        Ticket::decide_now(handle, then);
        for (int i = 1; i < times; ++i) {
            Ticket::decide_now(handle, {});
        }
    }
}

bool DecisionTap::takes(Ticket::Handle handle, const Continuation& then) {
    const MutexLock lock(mutex_);
    if (!is_closed_) {
        return false;
    }
    held_.emplace_back(handle, then);
    arrived_.notify_all();
    return true;
}

}  // namespace ferrotunnel::plugin
