// Caps on peers that have not proved their token yet: in all, and per address.
#pragma once

#include <netinet/in.h>

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "base/check.hpp"
#include "base/limits.hpp"
#include "runtime/address.hpp"
#include "wire/ip_text.hpp"

namespace ferrotunnel::tunnel {

/// What counts as one address: of IPv6 the first 64 bits, since whoever has one address there has all of them.
inline std::string network_of(const runtime::SocketAddress& from) {
    const auto* six = reinterpret_cast<const sockaddr_in6*>(from.raw());
    if (from.family() != AF_INET6 || IN6_IS_ADDR_V4MAPPED(&six->sin6_addr)) {
        return from.ip();
    }
    return {reinterpret_cast<const char*>(six->sin6_addr.s6_addr), 8};
}

/// The same; IPv4 in IPv6's clothes is IPv4 already.
inline std::string network_of(const wire::Address& from) {
    return from.family == 6 ? std::string(reinterpret_cast<const char*>(from.bytes.data()), 8) : wire::ip_text(from);
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

        /// For one that entered without an address: counts it for this one too. False when the cap of that is reached.
        bool set_address(std::string address) {
            check(address_.empty(), "a ticket is for one address");
            if (!address.empty() && !gate_->count_address(address)) {
                return false;
            }
            address_ = std::move(address);
            return true;
        }

    private:
        std::shared_ptr<AdmissionGate> gate_;
        std::string address_;
    };

    /// Null when the cap in all, or that of this address, is reached. No address: of a proxy, whose visitors all have
    /// its own until it has said theirs.
    std::shared_ptr<Ticket> enter(const std::string& address) {
        std::lock_guard lock(mutex_);
        if (count_ >= max_ || !has_room(address)) {
            return nullptr;
        }
        std::uint32_t* of_address = address.empty() ? nullptr : &per_address_[address];
        auto ticket = std::make_shared<Ticket>(shared_from_this(), address);
        ++count_;
        if (of_address != nullptr) {
            ++*of_address;
        }
        return ticket;
    }

    /// Below the cap of this address, whatever that in all.
    bool has_room_for(const std::string& address) const {
        std::lock_guard lock(mutex_);
        return has_room(address);
    }

    std::uint32_t count() const {
        std::lock_guard lock(mutex_);
        return count_;
    }

private:
    bool has_room(const std::string& address) const {
        const auto at = per_address_.find(address);
        return address.empty() || (at == per_address_.end() ? 0U : at->second) < per_address_max_;
    }

    bool count_address(const std::string& address) {
        std::lock_guard lock(mutex_);
        if (!has_room(address)) {
            return false;
        }
        ++per_address_[address];
        return true;
    }

    void leave(const std::string& address) {
        std::lock_guard lock(mutex_);
        --count_;
        const auto at = per_address_.find(address);
        if (at != per_address_.end() && --at->second == 0) {
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
