// A point-to-point network device in a network namespace: what is sent over the device is read from the descriptor, and
// what is written to the descriptor arrives at the device.
#pragma once

#include <string>

#include "socket.hpp"

namespace e2e {

struct TunPlace {
    std::string name_space;  // as `ip netns` knows it
    std::string address;     // its own
    std::string peer;        // at the other end
};

/// Opens a device with virtio headers and segmentation offload (packet_train.hpp), not blocking, up. The device lives
/// as long as the socket does.
Socket open_tun(const TunPlace& place, const std::string& device);

}  // namespace e2e
