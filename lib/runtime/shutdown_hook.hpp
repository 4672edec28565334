// Hooks for a worker's end, for objects that live on it without another owner and must end before its poller and
// timers.
#pragma once

namespace ferrotunnel::runtime {

class ShutdownHooks;

class ShutdownHook {
public:
    ShutdownHook() = default;
    ShutdownHook(const ShutdownHook&) = delete;
    ShutdownHook& operator=(const ShutdownHook&) = delete;

    /// Called when the worker is about to be destroyed and does not run any more: release its poller and timers. The
    /// hook is already off the list.
    virtual void on_worker_end() noexcept = 0;

protected:
    ~ShutdownHook() { leave(); }
    /// Removes the hook from its list, if it is on one.
    void leave() noexcept;

private:
    friend class ShutdownHooks;
    ShutdownHook** place_ = nullptr;  // the pointer of the list that leads here; null if it is on none
    ShutdownHook* next_ = nullptr;
};

/// The hooks of one worker; for its thread.
class ShutdownHooks {
public:
    ShutdownHooks() = default;
    ShutdownHooks(const ShutdownHooks&) = delete;
    ShutdownHooks& operator=(const ShutdownHooks&) = delete;

    void add(ShutdownHook& hook) noexcept {
        hook.leave();
        hook.place_ = &first_;
        hook.next_ = first_;
        if (first_ != nullptr) {
            first_->place_ = &hook.next_;
        }
        first_ = &hook;
    }

    void end_all() noexcept {
        while (first_ != nullptr) {
            ShutdownHook& hook = *first_;
            hook.leave();
            hook.on_worker_end();
        }
    }

private:
    friend class ShutdownHook;
    ShutdownHook* first_ = nullptr;
};

inline void ShutdownHook::leave() noexcept {
    if (place_ == nullptr) {
        return;
    }
    *place_ = next_;
    if (next_ != nullptr) {
        next_->place_ = place_;
    }
    place_ = nullptr;
}

}  // namespace ferrotunnel::runtime
