// The HTTP edge behind HttpFront: a listener on the first worker, and what the edge has on each worker.
#pragma once

#include <memory>
#include <vector>

#include "ingress/edge_worker.hpp"
#include "ingress/http_front.hpp"
#include "ingress/http_listener.hpp"
#include "runtime/worker.hpp"
#include "tunnel/admission_gate.hpp"

namespace ferrotunnel::ingress {

class HttpEdge final : public HttpFront {
public:
    /// Any thread. The workers outlive it.
    HttpEdge(const std::vector<runtime::Worker*>& workers, EdgeShared shared);
    /// When no worker runs any more, or on the thread of the only one.
    ~HttpEdge() override;
    HttpEdge(const HttpEdge&) = delete;
    HttpEdge& operator=(const HttpEdge&) = delete;

    void listen(runtime::Fd listener, HttpListenerSettings settings) override;
    void drain() noexcept override;
    void stop() noexcept override;
    std::size_t connections() const noexcept override;
    std::shared_ptr<const EdgeCounters> totals() const noexcept override { return shared_->counters; }

    /// Any thread.
    const EdgeCounters& counters() const noexcept { return *shared_->counters; }
    /// To look at; on its worker.
    EdgeWorker& at(std::size_t worker) noexcept { return *workers_[worker]; }

private:
    struct Listeners {
        std::vector<std::unique_ptr<HttpListener>> all;
        bool closed = false;
    };

    void close_listeners() noexcept;

    runtime::Worker& first_;
    const std::shared_ptr<const EdgeShared> shared_;
    const std::shared_ptr<tunnel::AdmissionGate> gate_;
    std::vector<std::shared_ptr<EdgeWorker>> workers_;
    const std::shared_ptr<Listeners> listeners_ = std::make_shared<Listeners>();  // the first worker's
};

}  // namespace ferrotunnel::ingress
