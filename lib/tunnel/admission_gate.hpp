// Caps on peers that have not proved their token yet: in all, and per address.
#pragma once

#include <netinet/in.h>

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/limits.hpp"
#include "runtime/address.hpp"

namespace ferrotunnel::tunnel {

/// What counts as one address: of IPv6 the first 64 bits, since whoever has one address there has all of them.
inline std::string network_of(const runtime::SocketAddress& from) {
    const auto* six = reinterpret_cast<const sockaddr_in6*>(from.raw());
    if (from.family() != AF_INET6 || IN6_IS_ADDR_V4MAPPED(&six->sin6_addr)) {
        return from.ip();
    }
    return {reinterpret_cast<const char*>(six->sin6_addr.s6_addr), 8};
}

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
            if (is_new) {
                per_address_.erase(at);
            }
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
