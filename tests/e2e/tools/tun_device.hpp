// A point-to-point network device in a network namespace; what is sent over it is read from the descriptor, and what is
// written to that arrives.
#pragma once

#include <string>

#include "socket.hpp"

namespace e2e {

struct TunPlace {
    std::string name_space;  // as `ip netns` knows it
    std::string address;     // its own
    std::string peer;        // at the other end
};

/// With virtio headers and segmentation offload (packet_train.hpp), not blocking, up. It lives as long as this does.
Socket open_tun(const TunPlace& place, const std::string& device);

}  // namespace e2e
