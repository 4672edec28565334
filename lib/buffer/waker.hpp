// How one side of a queue tells the other side that there is work to do.
#pragma once

#include "base/intrusive_ptr.hpp"

namespace ferrotunnel::buffer {

/// Wakes an object. `wake` may be called from any thread, even when there is nothing to do. On the thread that the
/// woken object lives on, it may act at once, and must then guard against being called while it is already running.
class Waker : public RefCounted {
public:
    virtual void wake() noexcept = 0;
};

}  // namespace ferrotunnel::buffer
