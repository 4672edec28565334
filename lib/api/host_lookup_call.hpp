// One call of the application's handler for a host, which its answers refer to.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "api/host_lookup_core.hpp"

namespace ferrotunnel::detail {

/// Thread-safe. Destroying it without an answer is a failure.
class HostLookupCall {
public:
    HostLookupCall(std::weak_ptr<HostLookups::Core> core, std::string host, std::uint64_t id)
        : core_(std::move(core)), host_(std::move(host)), id_(id) {}
    ~HostLookupCall();
    HostLookupCall(const HostLookupCall&) = delete;
    HostLookupCall& operator=(const HostLookupCall&) = delete;

    /// The first call counts; nothing happens once the server has ended.
    void settle(HostLookups::Core::Answer answer) noexcept;
    void use(const Credential& credential) noexcept;

private:
    const std::weak_ptr<HostLookups::Core> core_;
    const std::string host_;
    const std::uint64_t id_;
    std::atomic<bool> has_answer_{false};
};

}  // namespace ferrotunnel::detail
