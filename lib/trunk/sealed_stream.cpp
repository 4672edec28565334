#include "trunk/sealed_stream.hpp"

#include <algorithm>
#include <utility>

#include "base/limits.hpp"

namespace ferrotunnel::trunk {

using wire::Code;

std::string describe_end(const mux::StreamEnd& stream_end) {
    if (stream_end.kind == mux::StreamEnd::Kind::lost) {
        return "the connection to the server was lost";
    }
    switch (stream_end.code) {
        case Code::unknown_service:
            return "no connected client offers it to this client";
        case Code::unsupported:
            return "the server does not support visits";
        case Code::busy:
            return "too many visits are open, or the quota of its token is used up";
        case Code::refused:
        case Code::timeout:
            return "its client cannot reach the backend";
        case Code::unauthorized:
            return "the client of the service rejected the key: the keys differ";
        default:
            return "the server or the other client ended it: " + std::string(wire::name_of(stream_end.code));
    }
}

bool send_sealed_output(transport::Sealed& sealed, mux::Stream& stream) {
    bool any = false;
    while (const std::size_t waiting = sealed.to_send()) {
        const auto size = static_cast<std::uint32_t>(std::min(waiting, limits::data_payload_max));
        constexpr auto headroom = static_cast<std::uint32_t>(limits::frame_header_bytes);
        buffer::SlabPtr slab = buffer::make_slab(headroom + size);
        (void)sealed.take({slab->data() + headroom, size});
        stream.send({std::move(slab), headroom, size}, true);
        any = true;
    }
    return any;
}

}  // namespace ferrotunnel::trunk
