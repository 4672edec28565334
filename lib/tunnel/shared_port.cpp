#include "tunnel/shared_port.hpp"

#include <algorithm>
#include <exception>

#include "base/limits.hpp"

namespace ferrotunnel::tunnel {

// --- one port ---

// Null: nobody is left. The lock is held.
const SharedPort::Carrier* SharedPort::choose(const Visitor& visitor) {
    const auto& passed = visitor.passed_on_by;
    const std::size_t count = carriers_.size();
    const std::size_t turn = turn_;
    const Carrier* best = nullptr;
    std::uint64_t fewest = 0;
    for (std::size_t i = 0; i < count && (best == nullptr || fewest > 0); ++i) {
        const std::size_t at = (turn + i) % count;
        const Carrier& carrier = carriers_[at];
        if (!passed.empty() && std::find(passed.begin(), passed.end(), carrier.trunk.get()) != passed.end()) {
            continue;
        }
        if (const std::uint64_t load = carrier.trunk->load(); best == nullptr || load < fewest) {
            best = &carrier;
            fewest = load;
            turn_ = at + 1;
        }
    }
    return best;
}

// False: to nobody.
bool SharedPort::give(Visitor& visitor) {
    std::shared_ptr<VisitorCarrier> trunk;
    std::uint32_t service = 0;
    {
        std::lock_guard lock(mutex_);
        const Carrier* carrier = choose(visitor);
        if (carrier == nullptr) {
            return false;
        }
        trunk = carrier->trunk;
        service = carrier->service;
    }
    trunk->take(std::move(visitor), service);
    return true;
}

void SharedPort::hand_over(Visitor visitor) noexcept try {
    give(visitor);  // or the last one has just left: the visitor is reset
} catch (const std::exception&) {
    // No memory for the mail: the visitor is reset, and nobody else notices.
}

// Each carrier passes a visitor on once, so that this comes to an end; also where carriers join all the time.
bool SharedPort::pass_on(Visitor& visitor, const VisitorCarrier& from) noexcept try {
    if (visitor.passed_on_by.size() >= limits::trunks_per_tunnel_max) {
        return false;
    }
    visitor.passed_on_by.push_back(&from);
    return give(visitor);
} catch (const std::exception&) {
    return false;
}

// Those whose place it takes.
SharedPort::Trunks SharedPort::add(std::shared_ptr<VisitorCarrier> trunk, std::uint32_t service) {
    Trunks replaced;
    std::lock_guard lock(mutex_);
    for (Carrier& carrier : carriers_) {
        if (carrier.yields) {
            replaced.push_back(std::move(carrier.trunk));
        }
    }
    std::erase_if(carriers_, [](const Carrier& carrier) { return carrier.yields; });
    carriers_.push_back({std::move(trunk), service, false});
    return replaced;
}

// True when nobody is left.
bool SharedPort::remove(const VisitorCarrier& trunk) {
    std::lock_guard lock(mutex_);
    std::erase_if(carriers_, [&trunk](const Carrier& carrier) { return carrier.trunk.get() == &trunk; });
    return carriers_.empty();
}

SharedPort::Trunks SharedPort::remove_all() {
    Trunks trunks;
    std::lock_guard lock(mutex_);
    for (Carrier& carrier : carriers_) {
        trunks.push_back(std::move(carrier.trunk));
    }
    carriers_.clear();
    return trunks;
}

bool SharedPort::has_service(std::uint32_t service) const {
    std::lock_guard lock(mutex_);
    return std::any_of(carriers_.begin(), carriers_.end(),
                       [service](const Carrier& carrier) { return carrier.service == service; });
}

void SharedPort::set_yields(const VisitorCarrier& trunk) {
    std::lock_guard lock(mutex_);
    for (Carrier& carrier : carriers_) {
        carrier.yields = carrier.yields || carrier.trunk.get() == &trunk;
    }
}

// --- all ports ---

PortTable::Joined PortTable::join(const ClientId& client, const runtime::SocketAddress& at,
                                  std::shared_ptr<VisitorCarrier> trunk, std::uint32_t service, runtime::Worker& worker,
                                  const PortOpener& open, std::error_code& error) {
    SharedPort::Trunks replaced;
    std::shared_ptr<SharedPort> port;
    bool opened = false;
    {
        std::lock_guard lock(mutex_);
        auto known = ports_.find({client, at.port()});
        if (known != ports_.end()) {
            // Trunks share a port for the same service. Another one of the client's finds it taken, as a stranger's
            // does.
            if (known->second->address().ip() != at.ip() || !known->second->has_service(service)) {
                error = std::make_error_code(std::errc::address_in_use);
                return {};
            }
            port = known->second;
        } else {
            runtime::Fd listener = runtime::listen_on(at, error);
            if (!listener) {
                return {};
            }
            port = std::make_shared<SharedPort>(worker);
            port->address_ = runtime::local_address(listener.get());
            port->listener_ = open(worker, std::move(listener),
                                   [to = port.get()](runtime::Fd socket, const runtime::SocketAddress& from) {
                                       auto alive = to->shared_from_this();
                                       alive->hand_over(Visitor(std::move(socket), from, alive));
                                   });
            opened = true;
            ports_.emplace(Key{client, port->address_.port()}, port);
        }
        replaced = port->add(std::move(trunk), service);
    }
    for (const auto& yielded : replaced) {
        yielded->dropped(port);
    }
    return {std::move(port), opened};
}

void PortTable::leave(const ClientId& client, SharedPort& port, const VisitorCarrier& trunk) {
    std::lock_guard lock(mutex_);
    if (port.remove(trunk)) {
        take_out(client, port);
    }
}

void PortTable::close(const ClientId& client, SharedPort& port, const VisitorCarrier& trunk) {
    SharedPort::Trunks trunks;
    {
        std::lock_guard lock(mutex_);
        trunks = port.remove_all();
        take_out(client, port);
    }
    const std::shared_ptr<SharedPort> closed = port.shared_from_this();
    for (const auto& other : trunks) {
        if (other.get() != &trunk) {
            other->dropped(closed);
        }
    }
}

// Nobody carries it any more. Nothing to do where that is so already.
void PortTable::take_out(const ClientId& client, SharedPort& port) {
    auto known = ports_.find({client, port.address().port()});
    if (known == ports_.end() || known->second.get() != &port) {
        return;
    }
    const std::shared_ptr<SharedPort> closed = std::move(known->second);
    ports_.erase(known);
    closed->listener_->refuse_visitors();
    closing_.insert(closed);
    // Always by mail, since the listener may be what calls us.
    closed->worker_.post([table = shared_from_this(), closed] { table->take_down(closed); });
}

// On the listener's worker.
void PortTable::take_down(const std::shared_ptr<SharedPort>& port) {
    {
        std::lock_guard lock(mutex_);
        closing_.erase(port);
    }
    port->listener_.reset();
}

void PortTable::end() {
    std::set<std::shared_ptr<SharedPort>> left;
    {
        std::lock_guard lock(mutex_);
        left.swap(closing_);
    }
    for (const auto& port : left) {
        port->listener_.reset();
    }
}

void PortTable::yield(SharedPort& port, const VisitorCarrier& trunk) {
    port.set_yields(trunk);
}

std::uint16_t PortTable::port_of(const ClientId& client, std::uint32_t service) const {
    std::lock_guard lock(mutex_);
    for (auto at = ports_.lower_bound({client, 0}); at != ports_.end() && at->first.first == client; ++at) {
        if (at->second->has_service(service)) {
            return at->first.second;
        }
    }
    return 0;
}

}  // namespace ferrotunnel::tunnel
