// Limits who may connect to the control port: how many peers may be there without having proved their token, and how
// often they may connect, per address and per network around it. If there is no room, the oldest connection is evicted:
// that of the network at its limit, or else of the block that has most (of several such blocks, the one with the oldest
// connection). A peer with a token needs some milliseconds to prove it; one without holds a slot for as long as
// possible.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/clock.hpp"
#include "base/mutex.hpp"
#include "login/address_networks.hpp"
#include "login/network_rate_limiter.hpp"
#include "runtime/address.hpp"

namespace ferrotunnel::login {

/// Counts the peers that have not proved their token; any thread.
class LoginLimiter : public std::enable_shared_from_this<LoginLimiter> {
public:
    struct Settings {
        std::uint32_t max = limits::unauthenticated_max;
        /// The maximum number of unauthenticated peers of one network, for each level (see AddressNetworks).
        std::array<std::uint32_t, network_levels> level_max{limits::unauthenticated_per_address_max,
                                                            limits::unauthenticated_per_home_max,
                                                            limits::unauthenticated_per_block_max};
        NetworkRateLimiter::Settings rate{
            {{{limits::logins_at_once_max, limits::logins_per_second_max},
              {limits::logins_of_home_at_once_max, limits::logins_of_home_per_second_max},
              {limits::logins_of_block_at_once_max, limits::logins_of_block_per_second_max}}}};
    };

    LoginLimiter() : LoginLimiter(Settings{}) {}
    explicit LoginLimiter(const Settings& settings);

    /// Counts one peer until it is destroyed.
    class Ticket;

    enum class Fault : std::uint8_t {
        none,
        full,          // the total limit is reached
        network_full,  // too many from this address, or from a network around it
        too_often,     // this address, or a network around it, connects too often
    };
    struct Answer {
        std::shared_ptr<Ticket> ticket;  // null: close it; otherwise, with a fault, another one was evicted
        Fault fault = Fault::none;
        std::string network{};      // the cause of the fault; full: the block that has most
        std::uint32_t present = 0;  // connections of that network
    };
    /// May call the `evict` of another connection. Connections from this host are not limited in rate.
    Answer enter(const runtime::SocketAddress& from, TimePoint now);

    std::uint32_t count() const;

private:
    using NetworkTickets = std::list<Ticket*>;                       // the oldest first
    using TicketsByNetwork = std::map<std::string, NetworkTickets>;  // by network

    const NetworkTickets* find_full_network(const AddressNetworks& networks, Answer& answer) const REQUIRES(mutex_);
    std::function<void()> make_room(const NetworkTickets& tickets) REQUIRES(mutex_);
    void add(Ticket& ticket, const AddressNetworks& networks) REQUIRES(mutex_);
    void remove(Ticket& ticket) noexcept REQUIRES(mutex_);
    void leave(Ticket& ticket) noexcept;
    void set_evict(Ticket& ticket, std::function<void()> evict);

    const Settings settings_;
    NetworkRateLimiter rate_;
    mutable Mutex mutex_;
    std::array<TicketsByNetwork, network_levels> levels_ GUARDED_BY(mutex_);
    std::uint32_t count_ GUARDED_BY(mutex_) = 0;
    std::uint64_t last_number_ GUARDED_BY(mutex_) = 0;
};

class LoginLimiter::Ticket {
public:
    explicit Ticket(std::shared_ptr<LoginLimiter> limiter) : limiter_(std::move(limiter)) {}
    ~Ticket() { limiter_->leave(*this); }
    Ticket(const Ticket&) = delete;
    Ticket& operator=(const Ticket&) = delete;

    /// Sets the function that ends the connection when its slot is needed; called at most once, on any thread. Until
    /// it is set, the connection is not evicted.
    void on_evict(std::function<void()> evict) { limiter_->set_evict(*this, std::move(evict)); }

private:
    friend class LoginLimiter;

    /// A ticket's position among those of one network.
    struct Place {
        TicketsByNetwork::iterator tickets;
        NetworkTickets::iterator at;
    };

    const std::shared_ptr<LoginLimiter> limiter_;
    // Guarded by the limiter's lock.
    bool inside_ = false;
    std::uint64_t number_ = 0;  // in the order of arrival
    std::array<std::optional<Place>, network_levels> places_{};
    std::function<void()> evict_;
};

}  // namespace ferrotunnel::login
