// Whether the Client or Server that made something is still there; what it made may outlive it.
#pragma once

#include <atomic>

#include "base/intrusive_ptr.hpp"

namespace ferrotunnel::detail {

class OwnerLife final : public RefCounted {
public:
    /// Called before the owner closes its sessions on purpose.
    void set_stopped() noexcept { stopped_.store(true, std::memory_order_release); }
    bool stopped() const noexcept { return stopped_.load(std::memory_order_acquire); }

private:
    std::atomic<bool> stopped_{false};
};

}  // namespace ferrotunnel::detail
