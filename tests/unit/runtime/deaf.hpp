// An address that answers no connect.
#pragma once

#include <vector>

#include "runtime/socket.hpp"
#include "unit/runtime/loopback.hpp"

namespace ferrotunnel::runtime::test {

/// A listener whose queue is full drops what else comes: connects to it hang.
struct Deaf {
    Deaf() : listener(listen_on_loopback(0)), address(local_address(listener.get())) {
        std::error_code error;
        for (int i = 0; i < 4; ++i) {
            fillers.push_back(start_connect(address, error));
        }
    }
    Fd listener;
    SocketAddress address;
    std::vector<Fd> fillers;
};

}  // namespace ferrotunnel::runtime::test
