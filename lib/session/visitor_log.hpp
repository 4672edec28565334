// Log lines for visitors, the same on both sides of the tunnel.
#pragma once

#include <string>

#include "backend/client_service.hpp"
#include "base/clock.hpp"
#include "base/log.hpp"
#include "wire/frame.hpp"

namespace ferrotunnel::session {

/// Whether to write a line about a visitor: at level info, at most limits::visitor_lines_per_second.
bool may_log_visitor(Logger& log, TimePoint now) noexcept;

/// The visitor as "192.0.2.1:40000"; empty if unknown.
std::string text_of(const net::Address& visitor);

/// Writes the client's line for a stream that has arrived.
///
/// A stream is a visitor, except for an HTTP service that shares its connections: the edge sends requests of several
/// visitors over one connection, so the client, which does not read them, only sees connections.
void log_visitor(const backend::ClientService& service, const wire::Open& open, TimePoint now, Logger& log);

}  // namespace ferrotunnel::session
