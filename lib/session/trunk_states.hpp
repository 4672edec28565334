// A client link's state of each of its trunks.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "login/handshake.hpp"

namespace ferrotunnel::session {

struct TrunkState {
    enum class Phase : std::uint8_t { idle, waiting, connecting, open } phase = Phase::idle;
    bool draining = false;       // the server accepts no new visitors on this trunk
    std::uint64_t features = 0;  // agreed with the server
    wire::Proof login_proof{};   // of its login: proofs of services are bound to it
    std::uint64_t login = 0;     // number of the login of the present session
    std::size_t retiring = 0;    // earlier sessions that still have visitors

    bool is_open() const noexcept { return phase == Phase::open; }
    bool accepts_visitors() const noexcept { return is_open() && !draining; }
    bool has_session() const noexcept { return phase == Phase::connecting || phase == Phase::open; }
};

/// The states of all trunks of a link, by place. Lives on the link's worker.
class TrunkStates {
public:
    explicit TrunkStates(std::size_t trunks) : states_(trunks) {}

    std::size_t size() const noexcept { return states_.size(); }
    const TrunkState& at(std::size_t place) const { return states_[place]; }
    TrunkState& at(std::size_t place) { return states_[place]; }

    unsigned open_count() const noexcept {
        return static_cast<unsigned>(std::ranges::count_if(states_, &TrunkState::is_open));
    }
    bool any_connecting() const noexcept {
        return std::ranges::any_of(states_,
                                   [](const TrunkState& one) { return one.phase == TrunkState::Phase::connecting; });
    }
    bool any_draining() const noexcept {
        return std::ranges::any_of(states_, [](const TrunkState& one) { return one.is_open() && one.draining; });
    }
    /// Whether there is a session, present or retired.
    bool any_session() const noexcept {
        return std::ranges::any_of(states_,
                                   [](const TrunkState& one) { return one.has_session() || one.retiring > 0; });
    }
    /// An open trunk, if possible one that accepts visitors.
    std::optional<std::size_t> first_open() const noexcept {
        std::optional<std::size_t> draining;
        for (std::size_t place = 0; place < states_.size(); ++place) {
            if (states_[place].accepts_visitors()) {
                return place;
            }
            if (states_[place].is_open() && !draining) {
                draining = place;
            }
        }
        return draining;
    }
    /// The trunk's name in logs, like "2/4".
    std::string name_of(std::size_t place) const {
        return std::to_string(place + 1) + '/' + std::to_string(states_.size());
    }

private:
    std::vector<TrunkState> states_;
};

}  // namespace ferrotunnel::session
