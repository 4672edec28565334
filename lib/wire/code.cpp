#include "wire/code.hpp"

#include "wire/http2_code.hpp"

namespace ferrotunnel::wire {

std::string_view name_of(Code code) noexcept {
    switch (code) {
        case Code::none:
            return "none";
        case Code::refused:
            return "refused";
        case Code::timeout:
            return "timeout";
        case Code::unknown_service:
            return "unknown_service";
        case Code::busy:
            return "busy";
        case Code::cancelled:
            return "cancelled";
        case Code::connection_reset:
            return "connection_reset";
        case Code::going_away:
            return "going_away";
        case Code::superseded:
            return "superseded";
        case Code::unauthorized:
            return "unauthorized";
        case Code::version:
            return "version";
        case Code::limit:
            return "limit";
        case Code::protocol:
            return "protocol";
        case Code::flow_control:
            return "flow_control";
        case Code::frame_size:
            return "frame_size";
        case Code::stream_id:
            return "stream_id";
        case Code::internal:
            return "internal";
        case Code::silent:
            return "silent";
        case Code::handshake_timeout:
            return "handshake_timeout";
        case Code::port_taken:
            return "port_taken";
        case Code::port_forbidden:
            return "port_forbidden";
        case Code::name_taken:
            return "name_taken";
        case Code::unsupported:
            return "unsupported";
        case Code::too_slow:
            return "too_slow";
        case Code::rotated:
            return "rotated";
        case Code::forbidden:
            return "forbidden";
        case Code::unknown_session:
            return "unknown_session";
    }
    return http2_error_of(code) ? "http2_reset" : "unknown";
}

}  // namespace ferrotunnel::wire
