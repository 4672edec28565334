// Outcome of a visit at the visiting client: counted in its record, and failures logged, within limits.
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

/// Time limit for the other client to accept the visit (up to limits::open_answer_deadline, 20 s) and to prove the key.
inline constexpr auto visit_handshake_deadline = 3 * limits::handshake_deadline;

/// Records the end of a visit (trunk::SealedPump::Outcome); on `worker`. The visit counts as open as long as the result
/// exists.
std::function<void(const std::string& why)> outcome_of(std::shared_ptr<const VisitPlan> plan,
                                                       const runtime::SocketAddress& from, runtime::Worker& worker,
                                                       Logger& log);

/// Records a visitor that could not even begin.
void log_rejected_visit(const VisitPlan& plan, const std::string& why, const runtime::SocketAddress& from,
                        runtime::Worker& worker, Logger& log);

}  // namespace ferrotunnel::session
