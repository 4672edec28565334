// The port at which visitors name the service that they want, by HTTP CONNECT. Lives on one worker: there it accepts,
// and reads one head of each visitor; then the visitor is its service's, on whatever worker that is.
//
//   accepted --> PROXY header --> head --CONNECT--> decide --> 200, handed over
//                                  |not in time       |no
//                                  '--> closed        '--> 4xx, closed
//
// As with other prefaces (preface.hpp), bytes are looked at and stay in the socket, so that what a visitor sends behind
// its head is still there for the service.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "ingress/connect_head.hpp"
#include "net/ip_network.hpp"
#include "runtime/address.hpp"
#include "runtime/socket.hpp"
#include "runtime/worker.hpp"

namespace ferrotunnel::ingress {

/// Whether a visitor gets what it asks for: then `take` gets its socket, which has been told so.
struct ConnectDecision {
    std::uint16_t status = 200;
    std::string sentence{};  // for people, where the status is another one
    std::function<void(runtime::Fd, const runtime::SocketAddress& from)> take{};
};
using ConnectDecider = std::function<ConnectDecision(const ConnectAsk&, const runtime::SocketAddress& from)>;

/// How many visitors may be at their head at a time, in all and from one address (for IPv6 from one /64), how large a
/// head may be, and how long one may take.
inline constexpr std::uint32_t connect_visitors_max = 512;
inline constexpr std::uint32_t connect_visitors_per_address_max = 64;
inline constexpr std::size_t connect_head_max = 8 * 1'024;
inline constexpr std::chrono::seconds connect_head_deadline{10};

class ConnectPort {
public:
    struct Settings {
        net::IpNetworks proxies;  // whose connections begin with a PROXY header
        ConnectDecider decide;    // called on the worker
        Duration deadline = connect_head_deadline;
    };

    /// Made on `worker`; `log` outlives it.
    ConnectPort(runtime::Worker& worker, runtime::Fd listener, Settings settings, Logger& log);
    /// On the worker, or when it no longer runs. Closes the connections of those whose head is being read.
    ~ConnectPort();

private:
    class Desk;
    const std::unique_ptr<Desk> desk_;
};

}  // namespace ferrotunnel::ingress
