// Lines in the log for visitors, alike on both sides of the tunnel.
#pragma once

#include <string>

#include "backend/client_service.hpp"
#include "base/clock.hpp"
#include "base/log.hpp"
#include "wire/frame.hpp"

namespace ferrotunnel::session {

/// Whether a line about a visitor is to be written: at level info, at most limits::visitor_lines_per_second.
bool may_tell_visitor(Logger& log, TimePoint now) noexcept;

/// "192.0.2.1:40000"; empty where nothing is known.
std::string text_of(const net::Address& visitor);

/// The client's line for a stream that has arrived.
///
/// A stream is a visitor, except of an HTTP service that shares its connections: the edge sends requests of several
/// visitors on one, so that the client, which does not read them, knows of connections alone.
void tell_visitor(const backend::ClientService& service, const wire::Open& open, TimePoint now, Logger& log);

}  // namespace ferrotunnel::session
