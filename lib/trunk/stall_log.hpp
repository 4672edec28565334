// The log line for a stream that stalled for no known reason.
#pragma once

#include <string>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "mux/stall_watch.hpp"

namespace ferrotunnel::trunk {

/// `session`: its id, which both sides log.
inline void log_stall(Logger& log, const std::string& session, const mux::Stall& stall, TimePoint now) {
    static constexpr LogCategory stalls{"stalls"};
    if (!log.may_write(LogLevel::error, stalls, now)) {
        return;
    }
    log.error("a stream stalled for no known reason and was restarted: this is a bug in FerroTunnel, please report it",
              {{"session", session},
               {"stream", stall.stream},
               {"service", stall.service},
               {"missing", mux::name_of(stall.why)},
               {"sent_modulo_4gib", stall.sent},
               {"queued", stall.queued},
               {"credit", stall.credit},
               {"taken", stall.taken},
               {"waiting", stall.waiting},
               {"outstanding", stall.outstanding}});
}

}  // namespace ferrotunnel::trunk
