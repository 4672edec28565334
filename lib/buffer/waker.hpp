// Interface by which one side of a queue wakes the other.
#pragma once

#include "base/intrusive_ptr.hpp"

namespace ferrotunnel::buffer {

/// Wakes an object. `wake` may be called from any thread, even when there is nothing to do. On the object's own thread
/// it may act at once, and must then guard against reentrance.
class Waker : public RefCounted {
public:
    virtual void wake() noexcept = 0;
};

}  // namespace ferrotunnel::buffer
