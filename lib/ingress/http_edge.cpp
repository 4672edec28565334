#include "ingress/http_edge.hpp"

#include <utility>

namespace ferrotunnel::ingress {

HttpEdge::HttpEdge(runtime::WorkerGroup& group, EdgeShared shared)
    : first_(group.at(0)),
      shared_(std::make_shared<const EdgeShared>(std::move(shared))),
      gate_(std::make_shared<tunnel::AdmissionGate>(shared_->settings.connections_max,
                                                    shared_->settings.connections_per_address_max)) {
    for (std::size_t i = 0; i < group.size(); ++i) {
        workers_.push_back(std::make_shared<EdgeWorker>(group.at(i), shared_));
    }
}

HttpEdge::~HttpEdge() {
    end();
}

void HttpEdge::listen(runtime::Fd listener, HttpListener::Settings settings) {
    auto open = [this, settings = std::move(settings), fd = std::make_shared<runtime::Fd>(std::move(listener))] {
        listeners_.push_back(std::make_unique<HttpListener>(first_, std::move(*fd), settings, workers_, gate_));
    };
    if (first_.here()) {
        open();
    } else {
        first_.post(std::move(open));
    }
}

void HttpEdge::drain() {
    first_.post([this] {
        for (const auto& listener : listeners_) {
            listener->close();
        }
    });
    for (const auto& edge : workers_) {
        edge->worker.post([edge] { edge->drain(); });
    }
}

void HttpEdge::end() noexcept {
    listeners_.clear();
    for (const auto& edge : workers_) {
        edge->end();
    }
}

}  // namespace ferrotunnel::ingress
