// Marks a thread that runs code of a plugin or an application that must not change a server.
#pragma once

namespace ferrotunnel::plugin {

/// The calling thread runs such code during this object's lifetime: a plugin's check, make, start, stop or destroy, or
/// the handler of HostCertificates.
class ControlCall {
public:
    ControlCall() noexcept { ++depth_; }
    ~ControlCall() { --depth_; }
    ControlCall(const ControlCall&) = delete;
    ControlCall& operator=(const ControlCall&) = delete;

    /// Whether the calling thread runs such code, of any server.
    static bool here() noexcept { return depth_ > 0; }

private:
    static thread_local int depth_;
};

}  // namespace ferrotunnel::plugin
