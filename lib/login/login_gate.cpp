#include "login/login_gate.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"

namespace ferrotunnel::login {

LoginGate::LoginGate(const Settings& settings) : settings_(settings), rate_(settings.rate) {
    check(settings.max > 0, "a login gate has a positive capacity");
}

LoginGate::Answer LoginGate::enter(const runtime::SocketAddress& from, TimePoint now) {
    const AddressNetworks networks = networks_of(from);
    auto ticket = std::make_shared<Ticket>(shared_from_this());
    Answer answer;
    if (auto network = from.is_loopback() ? std::nullopt : rate_.take(networks, now)) {
        answer.fault = Fault::too_often;
        answer.network = std::move(*network);
        return answer;
    }
    std::function<void()> give_way;  // call it without the lock
    {
        const MutexLock lock(mutex_);
        if (const Crowd* crowd = crowded(networks, answer)) {
            give_way = make_room(*crowd);
            if (!give_way) {
                return answer;
            }
        }
        take_in(*ticket, networks);
        answer.ticket = std::move(ticket);
    }
    if (give_way) {
        give_way();
    }
    return answer;
}

// The group from which one has to be removed before another is admitted; null if there is room.
const LoginGate::Crowd* LoginGate::crowded(const AddressNetworks& networks, Answer& answer) const {
    for (std::size_t i = 0; i < network_levels; ++i) {
        const auto crowd = levels_[i].find(networks[i]);
        if (crowd != levels_[i].end() && crowd->second.size() >= settings_.level_max[i]) {
            answer.fault = Fault::network_full;
            answer.network = crowd->first;
            answer.present = static_cast<std::uint32_t>(crowd->second.size());
            return &crowd->second;
        }
    }
    if (count_ < settings_.max) {
        return nullptr;
    }
    const Crowds& blocks = levels_.back();
    // Of several equally large blocks, the one with the oldest connection: an attacker that holds one place in each of
    // very many blocks must not displace peers that have just arrived.
    const auto most = std::max_element(blocks.begin(), blocks.end(), [](const auto& a, const auto& b) {
        const auto rank = [](const Crowd& crowd) { return std::pair(crowd.size(), ~crowd.front()->number_); };
        return rank(a.second) < rank(b.second);
    });
    answer.fault = Fault::full;
    answer.network = most->first;
    answer.present = static_cast<std::uint32_t>(most->second.size());
    return &most->second;
}

// Removes the oldest connection that can be ended. One that has not set its function yet is about to do so.
std::function<void()> LoginGate::make_room(const Crowd& crowd) {
    const auto oldest = std::find_if(crowd.begin(), crowd.end(), [](const Ticket* one) { return !!one->give_way_; });
    if (oldest == crowd.end()) {
        return nullptr;
    }
    Ticket& ticket = **oldest;
    auto give_way = std::exchange(ticket.give_way_, nullptr);
    take_out(ticket);
    return give_way;
}

void LoginGate::take_in(Ticket& ticket, const AddressNetworks& networks) {
    ticket.number_ = ++last_number_;
    ticket.inside_ = true;  // from now on it is removed, even if memory runs out below
    ++count_;
    for (std::size_t i = 0; i < network_levels; ++i) {
        if (!networks[i].empty()) {
            Crowd itself{&ticket};
            const auto crowd = levels_[i].try_emplace(networks[i]).first;
            ticket.places_[i] = {crowd, itself.begin()};
            crowd->second.splice(crowd->second.end(), itself);
        }
    }
}

void LoginGate::take_out(Ticket& ticket) noexcept {
    ticket.inside_ = false;
    --count_;
    for (std::size_t i = 0; i < network_levels; ++i) {
        if (const auto place = std::exchange(ticket.places_[i], std::nullopt)) {
            place->crowd->second.erase(place->at);
            if (place->crowd->second.empty()) {
                levels_[i].erase(place->crowd);
            }
        }
    }
}

void LoginGate::leave(Ticket& ticket) noexcept {
    const MutexLock lock(mutex_);
    if (ticket.inside_) {
        take_out(ticket);
    }
}

void LoginGate::set_give_way(Ticket& ticket, std::function<void()> give_way) {
    const MutexLock lock(mutex_);
    if (ticket.inside_) {
        ticket.give_way_ = std::move(give_way);
    }
}

std::uint32_t LoginGate::count() const {
    const MutexLock lock(mutex_);
    return count_;
}

}  // namespace ferrotunnel::login
