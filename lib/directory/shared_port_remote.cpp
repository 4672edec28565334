// Ports that clients of other members of a cluster have: they listen here, too, and their visitors are forwarded.
//
//   own trunks         carried in ports_, with or without other members: an own client is preferred
//   only other members in held_, not held_until: it does not count for its owner's limits, but for Limits::of_others
//   none               held, then closed; or closed at once
#include <exception>
#include <iterator>
#include <utility>

#include "base/clock.hpp"
#include "base/mutex.hpp"
#include "directory/shared_port.hpp"

namespace ferrotunnel::directory {

// --- one port ---

void SharedPort::set_remote(Carriers carriers) {
    const MutexLock lock(mutex_);
    remote_ = std::move(carriers);
}

SharedPort::Carriers SharedPort::take_remote() {
    const MutexLock lock(mutex_);
    return std::exchange(remote_, Carriers());
}

bool SharedPort::has_remote() {
    const MutexLock lock(mutex_);
    return !remote_.empty();
}

bool SharedPort::is_held() {
    const MutexLock lock(mutex_);
    return held_until_.has_value();
}

// --- all ports ---

std::vector<PortTable::PortPtr> PortTable::ports_at(const Number& number) const {
    std::vector<PortPtr> ports;
    const auto [first, last] = by_number_.equal_range(number);
    for (auto at = first; at != last; ++at) {
        if (auto port = at->second.lock()) {
            ports.push_back(std::move(port));
        }
    }
    return ports;
}

// The place of a port that no own client has.
PortTable::HeldPorts::iterator PortTable::held_place(const SharedPort& port) noexcept {
    const auto held = held_.find({port.client_.first, port.transport(), port.address().port()});
    return held != held_.end() && held->second.mapped().get() == &port ? held : held_.end();
}

// False if the other members have too many ports already.
bool PortTable::count_for_others(SharedPort& port) noexcept {
    if (port.is_counted_) {
        if (of_others_ >= limits_.of_others) {
            return false;
        }
        uncount(port);
        port.is_counted_ = false;
        ++of_others_;
    }
    return true;
}

// Keeps a port open that the last own trunk has left. False if there is no room for it, or no memory.
bool PortTable::keep_remote(Ports::iterator known) noexcept try {
    SharedPort& port = *known->second;
    const auto [held, is_new] =
        held_.try_emplace({port.client_.first, port.transport(), port.address().port()}, Ports::node_type());
    if (!is_new || !count_for_others(port)) {
        if (is_new) {
            held_.erase(held);
        }
        return false;
    }
    held->second = ports_.extract(known);
    port.update_accept_pause();
    return true;
} catch (const std::exception&) {
    return false;
}

// Gives an open port these other members. False if there are too many such ports.
bool PortTable::add_remote(SharedPort& port, const SharedPort::Carriers& carriers) {
    if (held_place(port) != held_.end() && !count_for_others(port)) {
        return false;
    }
    port.set_remote(carriers);
    port.end_hold();
    port.update_accept_pause();
    return true;
}

// No other member has the port any more. Without an own client it is held for one that `may_return`, or closed.
void PortTable::end_remote(SharedPort& port, bool may_return) {
    const bool was_remote = port.has_remote();
    (void)port.take_remote();
    const auto held = held_place(port);
    if (held == held_.end()) {
        port.update_accept_pause();
        return;
    }
    if (!may_return || (was_remote && (hold_ <= Duration::zero() || ends_))) {
        close_held(held);
    } else if (was_remote) {
        {
            const MutexLock lock(port.mutex_);
            port.held_until_ = Clock::now() + hold_;
        }
        (void)port.hold_mail_->post(*port.worker_.mailbox(), port.shared_from_this());
    }
}

// Null, with the reason, if the server cannot listen there.
PortTable::PortPtr PortTable::open_remote(const RemotePort& port, const runtime::SocketAddress& at,
                                          runtime::Worker& worker, const Opening& opening, std::error_code& error) {
    if (of_others_ >= limits_.of_others) {
        error = std::make_error_code(std::errc::too_many_files_open);
        return nullptr;
    }
    const ClientId owner{port.owner, port.party};
    PortPtr opened = open_anew(owner, at, worker, opening, error);
    if (opened) {
        opened->is_counted_ = false;
        Ports alone;
        alone.emplace(key_of(owner, *opened), opened);
        held_.emplace(HeldKey{port.owner, port.transport, port.port}, alone.extract(alone.begin()));
        ++of_others_;
    }
    return opened;
}

bool PortTable::set_remote(const RemotePort& port, const runtime::SocketAddress& at, runtime::Worker& worker,
                           const PortOpener& open, const DatagramOpener& open_udp, std::error_code& error) {
    check_here(worker);
    SharedPort::Carriers carriers;
    for (const auto& carrier : port.carriers) {
        (void)carriers.add(carrier, port.port);
    }
    const MutexLock lock(mutex_);
    bool is_open = false;
    bool is_full = false;
    for (const PortPtr& there : ports_at({port.transport, port.port})) {
        if (carriers.empty() || there->client_.first != port.owner) {
            end_remote(*there, carriers.empty());  // of another token: the cluster has given the port to this one
        } else {
            (add_remote(*there, carriers) ? is_open : is_full) = true;
        }
    }
    if (carriers.empty() || is_open) {
        return true;
    }
    if (is_full || ends_) {
        error = std::make_error_code(is_full ? std::errc::too_many_files_open : std::errc::operation_canceled);
        return false;
    }
    const DatagramTerms terms;
    const Opening opening =
        port.transport == Transport::tcp ? tcp_opening(worker, open) : udp_opening(worker, open_udp, terms);
    const PortPtr opened = open_remote(port, at, worker, opening, error);
    if (opened) {
        opened->set_remote(std::move(carriers));
    }
    return opened != nullptr;
}

bool PortTable::dispatch_local(Transport transport, std::uint16_t port, Visitor& visitor) {
    std::vector<PortPtr> ports;
    {
        const MutexLock lock(mutex_);
        ports = ports_at({transport, port});
    }
    visitor.is_forwarded = true;
    for (const PortPtr& there : ports) {
        visitor.port = there;
        try {
            if (there->give(visitor)) {
                return true;
            }
        } catch (const std::exception&) {
            if (!visitor.port) {
                return true;  // lost on the way: its connection was reset
            }
        }
    }
    visitor.port = nullptr;
    visitor.is_forwarded = false;
    return false;
}

}  // namespace ferrotunnel::directory
