// Caps on peers that have not proved their token yet: in all, and per address.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/limits.hpp"

namespace ferrotunnel::tunnel {

/// Any thread.
class AdmissionGate : public std::enable_shared_from_this<AdmissionGate> {
public:
    AdmissionGate(std::uint32_t max = limits::unauthenticated_max,
                  std::uint32_t per_address_max = limits::unauthenticated_per_address_max)
        : max_(max), per_address_max_(per_address_max) {}

    /// Counts one peer until it is destroyed.
    class Ticket {
    public:
        Ticket(std::shared_ptr<AdmissionGate> gate, std::string address)
            : gate_(std::move(gate)), address_(std::move(address)) {}
        ~Ticket() { gate_->leave(address_); }
        Ticket(const Ticket&) = delete;
        Ticket& operator=(const Ticket&) = delete;

    private:
        std::shared_ptr<AdmissionGate> gate_;
        std::string address_;
    };

    /// Null when the cap in all, or that of this address, is reached.
    std::shared_ptr<Ticket> enter(const std::string& address) {
        std::lock_guard lock(mutex_);
        if (count_ >= max_) {
            return nullptr;
        }
        auto [at, is_new] = per_address_.try_emplace(address, 0U);
        if (at->second >= per_address_max_) {
            return nullptr;
        }
        ++at->second;
        ++count_;
        return std::make_shared<Ticket>(shared_from_this(), address);
    }

    std::uint32_t count() const {
        std::lock_guard lock(mutex_);
        return count_;
    }

private:
    void leave(const std::string& address) {
        std::lock_guard lock(mutex_);
        --count_;
        auto at = per_address_.find(address);
        if (--at->second == 0) {
            per_address_.erase(at);
        }
    }

    const std::uint32_t max_;
    const std::uint32_t per_address_max_;
    mutable std::mutex mutex_;
    std::uint32_t count_ = 0;
    std::map<std::string, std::uint32_t> per_address_;
};

}  // namespace ferrotunnel::tunnel
