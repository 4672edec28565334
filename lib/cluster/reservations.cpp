#include "cluster/reservations.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace ferrotunnel::cluster {

Duration reserved_for(Name::Kind kind) noexcept {
    switch (kind) {
        case Name::Kind::host:
            return limits::host_reserved_for;
        case Name::Kind::tcp_port:
        case Name::Kind::udp_port:
            return limits::port_reserved_for;
        case Name::Kind::service:
            break;  // no other token can have it
    }
    return Duration::zero();
}

bool Reservations::add(MemberIndex from, const Reservation& reservation, TimePoint now) {
    expire(now, 2);
    const TimePoint until = std::min(reservation.until, now + limits::reservation_max);
    if (until <= now) {
        return false;
    }
    const Slot slot = names_.find(reservation.name);
    if (slot != no_slot && names_[slot].reserved.until > now) {
        const bool is_same_token = names_[slot].reserved.token == reservation.token;
        if (is_same_token && names_[slot].reserved.until < until) {
            extend(slot, until);
        }
        return is_same_token;
    }
    if (slot != no_slot) {
        erase(slot);
    }
    Item item({reservation.name, reservation.token, until}, from);
    const std::size_t bytes = names_.bytes_of(item);
    if (from >= counts_.size()) {
        counts_.resize(std::size_t{from} + 1);
    }
    Count& count = counts_[from];
    if (count.size >= limits::reservations_max || count.bytes + bytes > limits::claims_bytes_max) {
        return false;
    }
    by_end().push(names_.insert(std::move(item)));
    ++count.size;
    count.bytes += bytes;
    return true;
}

void Reservations::extend(Slot slot, TimePoint until) {
    by_end().erase(slot);
    names_.reorder(slot, [until](Item& item) { item.reserved.until = until; });
    by_end().push(slot);
}

void Reservations::erase(const Name& name) noexcept {
    const Slot slot = names_.find(name);
    if (slot != no_slot) {
        erase(slot);
    }
}

void Reservations::erase(Slot slot) noexcept {
    by_end().erase(slot);
    const Item item = names_.take(slot);
    Count& count = counts_[item.from];
    --count.size;
    count.bytes -= names_.bytes_of(item);
}

std::optional<Reservation> Reservations::find(const Name& name, TimePoint now) const {
    const Slot slot = names_.find(name);
    return slot != no_slot && names_[slot].reserved.until > now ? std::optional(names_[slot].reserved) : std::nullopt;
}

std::optional<wire::TokenId> Reservations::token_of_root(const Name& name, TimePoint now) const {
    const Slot slot = names_.first_of_root(name);
    return slot != no_slot && names_[slot].reserved.until > now ? std::optional(names_[slot].reserved.token)
                                                                : std::nullopt;
}

std::size_t Reservations::visit(std::size_t position, std::size_t most, TimePoint now,
                                const std::function<bool(const Reservation&)>& visit) const {
    return names_.items().visit(position, most,
                                [&](const Item& item) { return item.reserved.until <= now || visit(item.reserved); });
}

void Reservations::for_each(TimePoint now, const std::function<void(const Reservation&)>& visit_one) const {
    visit(0, std::numeric_limits<std::size_t>::max(), now, [&](const Reservation& reservation) {
        visit_one(reservation);
        return true;
    });
}

std::size_t Reservations::expire(TimePoint now, std::size_t most) noexcept {
    std::size_t removed = 0;
    while (removed < most && next_to_end_ != no_slot && names_[next_to_end_].reserved.until <= now) {
        erase(next_to_end_);
        ++removed;
    }
    return removed;
}

}  // namespace ferrotunnel::cluster
