// A visitor of HTTP/2 without TLS, and what it reads frame by frame.
#pragma once

#include "unit/h2/frames.hpp"
#include "unit/ingress/edge_rig.hpp"

namespace ferrotunnel::ingress::test {

using h2::test::field;
using h2::test::frame;
using h2::test::number;
using h2::test::Sent;

inline exchange::EdgeSettings with_h2c() {
    exchange::EdgeSettings settings = quick_settings();
    settings.h2c = true;
    return settings;
}

/// The next frame; type 255 at the end of the connection.
inline Sent read_frame(Peer& visitor) {
    const std::string head = visitor.read_exactly(9);
    if (head.size() < 9) {
        return {255, 0, 0, {}};
    }
    const auto at = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<std::uint8_t>(head[i])); };
    return {static_cast<std::uint8_t>(at(3)), static_cast<std::uint8_t>(at(4)), at(7) << 8U | at(8),
            visitor.read_exactly(at(0) << 16U | at(1) << 8U | at(2))};
}

/// Reads up to a frame of that type, or to the end.
inline Sent read_until(Peer& visitor, std::uint8_t type) {
    while (true) {
        Sent sent = read_frame(visitor);
        if (sent.type == type || sent.type == 255) {
            return sent;
        }
    }
}

inline std::string settings_frame(std::uint32_t id, std::uint32_t value) {
    return frame(h2::test::settings, 0, 0, number(id, 2) + number(value, 4));
}

inline const std::string hello = h2::test::hello();

}  // namespace ferrotunnel::ingress::test
