// State that the parts of a ClientLink read, and their way to report.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "runtime/worker.hpp"
#include "session/client_shared.hpp"
#include "session/link_notice.hpp"
#include "session/trunk_states.hpp"

namespace ferrotunnel::session {

/// The phase of a link; client_link.hpp has the transitions.
enum class LinkPhase : std::uint8_t { idle, down, up, draining, stopped };

/// Whether the link connects, and registers services.
constexpr bool is_running(LinkPhase phase) noexcept {
    return phase == LinkPhase::down || phase == LinkPhase::up;
}

/// State that every part of a link may read. The link outlives its parts, and has `phase` and `trunks`.
struct LinkContext {
    runtime::Worker& worker;
    const std::shared_ptr<ClientShared> shared;
    const LinkPhase& phase;
    const TrunkStates& trunks;
    const std::function<void(LinkNotice)> notify;  // the handler may stop the link
};

}  // namespace ferrotunnel::session
