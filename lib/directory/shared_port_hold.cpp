// Ports without an own client: they wait for it to reconnect, with their queued visitors, or other members have it.
// Actions on a port's worker (the end of the time, the next queued visitor) start with its mail, since any thread may
// trigger them.
#include <algorithm>
#include <exception>
#include <utility>

#include "base/clock.hpp"
#include "base/mutex.hpp"
#include "directory/mutant.hpp"
#include "directory/shared_port.hpp"

namespace ferrotunnel::directory {
namespace {

constexpr LogCategory held_ports{"held_ports", limits::client_lines_per_second};

std::int64_t milliseconds_of(Duration time) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
}

}  // namespace

// --- one port ---

// Makes the visitor wait. False if there is no room; it stays with the caller.
bool SharedPort::hold_visitor(Visitor& visitor) {
    HoldSlot place(limiter_, queue_.size() < limits::visitors_held_per_port_max);
    if (place && visitor.distant && !datagrams_) {
        datagrams_ = HeldBytes(limiter_);
    }
    if (!place || (visitor.distant && !datagrams_)) {
        return false;
    }
    visitor.excluded_carriers.clear();
    queue_.push_back({std::move(visitor), std::move(place)});
    return true;
}

// Other members report a port a moment before their client has it, and a moment after it has left.
bool SharedPort::wait_for_member(Visitor& visitor) {
    const auto table = table_.lock();
    if (!table || table->hold_time() <= Duration::zero()) {
        return false;
    }
    {
        const MutexLock lock(mutex_);
        if (remote_.empty() || visitor.is_forwarded || visitor.member_waits >= limits::member_waits_max) {
            return false;
        }
        ++visitor.member_waits;
        if (!hold_visitor(visitor)) {
            return false;
        }
    }
    (void)retry_mail_->post(*worker_.mailbox(), shared_from_this());
    return true;
}

void SharedPort::retry_soon() noexcept {
    if (hold_timer_) {
        hold_timer_->set_after(limits::member_wait);
    }
}

// Removes a carrier. True if it was the last one; then the port is held, unless other members have it.
bool SharedPort::remove(const VisitorCarrier& trunk, std::optional<TimePoint> held_until) {
    const MutexLock lock(mutex_);
    carriers_.remove(trunk);
    if (carriers_.empty() && remote_.empty() && held_until) {
        held_until_ = held_until;
    }
    return carriers_.empty();
}

// Hands the queued visitors to the present carriers; without any their connections are reset.
void SharedPort::end_hold() noexcept {
    {
        const MutexLock lock(mutex_);
        if (!std::exchange(held_until_, std::nullopt)) {
            return;
        }
    }
    if (mutant(Mutant::unreleased)) {
        return;
    }
    // By mail: the caller may be in the middle of an operation, and a trunk calls back.
    (void)hold_mail_->post(*worker_.mailbox(), shared_from_this());
}

// Runs on the port's worker, and does what is due.
void SharedPort::update_hold() noexcept {
    if (!hold_timer_) {
        return;  // the port ended meanwhile, and destroyed its timer
    }
    std::optional<TimePoint> until;
    {
        const MutexLock lock(mutex_);
        until = held_until_;
    }
    if (!until) {
        release_some();
    } else if (Clock::now() < *until || mutant(Mutant::never_given_up)) {
        hold_timer_->set(*until);
    } else if (const auto table = table_.lock()) {
        table->give_up(*this);
    }
}

// The last action on the port's worker. Connections of visitors that still wait are reset.
void SharedPort::end_listening() noexcept {
    hold_timer_.reset();
    listener_.reset();
    std::list<Held> line;
    const MutexLock lock(mutex_);
    line.swap(queue_);  // their entries hold the port
}

void SharedPort::release_some() noexcept {
    std::size_t waiting = 0;
    {
        const MutexLock lock(mutex_);
        waiting = queue_.size();
    }
    std::size_t left = std::max(waiting / 2, limits::visitors_released_at_once_min);
    left = std::min(left, std::max(waiting, std::size_t{1}));  // no visitor twice that waits again at once
    for (; left != 0; --left) {
        bool more = false;
        try {
            more = release_one();
        } catch (const std::exception&) {
            more = true;  // no memory for the mail: that one was reset
        }
        if (!more) {
            hold_timer_->cancel();
            return;
        }
    }
    hold_timer_->set_after(limits::visitors_released_every);
}

