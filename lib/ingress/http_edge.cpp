#include "ingress/http_edge.hpp"

#include <utility>

#include "ingress/tls_passthrough.hpp"

namespace ferrotunnel::ingress {

namespace {

template <typename Action>
void on_its_worker(runtime::Worker& worker, Action action) {
    if (worker.here()) {
        action();
    } else {
        worker.post(std::move(action));
    }
}

}  // namespace

HttpEdge::HttpEdge(const std::vector<runtime::Worker*>& workers, EdgeShared shared)
    : first_(*workers.front()),
      shared_([&] {
          shared.workers = workers.size();
          return std::make_shared<const EdgeShared>(std::move(shared));
      }()),
      gate_(std::make_shared<tunnel::AdmissionGate>(shared_->settings.connections_max,
                                                    shared_->settings.connections_per_address_max)) {
    for (runtime::Worker* worker : workers) {
        workers_.push_back(std::make_shared<EdgeWorker>(*worker, shared_));
    }
}

HttpEdge::~HttpEdge() {
    listeners_->all.clear();
    for (const auto& edge : workers_) {
        edge->end();
    }
}

void HttpEdge::listen(runtime::Fd listener, HttpListenerSettings settings) {
    on_its_worker(first_, [&worker = first_, listeners = listeners_, edges = workers_, gate = gate_,
                           settings = std::move(settings), fd = std::make_shared<runtime::Fd>(std::move(listener))] {
        if (!listeners->closed) {
            listeners->all.push_back(std::make_unique<HttpListener>(worker, std::move(*fd), settings, edges, gate));
        }
    });
}

void HttpEdge::close_listeners() noexcept {
    on_its_worker(first_, [listeners = listeners_] {
        listeners->closed = true;
        for (const auto& listener : listeners->all) {
            listener->close();
        }
    });
}

void HttpEdge::drain() noexcept {
    close_listeners();
    for (const auto& edge : workers_) {
        on_its_worker(edge->worker, [edge] { edge->drain(); });
    }
}

void HttpEdge::stop() noexcept {
    close_listeners();
    // Never at once: an application may stop its server while it is told something, in the middle of an exchange. Once
    // this object is gone there is nothing left to end.
    for (const auto& edge : workers_) {
        (void)edge->worker.post([weak = std::weak_ptr<EdgeWorker>(edge)] {
            if (const auto ending = weak.lock()) {
                ending->end();
            }
        });
    }
}

std::size_t HttpEdge::connections() const noexcept {
    return static_cast<std::size_t>(shared_->counters->connections_now.load(std::memory_order_relaxed));
}

std::unique_ptr<HttpFront> open_http_front(const HttpFrontParts& parts, HttpFrontSettings settings) {
    EdgeShared shared;
    shared.settings = std::move(settings.edge);
    shared.pages = std::move(settings.pages);
    if (!settings.trusted_proxies.empty()) {
        shared.is_trusted = [trusted = std::move(settings.trusted_proxies)](std::string_view address) {
            return trusted.contains(address);
        };
    }
    shared.directory = parts.directory;
    shared.passthrough = passthrough_by(parts.directory);
    shared.has_certificate = std::move(settings.has_certificate);
    shared.log = &parts.log;
    shared.random = &parts.random;
    std::vector<runtime::Worker*> workers;
    for (std::size_t i = 0; i < parts.workers.size(); ++i) {
        workers.push_back(&parts.workers.at(i));
    }
    return std::make_unique<HttpEdge>(workers, std::move(shared));
}

}  // namespace ferrotunnel::ingress
