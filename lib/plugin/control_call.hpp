// Whether a thread is in a call of a plugin that belongs to the control thread: check, make, start, stop, destroy.
#pragma once

namespace ferrotunnel::plugin {

/// The calling thread is in such a call for as long as this object lives.
class ControlCall {
public:
    ControlCall() noexcept { ++depth_; }
    ~ControlCall() { --depth_; }
    ControlCall(const ControlCall&) = delete;
    ControlCall& operator=(const ControlCall&) = delete;

    /// Whether the calling thread is in one, by whichever server.
    static bool here() noexcept { return depth_ > 0; }

private:
    static thread_local int depth_;
};

}  // namespace ferrotunnel::plugin
