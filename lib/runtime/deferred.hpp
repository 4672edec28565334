// Work deferred to the end of the present round of events, so that many causes have one effect (one flush).
#pragma once

#include <cstddef>

namespace ferrotunnel::runtime {

class DeferredQueue;

/// A piece of work that can be queued once at a time. Destroying it removes it from the queue.
class Deferred {
public:
    Deferred() = default;
    Deferred(const Deferred&) = delete;
    Deferred& operator=(const Deferred&) = delete;

    /// Does the work. May defer itself again, possibly for ever: sockets have their turn in between.
    virtual void run_deferred() noexcept = 0;

    bool deferred() const noexcept { return queue_ != nullptr; }
    /// Removes this object from the queue, if it is on one.
    void cancel_deferred() noexcept;

protected:
    ~Deferred() { cancel_deferred(); }

private:
    friend class DeferredQueue;
    DeferredQueue* queue_ = nullptr;
    Deferred* next_ = nullptr;
    Deferred* previous_ = nullptr;
};

class DeferredQueue {
public:
    DeferredQueue() = default;
    DeferredQueue(const DeferredQueue&) = delete;
    DeferredQueue& operator=(const DeferredQueue&) = delete;
    ~DeferredQueue();

    /// Appends `deferred`; false if it was queued already.
    bool push(Deferred& deferred) noexcept;
    void remove(Deferred& deferred) noexcept;
    /// Runs at most `count` of them, first in, first out.
    void run(std::size_t count) noexcept;
    bool empty() const noexcept { return first_ == nullptr; }
    std::size_t size() const noexcept { return size_; }

private:
    Deferred* first_ = nullptr;
    Deferred* last_ = nullptr;
    std::size_t size_ = 0;
};

}  // namespace ferrotunnel::runtime
