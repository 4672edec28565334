// A client link's state of each of its trunks.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "login/handshake.hpp"
#include "net/host_port.hpp"

namespace ferrotunnel::session {

struct TrunkState {
    enum class Phase : std::uint8_t { idle, waiting, connecting, open } phase = Phase::idle;
    bool draining = false;       // the server accepts no new visitors on this trunk
    bool detached = false;       // the session has lost its connection, and waits to be resumed
    bool leaving = false;        // it is to be at another server: its session ends, or is being retired
    std::uint64_t features = 0;  // agreed with the server
    wire::Proof login_proof{};   // of its login: proofs of services are bound to it
    std::uint64_t login = 0;     // number of the login of the present session
    std::size_t retiring = 0;    // earlier sessions that still have visitors
    net::HostPort server{};      // where it connects, or is
    std::string member{};        // the server's name in its cluster; empty: none

    bool is_open() const noexcept { return phase == Phase::open; }
    bool accepts_visitors() const noexcept { return is_open() && !draining; }
    bool is_connecting() const noexcept { return phase == Phase::connecting; }
    bool has_session() const noexcept { return is_connecting() || is_open(); }
};

/// The states of all trunks of a link, by place: first those of the first side, then as many of the second one. Lives
/// on the link's worker.
class TrunkStates {
public:
    explicit TrunkStates(std::size_t trunks, unsigned sides = 1) : per_side_(trunks / sides), states_(trunks) {}

    std::size_t size() const noexcept { return states_.size(); }
    unsigned sides() const noexcept { return static_cast<unsigned>(states_.size() / per_side_); }
    std::size_t per_side() const noexcept { return per_side_; }
    unsigned side_of(std::size_t place) const noexcept { return static_cast<unsigned>(place / per_side_); }
    std::span<const TrunkState> of_side(unsigned side) const {
        return std::span(states_).subspan(side * per_side_, per_side_);
    }
    const TrunkState& at(std::size_t place) const { return states_[place]; }
    TrunkState& at(std::size_t place) { return states_[place]; }

    unsigned open_count() const noexcept {
        return static_cast<unsigned>(std::ranges::count_if(states_, &TrunkState::is_open));
    }
    unsigned open_count(unsigned side) const noexcept {
        return static_cast<unsigned>(std::ranges::count_if(of_side(side), &TrunkState::is_open));
    }
    bool any_connecting() const noexcept { return std::ranges::any_of(states_, &TrunkState::is_connecting); }
    bool any_connecting(unsigned side) const noexcept {
        return std::ranges::any_of(of_side(side), &TrunkState::is_connecting);
    }
    bool has_session(unsigned side) const noexcept {
        return std::ranges::any_of(of_side(side), &TrunkState::has_session);
    }
    /// Whether an open trunk that accepts visitors has its connection.
    bool any_attached() const noexcept {
        return std::ranges::any_of(states_,
                                   [](const TrunkState& one) { return one.accepts_visitors() && !one.detached; });
    }
    bool any_draining() const noexcept {
        return std::ranges::any_of(states_, [](const TrunkState& one) { return one.is_open() && one.draining; });
    }
    /// Whether there is a session, present or retired.
    bool any_session() const noexcept {
        return std::ranges::any_of(states_,
                                   [](const TrunkState& one) { return one.has_session() || one.retiring > 0; });
    }
    /// An open trunk, if possible one that accepts visitors now.
    std::optional<std::size_t> first_open() const noexcept { return first_open_among(0, states_.size()); }
    std::optional<std::size_t> first_open(unsigned side) const noexcept {
        return first_open_among(side * per_side_, (side + 1) * per_side_);
    }
    /// The trunk's name in logs, like "2/4": of those to its server.
    std::string name_of(std::size_t place) const {
        return std::to_string(place % per_side_ + 1) + '/' + std::to_string(per_side_);
    }

private:
    std::optional<std::size_t> first_open_among(std::size_t begin, std::size_t end) const noexcept {
        std::optional<std::size_t> best;
        const auto rank = [this](std::size_t place) {
            const TrunkState& one = states_[place];
            return one.accepts_visitors() ? (one.detached ? 1 : 2) : 0;
        };
        for (std::size_t place = begin; place < end; ++place) {
            if (states_[place].is_open() && (!best || rank(place) > rank(*best))) {
                best = place;
            }
        }
        return best;
    }

    std::size_t per_side_;
    std::vector<TrunkState> states_;
};

}  // namespace ferrotunnel::session
