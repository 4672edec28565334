// Marks a thread that makes a plugin's control call: check, make, start, stop, destroy.
#pragma once

namespace ferrotunnel::plugin {

/// The calling thread is in such a call during this object's lifetime.
class ControlCall {
public:
    ControlCall() noexcept { ++depth_; }
    ~ControlCall() { --depth_; }
    ControlCall(const ControlCall&) = delete;
    ControlCall& operator=(const ControlCall&) = delete;

    /// Whether the calling thread is in such a call, of any server.
    static bool here() noexcept { return depth_ > 0; }

private:
    static thread_local int depth_;
};

}  // namespace ferrotunnel::plugin
