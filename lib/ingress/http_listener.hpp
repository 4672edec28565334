// A public address for HTTP visitors. It accepts them on one worker, and gives each to the worker with the fewest,
// before a byte of it is read. A visitor beyond the limits gets 429, if that can be sent without waiting; over TLS,
// where nothing can be sent, its connection is closed. When the last places are being used, or none is left, each new
// visitor ends the HTTP/2 connection that was idle longest.
#pragma once

#include <memory>
#include <vector>

#include "ingress/edge_worker.hpp"
#include "ingress/http_front.hpp"
#include "ingress/preface.hpp"
#include "login/connection_limiter.hpp"
#include "runtime/acceptor.hpp"
#include "runtime/socket.hpp"

namespace ferrotunnel::ingress {

class HttpListener {
public:
    using Settings = HttpListenerSettings;

    /// Created on `worker`, where it accepts; `edges` outlive it. All listeners of an edge share `limiter`.
    HttpListener(runtime::Worker& worker, runtime::Fd listener, Settings settings,
                 std::vector<std::shared_ptr<EdgeWorker>> edges, std::shared_ptr<login::ConnectionLimiter> limiter);
    ~HttpListener();

    runtime::SocketAddress address() const noexcept { return acceptor_.address(); }
    /// Rejects visitors from now on. On its worker.
    void close() noexcept { acceptor_.close(); }

private:
    struct Shared;
    class Arrival;

    void on_accept(runtime::Fd socket, const runtime::SocketAddress& from);
    std::size_t choose() noexcept;
    void shed_idle();

    runtime::Worker& worker_;
    const std::shared_ptr<const Shared> shared_;
    const std::vector<std::shared_ptr<EdgeWorker>> edges_;
    const std::shared_ptr<login::ConnectionLimiter> limiter_;
    const std::uint64_t descriptors_max_ = runtime::descriptors_for_visitors(2);  // the other ones are for clients
    std::size_t next_edge_ = 0;
    runtime::Acceptor acceptor_;
};

}  // namespace ferrotunnel::ingress
