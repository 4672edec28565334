// The port at which visitors name the service that they want, by HTTP CONNECT. It lives on one worker, where it accepts
// visitors and reads one head of each; then the visitor is passed to its service, whichever worker the service is on.
//
//   accepted --> PROXY header --> head --CONNECT--> decide --> 200, handed over
//                                  |not in time       |no
//                                  '--> closed        '--> 4xx, closed
//
// As with other prefaces (preface.hpp), bytes are peeked at and stay in the socket, so that data that a visitor sends
// after its head is still there for the service.
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

/// Whether a visitor gets the service that it requests. If so, `take` receives its socket, on which 200 was sent.
struct ConnectDecision {
    std::uint16_t status = 200;
    std::string sentence{};  // for people, if the status is not 200
    std::function<void(runtime::Fd, const runtime::SocketAddress& from)> take{};
};
using ConnectDecider = std::function<ConnectDecision(const ConnectRequest&, const runtime::SocketAddress& from)>;

/// How many visitors may be sending their head at a time, in total and from one address (for IPv6 from one /64), the
/// largest head, and the time limit for one.
inline constexpr std::uint32_t connect_visitors_max = 512;
inline constexpr std::uint32_t connect_visitors_per_address_max = 64;
inline constexpr std::size_t connect_head_max = 8 * 1'024;
inline constexpr std::chrono::seconds connect_head_deadline{10};

class ConnectPort {
public:
    struct Settings {
        net::IpNetworks proxies;  // from which connections begin with a PROXY header
        ConnectDecider decide;    // called on the worker
        Duration deadline = connect_head_deadline;
    };

    /// Created on `worker`; `log` outlives it.
    ConnectPort(runtime::Worker& worker, runtime::Fd listener, Settings settings, Logger& log);
    /// Called on the worker, or when it no longer runs. Closes connections whose head is still being read.
    ~ConnectPort();

private:
    class Impl;
    const std::unique_ptr<Impl> impl_;
};

}  // namespace ferrotunnel::ingress
