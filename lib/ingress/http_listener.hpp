// A public address at which visitors speak HTTP: accepts them on one worker, and gives each to the worker with the
// fewest, before a byte of it is read. Whom the caps refuse hears 503 or 429, as far as that can be said without
// waiting.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "ingress/edge_worker.hpp"
#include "runtime/acceptor.hpp"
#include "runtime/socket.hpp"
#include "transport/pipe.hpp"
#include "tunnel/admission_gate.hpp"

namespace ferrotunnel::ingress {

/// Makes the pipe over an accepted socket, on the visitor's worker: plain, or TLS.
using PipeMaker = std::function<std::unique_ptr<transport::Pipe>(runtime::Fd)>;

class HttpListener {
public:
    struct Settings {
        bool https = false;
        PipeMaker make_pipe;  // empty: plain
        /// Whether a request for `host` may be answered on this connection (else 421). Empty: any.
        std::function<bool(const transport::Pipe&, std::string_view host)> may_serve;
        std::uint16_t public_port = 0;  // what X-Forwarded-Port says; 0: the port listened on
    };

    /// On `worker`, where it accepts; `edges` outlive it. All listeners of an edge share `gate`.
    HttpListener(runtime::Worker& worker, runtime::Fd listener, Settings settings,
                 std::vector<std::shared_ptr<EdgeWorker>> edges, std::shared_ptr<tunnel::AdmissionGate> gate);
    ~HttpListener();

    runtime::SocketAddress address() const noexcept { return acceptor_.address(); }
    /// Visitors are refused from now on. On its worker.
    void close() noexcept { acceptor_.close(); }

private:
    struct Shared;

    void on_accept(runtime::Fd socket, const runtime::SocketAddress& from);
    std::size_t choose() noexcept;

    runtime::Worker& worker_;
    const std::shared_ptr<const Shared> shared_;
    const std::vector<std::shared_ptr<EdgeWorker>> edges_;
    const std::shared_ptr<tunnel::AdmissionGate> gate_;
    std::size_t turn_ = 0;
    runtime::Acceptor acceptor_;
};

}  // namespace ferrotunnel::ingress