// Serves the first visitor in the queue. False if none waits, or they wait again.
bool SharedPort::release_one() {
    std::optional<Choice> carrier;
    std::list<Held> first;  // destroyed outside the lock, since the connection of a visitor without a carrier is reset
    HeldBytes unused;
    {
        const MutexLock lock(mutex_);
        if (queue_.empty() || held_until_) {
            return false;
        }
        carrier = choose_for(queue_.front().visitor);
        first.splice(first.end(), queue_, queue_.begin());
        if (queue_.empty()) {
            std::swap(unused, datagrams_);
        }
    }
    if (!carrier) {
        return true;
    }
    first.front().place.served();
    carrier->trunk->take(std::move(first.front().visitor), carrier->service);
    return true;
}

// --- all ports ---

void PortTable::set_hold(Duration time, Logger* log) {
    const MutexLock lock(mutex_);
    hold_ = time;
    log_ = log != nullptr ? log : log_;
}

Duration PortTable::hold_time() const {
    const MutexLock lock(mutex_);
    return hold_;
}

// Registers a port, which has its state already, as held. False if there is no memory for it, or another port of the
// token has its number on another address.
bool PortTable::keep_held(Ports::iterator known) noexcept try {
    SharedPort& port = *known->second;
    const auto [held, is_new] =
        held_.try_emplace({port.client_.first, port.transport(), port.address().port()}, Ports::node_type());
    if (!is_new) {
        return false;
    }
    held->second = ports_.extract(known);
    (void)port.hold_mail_->post(*port.worker_.mailbox(), port.shared_from_this());
    if (log_ != nullptr && log_->may_write(LogLevel::info, held_ports, Clock::now())) {
        log_->info("a port waits for its client to reconnect",
                   {{"port", port.address().text()}, {"milliseconds", milliseconds_of(hold_)}});
    }
    return true;
} catch (const std::exception&) {
    return false;
}

// The held port that the owner may have at this address, or the one that is in its way.
PortTable::HeldPorts::iterator PortTable::find_held(const ClientId& owner, const runtime::SocketAddress& at,
                                                    const Opening& opening, bool is_group,
                                                    HeldPorts::iterator& in_way) {
    auto held = held_.end();
    if (at.port() != 0) {
        held = held_.find({owner.first, opening.transport, at.port()});
    } else if (is_group) {  // the port that was assigned to the group
        held = std::find_if(held_.begin(), held_.end(), [&](const auto& one) {
            return one.second.mapped()->client_ == owner && one.second.mapped()->transport() == opening.transport;
        });
    }
    if (held == held_.end()) {
        return held;
    }
    const SharedPort& port = *held->second.mapped();
    const bool is_right =
        port.address().ip() == at.ip() && (opening.terms == nullptr || port.terms_.is_like(*opening.terms));
    if (is_right) {
        return held;
    }
    in_way = held;
    return held_.end();
}

// Closes the port that is in the way of another one. Returns the other members that have it.
SharedPort::Carriers PortTable::clear_way(HeldPorts::iterator in_way) {
    if (in_way == held_.end()) {
        return {};
    }
    SharedPort::Carriers remote = in_way->second.mapped()->take_remote();
    close_held(in_way);
    return remote;
}

// Transfers the port to its owner, which carries it already. Needs no memory.
void PortTable::adopt_held(HeldPorts::iterator held, const ClientId& owner) noexcept {
    Ports::node_type node = std::move(held->second);
    held_.erase(held);
    SharedPort& port = *node.mapped();
    if (port.is_counted_) {
        uncount_client(port.client_);
    } else {
        --of_others_;
        port.is_counted_ = true;
    }
    port.client_ = owner;
    node.key() = key_of(owner, port);
    ports_.insert(std::move(node));
}

// Closes a port whose time is over. Does nothing if it is no longer held.
void PortTable::give_up(SharedPort& port) noexcept {
    const MutexLock lock(mutex_);
    const auto held = held_.find({port.client_.first, port.transport(), port.address().port()});
    if (held != held_.end() && held->second.mapped().get() == &port && port.is_held()) {
        close_held(held);
    }
}

