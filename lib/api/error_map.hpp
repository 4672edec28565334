// Maps the codes on the wire, and the ways in which a stream ends, to the application's error codes.
#pragma once

#include <system_error>

#include "mux/stream.hpp"
#include "wire/code.hpp"

namespace ferrotunnel::detail {

/// Why the peer rejected a login, a service or a stream.
std::error_code error_of(wire::Code code) noexcept;

/// Why a client has no connection to its server.
std::error_code connection_error(wire::Code code) noexcept;

/// The error of a stream's operation that was ended by a reset with this code.
std::error_code reset_error(wire::Code code) noexcept;

/// The same for `stream_end`. `owner_stopped`: the stream's Client or Server was stopped on purpose.
std::error_code stream_end_error(const mux::StreamEnd& stream_end, bool owner_stopped) noexcept;

}  // namespace ferrotunnel::detail
