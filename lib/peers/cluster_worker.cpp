#include "peers/cluster_worker.hpp"

#include <chrono>

namespace ferrotunnel::peers {
namespace {

// Until a port that another program of this machine had is tried again: rarely enough to cost nothing.
constexpr Duration port_retry_time = std::chrono::seconds(10);

}  // namespace

void ClusterWorker::wake() noexcept {
    mail_->post(*mailbox_, shared_from_this());
}

void ClusterWorker::woken() {
    if (is_stopped_) {
        return;
    }
    if (!timer_) {
        timer_.emplace(worker_, [this] { tick(); });
        retry_timer_.emplace(worker_, [this] { retry_ports(); });
    }
    timer_->set(names_->arm());
    worker_.defer(*this);
}

void ClusterWorker::tick() {
    names_->tick();
    timer_->set(names_->arm());
}

void ClusterWorker::run_deferred() noexcept {
    const bool has_more_routes = routes_->step();
    if (values_->step() || has_more_routes) {
        worker_.defer(*this);
    }
    if (!retry_timer_->is_set() && writer_->has_partial_ports()) {
        retry_timer_->set_after(port_retry_time);
    }
}

void ClusterWorker::retry_ports() {
    for (const cluster::Name& name : writer_->partial_ports()) {
        routes_->on_changed(name);
    }
}

void ClusterWorker::freeze() noexcept {
    (void)worker_.post([self = shared_from_this()] { self->stop(); });
}

void ClusterWorker::stop() noexcept {
    is_stopped_ = true;
    cancel_deferred();
    timer_.reset();
    retry_timer_.reset();
}

}  // namespace ferrotunnel::peers
