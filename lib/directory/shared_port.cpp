#include "directory/shared_port.hpp"

#include <algorithm>
#include <exception>

#include "base/limits.hpp"
#include "directory/loop_guard.hpp"
#include "runtime/datagram_socket.hpp"

namespace ferrotunnel::directory {

// --- one port ---

// Properties of the visitor for the choice of a group member.
BalanceContext SharedPort::context_of(const Visitor& visitor) const {
    BalanceContext context;
    if (carriers_.is_group()) {
        context.now = Clock::now();
        context.sticky.address = address_hash(runtime::visitor_address(visitor.from));
    }
    return context;
}

// A trunk of an own client, unless there is none, or none that is connected: then another member's.
std::optional<SharedPort::Choice> SharedPort::choose_for(Visitor& visitor) {
    const Carriers::Carrier* const own = carriers_.choose(visitor.excluded_carriers, context_of(visitor));
    if (!remote_.empty() && !visitor.is_forwarded && (own == nullptr || own->health.waits)) {
        if (const Carriers::Carrier* const other = remote_.choose(visitor.excluded_carriers)) {
            count_at(nullptr, visitor.of_member);
            return Choice{other->trunk, other->service};
        }
    }
    if (own == nullptr) {
        return std::nullopt;
    }
    count_at(carriers_.member_of(*own), visitor.of_member);
    return Choice{own->trunk, own->service};
}

// Hands the visitor to a carrier, or lets it wait for one. False if neither is possible.
bool SharedPort::give(Visitor& visitor) {
    std::optional<Choice> carrier;
    {
        const MutexLock lock(mutex_);
        // A visitor that a carrier has passed on came before the queued ones.
        const bool waits = held_until_ || (!queue_.empty() && visitor.excluded_carriers.empty());
        if (waits && !visitor.is_forwarded) {
            return hold_visitor(visitor);
        }
        carrier = choose_for(visitor);
    }
    if (!carrier) {
        return false;
    }
    carrier->trunk->take(std::move(visitor), carrier->service);
    return true;
}

void SharedPort::dispatch(Visitor visitor) noexcept try {
    give(visitor);  // on failure the last carrier has left for good, and the visitor's connection is reset
} catch (const std::exception&) {
    // No memory for the mail: only this visitor's connection is reset.
}

// Each carrier passes a visitor on once, so this ends, even if carriers join all the time.
bool SharedPort::pass_on(Visitor& visitor, const VisitorCarrier& from) noexcept try {
    if (visitor.excluded_carriers.size() >= limits::trunks_per_tunnel_max) {
        return false;
    }
    visitor.excluded_carriers.push_back(from.carrier_id());
    return give(visitor) || wait_for_member(visitor);
} catch (const std::exception&) {
    return !visitor.port;  // lost on the way
}

void SharedPort::update_accept_pause() noexcept {
    if (worker_.here()) {
        pause_or_resume();
    } else {
        (void)update_mail_->post(*worker_.mailbox(), shared_from_this());
    }
}

// Pauses or resumes the listener, which may be gone.
void SharedPort::pause_or_resume() noexcept {
    if (listener_) {
        const std::size_t trunks = with_carriers([](const auto& carriers) { return carriers.size(); });
        listener_->set_paused(trunks > 0 && accept_pauses_.load() >= trunks && !has_remote());
    }
}

std::uint64_t SharedPort::visitors() {
    return with_carriers([](const auto& carriers) { return carriers.load() / 2; });  // a load counts each visitor twice
}

HealthTransition SharedPort::record_outcome(const GroupMember& member, MemberOutcome outcome, TimePoint now,
                                            Duration& time) {
    return with_carriers([&](auto& carriers) { return carriers.record_outcome(member, outcome, now, time); });
}

std::shared_ptr<GroupMember> SharedPort::member_of(const VisitorCarrier& trunk) {
    return with_carriers([&](auto& carriers) { return carriers.member_of(trunk); });
}

void SharedPort::report_loop() {
    std::shared_ptr<VisitorCarrier> trunk;
    std::uint32_t service = 0;
    with_carriers([&](auto& carriers) {
        if (const auto* carrier = carriers.choose({})) {
            trunk = carrier->trunk;
            service = carrier->service;
        }
    });
    if (trunk) {
        trunk->on_loop_detected(service);
    }
}

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

bool PortTable::carries(SharedPort& port, std::uint32_t service) {
    return port.with_carriers([service](const auto& carriers) { return carriers.has_service(service); });
}

PortTable::Opening PortTable::tcp_opening(runtime::Worker& worker, const PortOpener& open) const {
    const auto listen = [this](const runtime::SocketAddress& address, std::error_code& why) {
        return passed_->listen_on(address, why);
    };
    const auto open_tcp = [&worker, &open](runtime::Fd listener, SharedPort& port) {
        auto guard = std::make_shared<LoopGuard>(worker, port);
        return open(worker, std::move(listener),
                    [to = &port, guard = std::move(guard)](runtime::Fd socket, const runtime::SocketAddress& from) {
                        guard->take(Visitor(std::move(socket), from, to->shared_from_this()));
                    });
    };
    return {Transport::tcp, listen, open_tcp};
}

PortTable::Joined PortTable::join(const ClientId& client, const runtime::SocketAddress& at,
                                  std::shared_ptr<VisitorCarrier> trunk, std::uint32_t service, runtime::Worker& worker,
                                  const PortOpener& open, std::error_code& error, const Ended& ended,
                                  const std::optional<Membership>& membership, const CarrierHealth& health) {
    return join(client, at, std::move(trunk), service, worker, tcp_opening(worker, open), error, ended, membership,
                health);
}

PortTable::Opening PortTable::udp_opening(runtime::Worker& worker, const DatagramOpener& open,
                                          const DatagramTerms& terms) const {
    const auto open_udp = [&](runtime::Fd socket, SharedPort& port) {
        return open(worker, std::move(socket), terms,
                    [to = &port](IntrusivePtr<DistantVisitor> datagrams, const runtime::SocketAddress& from) {
                        Visitor visitor(runtime::Fd(), from, to->shared_from_this());
                        visitor.distant = std::move(datagrams);
                        to->dispatch(std::move(visitor));
                    });
    };
    const auto bind = [this](const runtime::SocketAddress& address, std::error_code& why) {
        return passed_->bind_datagrams(address, why);
    };
    return {Transport::udp, bind, open_udp, &terms};
}

PortTable::Joined PortTable::join(const ClientId& client, const runtime::SocketAddress& at,
                                  std::shared_ptr<VisitorCarrier> trunk, std::uint32_t service, runtime::Worker& worker,
                                  const DatagramOpener& open, const DatagramTerms& terms, std::error_code& error,
                                  const Ended& ended, const std::optional<Membership>& membership,
                                  const CarrierHealth& health) {
    return join(client, at, std::move(trunk), service, worker, udp_opening(worker, open, terms), error, ended,
                membership, health);
}

PortTable::Joined PortTable::join(const ClientId& client, const runtime::SocketAddress& at,
                                  std::shared_ptr<VisitorCarrier> trunk, std::uint32_t service, runtime::Worker& worker,
                                  const Opening& opening, std::error_code& error, const Ended& ended,
                                  const std::optional<Membership>& membership, const CarrierHealth& health) {
    check_here(worker);
    SharedPort::Carriers::Trunks replaced;
    std::shared_ptr<SharedPort> port;
    bool opened = false;
    {
        const MutexLock lock(mutex_);
        if (auto refusal = ended ? ended() : std::nullopt) {
            return {nullptr, false, std::move(refusal)};
        }
        const ClientId& owner = membership ? membership->group : client;
        auto known = membership && at.port() == 0 ? first_of(owner, opening.transport)
                                                  : ports_.find({owner, opening.transport, at.port()});
        auto in_way = held_.end();
        const auto held =
            known == ports_.end() ? find_held(owner, at, opening, membership.has_value(), in_way) : held_.end();
        if (known != ports_.end()) {
            // Trunks share a port for the same service. Another service of the client finds it in use, as a stranger's
            // service does.
            const bool is_same = membership || carries(*known->second, service);
            if (known->second->address().ip() != at.ip() || !is_same) {
                error = std::make_error_code(std::errc::address_in_use);
                return {};
            }
            port = known->second;
            if (membership) {
                if (auto why = port->with_carriers([&](const auto& list) { return list.why_not_join(*membership); })) {
                    return {nullptr, false, std::move(why)};
                }
            }
        } else {
            opened = true;
            if (auto full = why_full(owner, held != held_.end() ? held->second.mapped().get() : nullptr)) {
                return {nullptr, false, std::move(full)};
            }
            SharedPort::Carriers remote = clear_way(in_way);
            port = held != held_.end() ? held->second.mapped() : open_anew(owner, at, worker, opening, error);
            if (!port) {
                return {};
            }
            if (!remote.empty()) {
                port->set_remote(std::move(remote));
            }
        }
        std::size_t* const of_client = opened ? &of_client_[owner] : nullptr;
        const bool counts_for_token = opened && (held == held_.end() || !port->is_counted_);
        std::size_t* const of_token = counts_for_token ? &of_token_[owner.first] : nullptr;
        // Before the port is registered: if memory runs out here, no port without a carrier is left.
        replaced = port->with_carriers(
            [&](auto& carriers) { return carriers.add(std::move(trunk), service, membership, health); });
        if (held != held_.end()) {
            ++*of_client;
            adopt_held(held, owner);
        } else if (opened) {
            ports_.emplace(key_of(owner, *port), port);
            ++*of_client;
        }
        if (of_token != nullptr) {
            ++*of_token;
        }
    }
    port->end_hold();
    port->update_accept_pause();
    for (const auto& yielded : replaced) {
        yielded->dropped(port);
    }
    return {std::move(port), opened};
}

// Opens a port that is not open. Null, and the reason, if it cannot be opened.
std::shared_ptr<SharedPort> PortTable::open_anew(const ClientId& owner, const runtime::SocketAddress& at,
                                                 runtime::Worker& worker, const Opening& opening,
                                                 std::error_code& error) {
    runtime::Fd listener = opening.listen(at, error);
    if (!listener) {
        return nullptr;
    }
    const runtime::SocketAddress chosen = runtime::local_address(listener.get());
    if (ports_.contains({owner, opening.transport, chosen.port()})) {  // on another address
        error = std::make_error_code(std::errc::address_in_use);
        return nullptr;
    }
    auto port = std::make_shared<SharedPort>(worker);
    port->client_ = owner;
    port->address_ = chosen;
    port->transport_ = opening.transport;
    port->table_ = weak_from_this();
    port->limiter_ = limiter_;
    if (opening.terms != nullptr) {
        port->terms_ = *opening.terms;
    }
    by_number_.add(port);
    port->hold_timer_.emplace(worker, [at = port.get()] { at->update_hold(); });
    port->listener_ = opening.open(std::move(listener), *port);
    ++changes_;
    return port;
}

// The owner may have changed since the trunk joined it, so the port itself is asked.
void PortTable::leave(SharedPort& port, const VisitorCarrier& trunk, bool may_return) {
    const MutexLock lock(mutex_);
    const auto known = ports_.find(key_of(port.client_, port));
    const bool is_its = known != ports_.end() && known->second.get() == &port;
    const bool holds = is_its && may_return && hold_ > Duration::zero();
    // A visitor finds the trunk, or the hold.
    if (port.remove(trunk, holds ? std::optional(Clock::now() + hold_) : std::nullopt)) {
        const bool others_have_it = is_its && !ends_ && port.has_remote();
        if (!(others_have_it ? keep_remote(known) : holds && keep_held(known))) {
            close_port(port);
        }
    } else {
        port.update_accept_pause();
    }
}

void PortTable::close(SharedPort& port, const VisitorCarrier& trunk) {
    SharedPort::Carriers::Trunks trunks;
    {
        const MutexLock lock(mutex_);
        bool nobody_left = false;
        trunks = port.with_carriers([&](auto& carriers) {
            auto removed = carriers.remove_all_of(trunk);
            nobody_left = carriers.empty();
            return removed;
        });
        const auto known = ports_.find(key_of(port.client_, port));
        const bool is_its = known != ports_.end() && known->second.get() == &port;
        if (!nobody_left) {
            port.update_accept_pause();
        } else if (!is_its || ends_ || !port.has_remote() || !keep_remote(known)) {
            close_port(port);
        }
    }
    const std::shared_ptr<SharedPort> closed = port.shared_from_this();
    for (const auto& other : trunks) {
        if (other.get() != &trunk) {
            other->dropped(closed);
        }
    }
}

// Closes a port without carriers. Does nothing if this has been done already.
void PortTable::close_port(SharedPort& port) {
    auto known = ports_.find(key_of(port.client_, port));
    if (known == ports_.end() || known->second.get() != &port) {
        return;
    }
    close_node(ports_.extract(known));
}

void PortTable::close_node(Ports::node_type node) noexcept {
    const std::shared_ptr<SharedPort> closed = node.mapped();
    closing_.insert(std::move(node));  // the node as it is: nothing here may allocate
    by_number_.remove(closed);
    closed->end_hold();
    ++changes_;
    if (!handed_over_) {  // otherwise they belong to another process
        closed->listener_->refuse_visitors();
    }
    // Always by mail, since the listener may be our caller.
    (void)closed->close_mail_->post(*closed->worker_.mailbox(), closed);
}

// Destroys the listener; runs on its worker.
void SharedPort::close_listener(const std::shared_ptr<SharedPort>& closed) noexcept {
    closed->end_listening();
    if (const auto table = closed->table_.lock()) {
        table->forget(*closed);
    }
}

// Uncounts a port whose listener is really closed.
void PortTable::forget(const SharedPort& port) {
    const MutexLock lock(mutex_);
    const auto [first, last] = closing_.equal_range(key_of(port.client_, port));
    const auto at = std::find_if(first, last, [&port](const auto& entry) { return entry.second.get() == &port; });
    if (at == last) {
        return;
    }
    closing_.erase(at);
    uncount(port);
}

void PortTable::uncount(const SharedPort& port) noexcept {
    if (!port.is_counted_) {
        --of_others_;
        return;
    }
    uncount_client(port.client_);
    const auto counted = of_token_.find(port.client_.first);
    if (--counted->second == 0) {
        of_token_.erase(counted);
    }
}

void PortTable::uncount_client(const ClientId& client) noexcept {
    const auto counted = of_client_.find(client);
    if (--counted->second == 0) {
        of_client_.erase(counted);
    }
}

// Why the client can have no more ports. `held`: the port that it is about to get, which counts for its token and its
// last owner already, unless only other members have it.
std::optional<Refusal> PortTable::why_full(const ClientId& client, const SharedPort* held) {
    const bool is_counted = held != nullptr && held->is_counted_;
    if (is_counted && held->client_ == client) {
        return std::nullopt;
    }
    const auto is_at = [](const auto& counts, const auto& of, std::size_t most) {
        const auto counted = counts.find(of);
        return (counted == counts.end() ? 0 : counted->second) >= most;
    };
    if (!is_counted && is_at(of_token_, client.first, limits_.of_token)) {
        close_one_held(client.first);  // a retry finds room
        return too_many_ports("The clients of this token have", limits_.of_token);
    }
    if (is_at(of_client_, client, limits_.of_client)) {
        return too_many_ports("Counting ports that are still being closed, this client has", limits_.of_client);
    }
    return std::nullopt;
}

void PortTable::end() {
    std::multimap<Key, std::shared_ptr<SharedPort>> left;
    {
        const MutexLock lock(mutex_);
        left.swap(closing_);
    }
    for (const auto& [key, port] : left) {
        port->end_listening();
    }
}

void PortTable::set_health(SharedPort& port, const VisitorCarrier& trunk, const CarrierHealth& health) {
    port.with_carriers([&](auto& carriers) { carriers.set_health(trunk, health); });
}

void PortTable::yield(SharedPort& port, const VisitorCarrier& trunk) {
    port.with_carriers([&trunk](auto& carriers) { carriers.set_yields(trunk); });
}

void PortTable::handover_port(const std::vector<ClientId>& from, const ClientId& to, Transport transport,
                              const runtime::SocketAddress& at) {
    SharedPort::Carriers::Trunks dropped;
    std::shared_ptr<SharedPort> port;
    {
        const MutexLock lock(mutex_);
        for (const ClientId& owner : from) {
            const auto known = ports_.find({owner, transport, at.port()});
            if (known == ports_.end() || ports_.contains({to, transport, at.port()})) {
                continue;
            }
            port = known->second;
            if (port->address().ip() != at.ip()) {
                dropped = port->with_carriers([](auto& carriers) { return carriers.remove_all(); });
                close_port(*port);
                break;
            }
            std::size_t& of_client = of_client_[to];  // statements that may run out of memory come first
            auto node = ports_.extract(known);
            node.key() = {to, transport, at.port()};
            ports_.insert(std::move(node));
            ++of_client;
            if (const auto before = of_client_.find(owner); --before->second == 0) {
                of_client_.erase(before);
            }
            port->client_ = to;
            port->with_carriers([](auto& carriers) { carriers.set_outgoing(); });
            break;
        }
    }
    for (const auto& trunk : dropped) {
        trunk->dropped(port);
    }
}

// The group's port, which another member has opened meanwhile.
PortTable::Ports::iterator PortTable::first_of(const ClientId& owner, Transport transport) {
    const auto first = ports_.lower_bound({owner, transport, 0});
    const bool is_its =
        first != ports_.end() && std::get<0>(first->first) == owner && std::get<1>(first->first) == transport;
    return is_its ? first : ports_.end();
}

std::uint16_t PortTable::port_of(const ClientId& client, std::uint32_t service, Transport transport) const {
    const MutexLock lock(mutex_);
    for (auto at = ports_.lower_bound({client, transport, 0});
         at != ports_.end() && std::get<0>(at->first) == client && std::get<1>(at->first) == transport; ++at) {
        if (service == 0 || carries(*at->second, service)) {
            return std::get<2>(at->first);
        }
    }
    return 0;
}

}  // namespace ferrotunnel::directory
