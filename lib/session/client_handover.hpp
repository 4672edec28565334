// Replacement of another client with the same identity (docs/architecture/handover.md).
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <vector>

#include "session/link_context.hpp"
#include "session/offered_services.hpp"

namespace ferrotunnel::session {

/// Lives on the link's worker.
class ClientHandover {
public:
    struct Needs {
        const LinkContext& at;
        const OfferedServices& services;
        std::function<void(std::size_t place, std::vector<wire::ControlPayload>)> send;
    };

    /// `wants_handover`: whether to replace the client with the same identity.
    ClientHandover(Needs needs, bool wants_handover) : needs_(std::move(needs)), wants_handover_(wants_handover) {}

    /// False once it has replaced that client, or cannot.
    bool wants_handover() const noexcept { return wants_handover_; }
    /// Requests the replacement at each server where all services are registered and healthy, so that visitors lose
    /// nothing. To be called whenever something has changed.
    void check();
    void on_taken_over(const wire::TakenOver& answer);

private:
    void check_at(unsigned side);
    bool any_side_left() const noexcept;
    void conclude(std::uint64_t replaced);
    void report_too_old();

    const Needs needs_;
    bool wants_handover_;
    std::array<std::uint64_t, 2> requested_on_{};  // by side: number of the login on which it was requested
    bool found_none_ = false;                      // at a server that has answered
};

}  // namespace ferrotunnel::session
