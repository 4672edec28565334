#include "api/error_map.hpp"

#include <asio/error.hpp>

#include "ferrotunnel/error.hpp"

namespace ferrotunnel::detail {

std::error_code error_of(wire::Code code) noexcept {
    switch (code) {
        case wire::Code::none:
            return {};
        case wire::Code::refused:
            return errc::refused;
        case wire::Code::timeout:
        case wire::Code::handshake_timeout:
            return errc::timed_out;
        case wire::Code::unknown_service:
            return errc::unknown_service;
        case wire::Code::busy:
            return errc::busy;
        case wire::Code::cancelled:
        case wire::Code::connection_reset:
        case wire::Code::too_slow:
            return errc::stream_reset;
        case wire::Code::going_away:
        case wire::Code::rotated:
            return errc::draining;
        case wire::Code::superseded:
            return errc::superseded;
        case wire::Code::unauthorized:
            return errc::unauthorized;
        case wire::Code::version:
            return errc::version_mismatch;
        case wire::Code::limit:
        case wire::Code::protocol:
        case wire::Code::flow_control:
        case wire::Code::frame_size:
        case wire::Code::stream_id:
            return errc::protocol_violation;
        case wire::Code::internal:
            return errc::internal;
        case wire::Code::silent:
        case wire::Code::unknown_session:
            return errc::connection_lost;
        case wire::Code::port_taken:
            return errc::port_taken;
        case wire::Code::port_forbidden:
            return errc::port_forbidden;
        case wire::Code::forbidden:
            return errc::forbidden;
        case wire::Code::name_taken:
            return errc::name_taken;
        case wire::Code::unsupported:
            return errc::unsupported;
    }
    return errc::protocol_violation;  // a code of a later version
}

std::error_code connection_error(wire::Code code) noexcept {
    switch (code) {
        case wire::Code::refused:
            return errc::server_unreachable;
        case wire::Code::connection_reset:
        case wire::Code::cancelled:
        case wire::Code::too_slow:
            return errc::connection_lost;
        default:
            return error_of(code);
    }
}

std::error_code reset_error(wire::Code code) noexcept {
    switch (code) {
        case wire::Code::refused:
        case wire::Code::timeout:
        case wire::Code::unknown_service:
        case wire::Code::busy:
        case wire::Code::unsupported:
        case wire::Code::going_away:
            return error_of(code);  // an answer to the attempt to open
        default:
            return asio::error::connection_reset;
    }
}

std::error_code stream_end_error(const mux::StreamEnd& stream_end, bool owner_stopped) noexcept {
    switch (stream_end.kind) {
        case mux::StreamEnd::Kind::none:
            return {};
        case mux::StreamEnd::Kind::aborted:
            return owner_stopped ? make_error_code(errc::session_closed) : reset_error(stream_end.code);
        case mux::StreamEnd::Kind::lost:
            return owner_stopped ? errc::session_closed : errc::connection_lost;
    }
    return errc::internal;
}

}  // namespace ferrotunnel::detail
