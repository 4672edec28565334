// What becomes of a visit at the client that visits: counted in its record, and a failure logged, not too often.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/limits.hpp"
#include "base/log.hpp"
#include "runtime/address.hpp"
#include "runtime/worker.hpp"
#include "session/visit_plan.hpp"

namespace ferrotunnel::session {

/// Until the other client has taken the visit and proved the key: the open alone may wait for as long as any.
inline constexpr auto visit_handshake_deadline = 3 * limits::handshake_deadline;

/// What a visit's end tells of itself (trunk::SealedPump::Outcome); on `worker`. The visit counts as open for as long
/// as the result is kept.
std::function<void(const std::string& why)> outcome_of(std::shared_ptr<const VisitPlan> plan,
                                                       const runtime::SocketAddress& from, runtime::Worker& worker,
                                                       Logger& log);

/// A visitor who could not even begin.
void turned_away(const VisitPlan& plan, const std::string& why, const runtime::SocketAddress& from,
                 runtime::Worker& worker, Logger& log);

}  // namespace ferrotunnel::session
