// Who may connect to the control port: caps on peers that have not proved their token yet, and how often an address may
// begin. Where there is no room, the oldest connection of the block of addresses that has most gives way: whoever has a
// token needs some milliseconds to prove it, and whoever has none holds a place for as long as possible.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/clock.hpp"
#include "runtime/address.hpp"
#include "tunnel/admission_gate.hpp"
#include "tunnel/rate_gate.hpp"

namespace ferrotunnel::tunnel {

/// The network that somebody may have as a whole: "192.0.2.0/24", "2001:db8:1::/48".
std::string block_of(const runtime::SocketAddress& from);

/// Any thread.
class LoginGate : public std::enable_shared_from_this<LoginGate> {
public:
    struct Settings {
        std::uint32_t max = limits::unauthenticated_max;
        std::uint32_t per_address_max = limits::unauthenticated_per_address_max;
        RateGate::Settings rate{};
    };

    LoginGate() : LoginGate(Settings{}) {}
    explicit LoginGate(const Settings& settings)
        : settings_(settings),
          counts_(std::make_shared<AdmissionGate>(settings.max, settings.per_address_max)),
          rate_(settings.rate) {}

    /// Counts one peer until it is destroyed.
    class Ticket;

    enum class Fault : std::uint8_t {
        none,
        full,          // in all; also where another connection has given way
        address_full,  // too many of this address
        too_often,     // the same, in time
    };
    struct Answer {
        std::shared_ptr<Ticket> ticket;  // null: it is to be closed
        Fault fault = Fault::none;
        std::string crowd{};          // full: the block that has most
        std::uint32_t crowd_has = 0;  // connections
    };
    /// Calls the `give_way` of another connection, perhaps. Connections from this host may come as often as they like.
    Answer enter(const runtime::SocketAddress& from, TimePoint now);

    std::uint32_t count() const { return counts_->count(); }

private:
    struct Place {
        std::string block;
        std::shared_ptr<AdmissionGate::Ticket> counted;
        Ticket* ticket = nullptr;
    };
    using Places = std::list<Place>;

    std::function<void()> make_room(Answer& answer);
    void take_out(Places::iterator place);
    void leave(Ticket& ticket);
    void set_give_way(Ticket& ticket, std::function<void()> give_way);

    const Settings settings_;
    const std::shared_ptr<AdmissionGate> counts_;
    std::mutex mutex_;
    RateGate rate_;
    Places places_;  // the oldest first
    std::map<std::string, std::uint32_t> blocks_;
};

class LoginGate::Ticket {
public:
    explicit Ticket(std::shared_ptr<LoginGate> gate) : gate_(std::move(gate)) {}
    ~Ticket() { gate_->leave(*this); }
    Ticket(const Ticket&) = delete;
    Ticket& operator=(const Ticket&) = delete;

    /// What ends the connection when its place is needed; called at most once, on any thread. Before it is set, the
    /// connection does not give way.
    void on_give_way(std::function<void()> give_way) { gate_->set_give_way(*this, std::move(give_way)); }

private:
    friend class LoginGate;

    const std::shared_ptr<LoginGate> gate_;
    // Under the gate's lock.
    bool inside_ = false;
    Places::iterator place_{};
    std::function<void()> give_way_;
};

}  // namespace ferrotunnel::tunnel
