#include "cluster/hearsay.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace ferrotunnel::cluster {

std::optional<Message> Hearsay::next(TimePoint now) {
    switch (stage_) {
        case Stage::claims:
            return next_claims();
        case Stage::reservations:
            return next_reservations(now);
        case Stage::done:
            break;
    }
    return std::nullopt;
}

std::optional<Message> Hearsay::next_claims() {
    std::optional<MemberIndex> of;
    Have have;
    position_ = context_.table.visit_entries(position_, limits::step_max, [&](const ClaimTable::Entry& entry) {
        if (entry.member == context_.members.own() || !is_asked(entry.claim.name)) {
            return true;
        }
        if (have.claims.size() == limits::claims_per_message || (of && of != entry.member)) {
            return false;
        }
        of = entry.member;
        have.claims.push_back(entry.claim);
        return true;
    });
    stage_ = position_ == 0 ? Stage::reservations : Stage::claims;
    if (!of) {
        return std::nullopt;
    }
    have.of = context_.members.name(*of);
    return have;
}

std::optional<Message> Hearsay::next_reservations(TimePoint now) {
    Reserved reserved;
    position_ =
        context_.table.visit_reservations(position_, limits::step_max, now, [&](const Reservation& reservation) {
            if (!is_asked(reservation.name)) {
                return true;
            }
            if (reserved.names.size() == limits::claims_per_message) {
                return false;
            }
            const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(reservation.until - now).count();
            reserved.names.push_back({reservation.name, reservation.token, static_cast<std::uint64_t>(left)});
            return true;
        });
    stage_ = position_ == 0 ? Stage::done : Stage::reservations;
    return reserved.names.empty() ? std::nullopt : std::optional<Message>(std::move(reserved));
}

}  // namespace ferrotunnel::cluster
