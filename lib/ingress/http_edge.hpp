// The HTTP edge of a server: its listeners, and what it has on each worker.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "ingress/edge_worker.hpp"
#include "ingress/http_listener.hpp"
#include "runtime/worker_group.hpp"
#include "tunnel/admission_gate.hpp"

namespace ferrotunnel::ingress {

class HttpEdge {
public:
    /// Before the workers start. They outlive it.
    HttpEdge(runtime::WorkerGroup& group, EdgeShared shared);
    /// When no worker runs any more, or on the application's thread.
    ~HttpEdge();
    HttpEdge(const HttpEdge&) = delete;
    HttpEdge& operator=(const HttpEdge&) = delete;

    /// Any thread. Visitors are accepted on the first worker.
    void listen(runtime::Fd listener, HttpListener::Settings settings);
    /// Any thread. Refuses new visitors; those that are there finish their present exchange.
    void drain();
    /// When no worker runs any more, or on the application's thread: closes everything.
    void end() noexcept;

    /// Any thread.
    std::uint64_t connections() const noexcept { return shared_->counters->connections_now.load(); }
    const EdgeCounters& counters() const noexcept { return *shared_->counters; }

private:
    runtime::Worker& first_;
    const std::shared_ptr<const EdgeShared> shared_;
    const std::shared_ptr<tunnel::AdmissionGate> gate_;
    std::vector<std::shared_ptr<EdgeWorker>> workers_;
    std::vector<std::unique_ptr<HttpListener>> listeners_;  // the first worker's
};

}  // namespace ferrotunnel::ingress
