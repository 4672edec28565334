// The client's line in the log for a visitor.
#pragma once

#include "base/clock.hpp"
#include "base/log.hpp"
#include "tunnel/client_service.hpp"
#include "tunnel/line_quota.hpp"
#include "wire/frame.hpp"

namespace ferrotunnel::tunnel {

/// At level info, one line for a stream that has arrived; nothing is done where that is off. At most
/// limits::visitor_log_lines_per_second of them, and the next one says how many were left out.
///
/// A stream is a visitor, except of an HTTP service that shares its connections: the edge sends requests of several
/// visitors on one, so that the client, which does not read them, knows of connections alone.
void tell_visitor(const ClientService& service, const wire::Open& open, LineQuota& lines, TimePoint now, Logger& log);

}  // namespace ferrotunnel::tunnel
