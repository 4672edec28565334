// A public address at which visitors speak HTTP. It accepts them on one worker, and gives each to the worker with the
// fewest, before a byte of it is read. A visitor whom the caps refuse is told 429, as far as that can be said without
// waiting; over TLS, where nothing can be said, its connection is closed. When the last places are being given out, or
// none is left, each visitor who comes ends the connection of HTTP/2 that is idle for the longest.
#pragma once

#include <memory>
#include <vector>

#include "ingress/edge_worker.hpp"
#include "ingress/http_front.hpp"
#include "ingress/preface.hpp"
#include "login/admission_gate.hpp"
#include "runtime/acceptor.hpp"
#include "runtime/socket.hpp"

namespace ferrotunnel::ingress {

class HttpListener {
public:
    using Settings = HttpListenerSettings;

    /// Made on `worker`, where it accepts; `edges` outlive it. All listeners of an edge share `gate`.
    HttpListener(runtime::Worker& worker, runtime::Fd listener, Settings settings,
                 std::vector<std::shared_ptr<EdgeWorker>> edges, std::shared_ptr<login::AdmissionGate> gate);
    ~HttpListener();

    runtime::SocketAddress address() const noexcept { return acceptor_.address(); }
    /// Refuses visitors from now on. On its worker.
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
    const std::shared_ptr<login::AdmissionGate> gate_;
    const std::uint64_t descriptors_max_ = runtime::descriptors_for_visitors(2);  // the other ones are for clients
    std::size_t turn_ = 0;
    runtime::Acceptor acceptor_;
};

}  // namespace ferrotunnel::ingress
