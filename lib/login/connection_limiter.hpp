// Limits on visitors: in total, per address, and for IPv6 also per home (/56) and block (/48), since the owner of one
// of those has all of its addresses.
#pragma once

#include <netinet/in.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "base/check.hpp"
#include "base/limits.hpp"
#include "base/mutex.hpp"
#include "login/address_networks.hpp"
#include "net/ip_text.hpp"
#include "runtime/address.hpp"

namespace ferrotunnel::login {

/// The first byte of an IPv6 network's key; the key of an IPv4 address is its text.
inline constexpr char six_mark = 6;

/// The key of what counts as one address: for IPv6 the first 64 bits, since the owner of one address has all of them.
inline std::string network_of(const runtime::SocketAddress& from) {
    const auto* six = reinterpret_cast<const sockaddr_in6*>(from.raw());
    if (from.family() != AF_INET6 || IN6_IS_ADDR_V4MAPPED(&six->sin6_addr)) {
        return from.ip();
    }
    return six_mark + std::string(reinterpret_cast<const char*>(six->sin6_addr.s6_addr), network_bytes[0]);
}

/// Likewise for an address on the wire, where an IPv4-mapped IPv6 address is IPv4 already.
inline std::string network_of(const net::Address& from) {
    return from.family == 6 ? six_mark + std::string(reinterpret_cast<const char*>(from.bytes.data()), network_bytes[0])
                            : net::ip_text(from);
}

/// Whether the limits of addresses stay as they are, or shrink as places are taken.
enum class Sharing : std::uint8_t {
    fixed,
    /// Once half of the places are taken, each limit is multiplied by the square of the free part of the other half. So
    /// a few addresses, or all addresses of one block, do not take every place, and the last places are for those with
    /// few.
    of_what_is_free,
};

/// Counts visitors and enforces the limits; any thread.
class ConnectionLimiter : public std::enable_shared_from_this<ConnectionLimiter> {
public:
    /// A home may have a quarter of the places and a block half of them, but never fewer than one address may have.
    ConnectionLimiter(std::uint32_t max, std::uint32_t per_address_max, Sharing sharing = Sharing::fixed)
        : sharing_(sharing) {
        set_caps(max, per_address_max);
    }

    /// Sets other limits for new visitors: present ones stay.
    void set_caps(std::uint32_t max, std::uint32_t per_address_max) {
        const MutexLock lock(mutex_);
        max_ = max;
        per_address_max_ = per_address_max;
        per_home_max_ = std::max(max / 4, per_address_max);
        per_block_max_ = std::max(max / 2, per_address_max);
    }

    /// Counts one peer for as long as the ticket exists.
    class Ticket {
    public:
        Ticket(std::shared_ptr<ConnectionLimiter> limiter, std::string address)
            : limiter_(std::move(limiter)), address_(std::move(address)) {}
        ~Ticket() { limiter_->leave(address_); }
        Ticket(const Ticket&) = delete;
        Ticket& operator=(const Ticket&) = delete;

        /// Counts a visitor that entered without an address towards this one too. False if the limit of the address is
        /// reached.
        bool set_address(std::string address) {
            check(address_.empty(), "a ticket is for one address");
            if (!address.empty() && !limiter_->count_address(address)) {
                return false;
            }
            address_ = std::move(address);
            return true;
        }

    private:
        friend class ConnectionLimiter;

        std::shared_ptr<ConnectionLimiter> limiter_;
        std::string address_;
    };

    /// Null if the total limit, or that of this address or of a network around it, is reached. An empty address is for
    /// a proxy's visitors, who all have the proxy's address until the proxy has sent their own.
    std::shared_ptr<Ticket> enter(const std::string& address) {
        const MutexLock lock(mutex_);
        if (count_ >= max_ || !has_room(address)) {
            return nullptr;
        }
        make_counts(address);  // may run out of memory, so it comes first
        auto ticket = std::make_shared<Ticket>(shared_from_this(), address);
        ++count_;
        count(address);
        return ticket;
    }

    /// Whether no place is left, or the last ones are being used: a sixteenth of all, or fewer.
    bool is_full() const {
        const MutexLock lock(mutex_);
        return count_ >= max_;
    }
    bool is_nearly_full() const {
        constexpr std::uint32_t last_part = 16;
        const MutexLock lock(mutex_);
        return max_ - std::min(max_, count_) <= max_ / last_part;
    }

    std::uint32_t count() const {
        const MutexLock lock(mutex_);
        return count_;
    }

private:
    // Visits the networks towards which an address counts: itself; an IPv6 address, which represents its /64, also
    // counts towards its /56 and its /48.
    template <typename Action>
    void for_networks(const std::string& address, Action action) const REQUIRES(mutex_) {
        if (address.empty()) {
            return;
        }
        action(address, per_address_max_);
        if (address.front() == six_mark) {
            action(address.substr(0, 1 + network_bytes[1]), per_home_max_);
            action(address.substr(0, 1 + network_bytes[2]), per_block_max_);
        }
    }

    bool has_room(const std::string& address) const REQUIRES(mutex_) {
        bool fits = true;
        for_networks(address, [&](const std::string& network, std::uint32_t most) REQUIRES(mutex_) {
            const auto at = per_network_.find(network);
            fits = fits && is_below(at == per_network_.end() ? 0U : at->second, most);
        });
        return fits;
    }

    bool is_below(std::uint64_t present, std::uint64_t most) const REQUIRES(mutex_) {
        const std::uint64_t half = (std::uint64_t{max_} + 1) / 2;
        const std::uint64_t free = max_ - std::min(max_, count_);
        return sharing_ == Sharing::fixed || free >= half ? present < most : present * half * half < most * free * free;
    }

    void make_counts(const std::string& address) REQUIRES(mutex_) {
        for_networks(address, [this](const std::string& network, std::uint32_t)
                                  REQUIRES(mutex_) { per_network_.try_emplace(network); });
    }

    void count(const std::string& address) REQUIRES(mutex_) {
        for_networks(address,
                     [this](const std::string& network, std::uint32_t) REQUIRES(mutex_) { ++per_network_[network]; });
    }

    bool count_address(const std::string& address) {
        const MutexLock lock(mutex_);
        if (!has_room(address)) {
            return false;
        }
        make_counts(address);
        count(address);
        return true;
    }

    void leave(const std::string& address) {
        const MutexLock lock(mutex_);
        --count_;
        for_networks(address, [this](const std::string& network, std::uint32_t) REQUIRES(mutex_) {
            const auto at = per_network_.find(network);
            if (at != per_network_.end() && --at->second == 0) {
                per_network_.erase(at);
            }
        });
    }

    const Sharing sharing_;
    mutable Mutex mutex_;  // guards the following
    std::uint32_t max_ GUARDED_BY(mutex_) = 0;
    std::uint32_t per_address_max_ GUARDED_BY(mutex_) = 0;
    std::uint32_t per_home_max_ GUARDED_BY(mutex_) = 0;
    std::uint32_t per_block_max_ GUARDED_BY(mutex_) = 0;
    std::uint32_t count_ GUARDED_BY(mutex_) = 0;
    std::map<std::string, std::uint32_t> per_network_ GUARDED_BY(mutex_);
};

using ConnectionTicket = std::shared_ptr<ConnectionLimiter::Ticket>;  // null if it is not counted

}  // namespace ferrotunnel::login
