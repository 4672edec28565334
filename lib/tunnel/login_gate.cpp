#include "tunnel/login_gate.hpp"

#include <algorithm>
#include <utility>

namespace ferrotunnel::tunnel {

std::string block_of(const runtime::SocketAddress& from) {
    const std::string ip = from.ip();
    if (const auto dot = ip.rfind('.'); dot != std::string::npos) {
        return ip.substr(0, dot) + ".0/24";
    }
    if (from.family() != AF_INET6) {
        return ip;
    }
    sockaddr_in6 block = *reinterpret_cast<const sockaddr_in6*>(from.raw());
    std::fill(std::begin(block.sin6_addr.s6_addr) + 6, std::end(block.sin6_addr.s6_addr), std::uint8_t{0});
    return runtime::SocketAddress(reinterpret_cast<const sockaddr*>(&block), sizeof block).ip() + "/48";
}

LoginGate::Answer LoginGate::enter(const runtime::SocketAddress& from, TimePoint now) {
    const std::string address = network_of(from);
    auto ticket = std::make_shared<Ticket>(shared_from_this());
    Answer answer;
    std::function<void()> give_way;  // to be called without the lock
    {
        std::lock_guard lock(mutex_);
        if (!from.is_loopback() && !rate_.take(address, now)) {
            answer.fault = Fault::too_often;
            return answer;
        }
        if (!counts_->has_room_for(address)) {
            answer.fault = Fault::address_full;
            return answer;
        }
        if (counts_->count() >= settings_.max) {
            answer.fault = Fault::full;
            give_way = make_room(answer);
        }
        if (auto counted = counts_->enter(address)) {
            std::string block = block_of(from);
            ++blocks_[block];
            ticket->place_ = places_.insert(places_.end(), {std::move(block), std::move(counted), ticket.get()});
            ticket->inside_ = true;
            answer.ticket = std::move(ticket);
        }
    }
    if (give_way) {
        give_way();
    }
    return answer;
}

// Not one that has not said yet how it is ended: it is about to.
std::function<void()> LoginGate::make_room(Answer& answer) {
    const auto most = std::max_element(blocks_.begin(), blocks_.end(),
                                       [](const auto& a, const auto& b) { return a.second < b.second; });
    if (most == blocks_.end()) {
        return nullptr;
    }
    answer.crowd = most->first;
    answer.crowd_has = most->second;
    const auto oldest = std::find_if(places_.begin(), places_.end(), [&answer](const Place& place) {
        return place.block == answer.crowd && place.ticket->give_way_;
    });
    if (oldest == places_.end()) {
        return nullptr;
    }
    auto give_way = std::exchange(oldest->ticket->give_way_, nullptr);
    take_out(oldest);
    return give_way;
}

void LoginGate::take_out(Places::iterator place) {
    place->ticket->inside_ = false;
    if (const auto block = blocks_.find(place->block); --block->second == 0) {
        blocks_.erase(block);
    }
    places_.erase(place);
}

void LoginGate::leave(Ticket& ticket) {
    std::lock_guard lock(mutex_);
    if (ticket.inside_) {
        take_out(ticket.place_);
    }
}

void LoginGate::set_give_way(Ticket& ticket, std::function<void()> give_way) {
    std::lock_guard lock(mutex_);
    if (ticket.inside_) {
        ticket.give_way_ = std::move(give_way);
    }
}

}  // namespace ferrotunnel::tunnel
