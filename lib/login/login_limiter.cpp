#include "login/login_limiter.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"

namespace ferrotunnel::login {

LoginLimiter::LoginLimiter(const Settings& settings) : settings_(settings), rate_(settings.rate) {
    check(settings.max > 0, "a login gate has a positive capacity");
}

LoginLimiter::Answer LoginLimiter::enter(const runtime::SocketAddress& from, TimePoint now) {
    const AddressNetworks networks = networks_of(from);
    auto ticket = std::make_shared<Ticket>(shared_from_this());
    Answer answer;
    if (auto network = from.is_loopback() ? std::nullopt : rate_.take(networks, now)) {
        answer.fault = Fault::too_often;
        answer.network = std::move(*network);
        return answer;
    }
    std::function<void()> evict;  // call it without the lock
    {
        const MutexLock lock(mutex_);
        if (const NetworkTickets* tickets = find_full_network(networks, answer)) {
            evict = make_room(*tickets);
            if (!evict) {
                return answer;
            }
        }
        add(*ticket, networks);
        answer.ticket = std::move(ticket);
    }
    if (evict) {
        evict();
    }
    return answer;
}

// The network from which a connection must be evicted before the next one is admitted; null if there is room. Otherwise
// fills in the reason in `answer`.
const LoginLimiter::NetworkTickets* LoginLimiter::find_full_network(const AddressNetworks& networks,
                                                                    Answer& answer) const {
    for (std::size_t i = 0; i < network_levels; ++i) {
        const auto tickets = levels_[i].find(networks[i]);
        if (tickets != levels_[i].end() && tickets->second.size() >= settings_.level_max[i]) {
            answer.fault = Fault::network_full;
            answer.network = tickets->first;
            answer.present = static_cast<std::uint32_t>(tickets->second.size());
            return &tickets->second;
        }
    }
    if (count_ < settings_.max) {
        return nullptr;
    }
    const TicketsByNetwork& blocks = levels_.back();
    // Of several equally large blocks, the one with the oldest connection: an attacker that holds one place in each of
    // very many blocks must not displace peers that have just arrived.
    const auto most = std::max_element(blocks.begin(), blocks.end(), [](const auto& a, const auto& b) {
        const auto rank = [](const NetworkTickets& tickets) {
            return std::pair(tickets.size(), ~tickets.front()->number_);
        };
        return rank(a.second) < rank(b.second);
    });
    answer.fault = Fault::full;
    answer.network = most->first;
    answer.present = static_cast<std::uint32_t>(most->second.size());
    return &most->second;
}

// Removes the oldest connection that can be ended. One that has not set its function yet is about to do so.
std::function<void()> LoginLimiter::make_room(const NetworkTickets& tickets) {
    const auto oldest = std::find_if(tickets.begin(), tickets.end(), [](const Ticket* one) { return !!one->evict_; });
    if (oldest == tickets.end()) {
        return nullptr;
    }
    Ticket& ticket = **oldest;
    auto evict = std::exchange(ticket.evict_, nullptr);
    remove(ticket);
    return evict;
}

void LoginLimiter::add(Ticket& ticket, const AddressNetworks& networks) {
    ticket.number_ = ++last_number_;
    ticket.inside_ = true;  // from now on it is removed, even if memory runs out below
    ++count_;
    for (std::size_t i = 0; i < network_levels; ++i) {
        if (!networks[i].empty()) {
            NetworkTickets itself{&ticket};
            const auto tickets = levels_[i].try_emplace(networks[i]).first;
            ticket.places_[i] = {tickets, itself.begin()};
            tickets->second.splice(tickets->second.end(), itself);
        }
    }
}

void LoginLimiter::remove(Ticket& ticket) noexcept {
    ticket.inside_ = false;
    --count_;
    for (std::size_t i = 0; i < network_levels; ++i) {
        if (const auto place = std::exchange(ticket.places_[i], std::nullopt)) {
            place->tickets->second.erase(place->at);
            if (place->tickets->second.empty()) {
                levels_[i].erase(place->tickets);
            }
        }
    }
}

void LoginLimiter::leave(Ticket& ticket) noexcept {
    const MutexLock lock(mutex_);
    if (ticket.inside_) {
        remove(ticket);
    }
}

void LoginLimiter::set_evict(Ticket& ticket, std::function<void()> evict) {
    const MutexLock lock(mutex_);
    if (ticket.inside_) {
        ticket.evict_ = std::move(evict);
    }
}

std::uint32_t LoginLimiter::count() const {
    const MutexLock lock(mutex_);
    return count_;
}

}  // namespace ferrotunnel::login
