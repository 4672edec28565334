#include "trunk/sealed_stream.hpp"

#include <algorithm>
#include <utility>

#include "base/limits.hpp"

namespace ferrotunnel::trunk {

using wire::Code;

std::string words_for(const mux::Verdict& verdict) {
    if (verdict.kind == mux::Verdict::Kind::lost) {
        return "the connection to the server was lost";
    }
    switch (verdict.code) {
        case Code::unknown_service:
            return "no client offers it now that this one may visit";
        case Code::unsupported:
            return "the server carries no visits";
        case Code::busy:
            return "too many visits are under way, or the quota of its token is used up";
        case Code::refused:
        case Code::timeout:
            return "its client cannot reach what is behind it";
        case Code::unauthorized:
            return "the client of the service refuses the key: it has another one";
        default:
            return "it was ended from outside: " + std::string(wire::name_of(verdict.code));
    }
}

bool send_what_is_sealed(transport::Sealed& sealed, mux::Stream& stream) {
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