void PortTable::close_held(HeldPorts::iterator held) noexcept {
    Ports::node_type node = std::move(held->second);
    held_.erase(held);
    const std::shared_ptr<SharedPort> port = node.mapped();
    try {
        std::size_t waiting = 0;
        bool was_held = false;
        {
            const MutexLock lock(port->mutex_);
            waiting = port->queue_.size();
            was_held = port->held_until_.has_value();
        }
        if (was_held && log_ != nullptr && log_->may_write(LogLevel::info, held_ports, Clock::now())) {
            log_->info("a port was closed: its client has not reconnected",
                       {{"port", port->address().text()}, {"reset", waiting}});
        }
    } catch (const std::exception&) {
        // Only the log line is lost.
    }
    close_node(std::move(node));
}

// Makes room for another port of the token.
void PortTable::close_one_held(const login::TokenId& token) noexcept {
    for (auto held = held_.lower_bound({token, Transport{}, 0});
         held != held_.end() && std::get<0>(held->first) == token; ++held) {
        if (held->second.mapped()->is_counted_) {
            close_held(held);
            return;
        }
    }
}

void PortTable::stop_holding() noexcept {
    const MutexLock lock(mutex_);
    ends_ = true;
    hold_ = Duration::zero();
    while (!held_.empty()) {
        close_held(held_.begin());
    }
}

bool PortTable::hold_known(const login::TokenId& token, const runtime::SocketAddress& at, runtime::Worker& worker,
                           const PortOpener& open) {
    check_here(worker);
    const MutexLock lock(mutex_);
    const ClientId before{token, {}};  // the client that had it is unknown now
    const HeldKey key{token, Transport::tcp, at.port()};
    std::error_code error;
    if (hold_ <= Duration::zero() || held_.contains(key) || why_full(before, nullptr)) {
        return false;
    }
    // If another owner was faster, the port cannot be opened.
    const std::shared_ptr<SharedPort> port = open_anew(before, at, worker, tcp_opening(worker, open), error);
    if (!port) {
        return false;
    }
    std::size_t& of_client = of_client_[before];
    std::size_t& of_token = of_token_[token];
    const auto known = ports_.emplace(key_of(before, *port), port).first;
    ++of_client;
    ++of_token;
    {
        const MutexLock port_lock(port->mutex_);
        port->held_until_ = Clock::now() + hold_;
    }
    if (!keep_held(known)) {
        close_port(*port);
        return false;
    }
    return true;
}

std::vector<runtime::NamedSocket> PortTable::sockets() const {
    std::vector<runtime::NamedSocket> sockets = passed_->copies();
    const auto add = [&sockets](const SharedPort& port) {
        const char* const kind = port.transport() == Transport::tcp ? "tcp-" : "udp-";
        sockets.push_back(
            {runtime::copy_of(port.listener_->descriptor()), kind + std::to_string(port.address().port())});
    };
    const MutexLock lock(mutex_);
    for (const auto& [key, port] : ports_) {
        if (!handed_over_) {
            add(*port);
        }
    }
    for (const auto& [key, node] : held_) {
        add(*node.mapped());
    }
    return sockets;
}

void PortTable::handover_to_process() noexcept {
    const MutexLock lock(mutex_);
    handed_over_ = true;
    for (const auto& [key, port] : ports_) {
        (void)port->handover_mail_->post(*port->worker_.mailbox(), port);
    }
    ends_ = true;
    hold_ = Duration::zero();
    while (!held_.empty()) {
        close_held(held_.begin());
    }
    passed_->clear();
}

PortAddresses PortTable::addresses_beside(const runtime::SocketAddress& usual) const {
    PortAddresses beside;
    const auto add = [&](const login::TokenId& token, const SharedPort& port) {
        if (port.address().ip() != usual.ip()) {
            beside.insert_or_assign({token, port.transport(), port.address().port()}, port.address().ip());
        }
    };
    const MutexLock lock(mutex_);
    for (const auto& [key, port] : ports_) {
        add(std::get<0>(key).first, *port);
    }
    for (const auto& [key, node] : held_) {
        add(std::get<0>(key), *node.mapped());
    }
    return beside;
}

// --- ports of other members of the cluster ---

//   own trunks           in ports_, with or without other members
//   only other members   in held_, and not held: it does not count for its owner's limits, but for Limits::of_others
//   none                 held, then closed; or closed at once

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
    for (const PortPtr& there : by_number_.at({port.transport, port.port})) {
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
        ports = by_number_.at({transport, port});
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
