// How one side of a queue tells the other that it has something to do.
#pragma once

#include "base/intrusive_ptr.hpp"

namespace ferrotunnel::buffer {

/// `wake` may be called from any thread, also when there is nothing to do. On the thread that the woken object lives on
/// it may act at once, and must then guard itself against being called while it is already running.
class Waker : public RefCounted {
public:
    virtual void wake() noexcept = 0;
};

}  // namespace ferrotunnel::buffer
