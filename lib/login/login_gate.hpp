// Limits who may connect to the control port: how many peers may be there without having proved their token, and how
// often they may connect, per address and per network around it. If there is no room, the oldest connection gives way:
// that of the network at its limit, or else of the block that has most (of several such blocks, the one with the oldest
// connection). A peer with a token needs some milliseconds to prove it; one without holds a place for as long as
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
#include "login/network_rate.hpp"
#include "runtime/address.hpp"

namespace ferrotunnel::login {

/// Counts the peers that have not proved their token; any thread.
class LoginGate : public std::enable_shared_from_this<LoginGate> {
public:
    struct Settings {
        std::uint32_t max = limits::unauthenticated_max;
        /// Limits for one network of each level (see AddressNetworks).
        std::array<std::uint32_t, network_levels> level_max{limits::unauthenticated_per_address_max,
                                                            limits::unauthenticated_per_home_max,
                                                            limits::unauthenticated_per_block_max};
        NetworkRate::Settings rate{{{{limits::logins_at_once_max, limits::logins_per_second_max},
                                     {limits::logins_of_home_at_once_max, limits::logins_of_home_per_second_max},
                                     {limits::logins_of_block_at_once_max, limits::logins_of_block_per_second_max}}}};
    };

    LoginGate() : LoginGate(Settings{}) {}
    explicit LoginGate(const Settings& settings);

    /// Counts one peer until it is destroyed.
    class Ticket;

    enum class Fault : std::uint8_t {
        none,
        full,          // the total limit is reached
        network_full,  // too many from this address, or from a network around it
        too_often,     // this address, or a network around it, connects too often
    };
    struct Answer {
        std::shared_ptr<Ticket> ticket;  // null: close it; otherwise, with a fault, another one has given way
        Fault fault = Fault::none;
        std::string network{};      // the cause of the fault; full: the block that has most
        std::uint32_t present = 0;  // connections of that network
    };
    /// May call the `give_way` of another connection. Connections from this host are not limited in rate.
    Answer enter(const runtime::SocketAddress& from, TimePoint now);

    std::uint32_t count() const;

private:
    using Crowd = std::list<Ticket*>;             // the oldest first
    using Crowds = std::map<std::string, Crowd>;  // by network

    const Crowd* crowded(const AddressNetworks& networks, Answer& answer) const REQUIRES(mutex_);
    std::function<void()> make_room(const Crowd& crowd) REQUIRES(mutex_);
    void take_in(Ticket& ticket, const AddressNetworks& networks) REQUIRES(mutex_);
    void take_out(Ticket& ticket) noexcept REQUIRES(mutex_);
    void leave(Ticket& ticket) noexcept;
    void set_give_way(Ticket& ticket, std::function<void()> give_way);

    const Settings settings_;
    NetworkRate rate_;
    mutable Mutex mutex_;
    std::array<Crowds, network_levels> levels_ GUARDED_BY(mutex_);
    std::uint32_t count_ GUARDED_BY(mutex_) = 0;
    std::uint64_t last_number_ GUARDED_BY(mutex_) = 0;
};

class LoginGate::Ticket {
public:
    explicit Ticket(std::shared_ptr<LoginGate> gate) : gate_(std::move(gate)) {}
    ~Ticket() { gate_->leave(*this); }
    Ticket(const Ticket&) = delete;
    Ticket& operator=(const Ticket&) = delete;

    /// Sets the function that ends the connection when its place is needed; called at most once, on any thread. Until
    /// it is set, the connection does not give way.
    void on_give_way(std::function<void()> give_way) { gate_->set_give_way(*this, std::move(give_way)); }

private:
    friend class LoginGate;

    /// A ticket's position in one crowd.
    struct Place {
        Crowds::iterator crowd;
        Crowd::iterator at;
    };

    const std::shared_ptr<LoginGate> gate_;
    // Guarded by the gate's lock.
    bool inside_ = false;
    std::uint64_t number_ = 0;  // in the order of arrival
    std::array<std::optional<Place>, network_levels> places_{};
    std::function<void()> give_way_;
};

}  // namespace ferrotunnel::login
