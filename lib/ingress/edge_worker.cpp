#include "ingress/edge_worker.hpp"

#include <algorithm>
#include <utility>

#include "ingress/edge_connection.hpp"

namespace ferrotunnel::ingress {

EdgeWorker::EdgeWorker(runtime::Worker& worker_in, std::shared_ptr<const EdgeShared> shared_in)
    : ExchangeWorker(worker_in, shared_in),
      passthrough(shared_in->passthrough),
      prefaces(worker_in, wheel, log),
      held_tls(*this),
      held_handshakes(worker_in, wheel, log),
      challenge_relays(worker_in, wheel, log) {}

EdgeWorker::~EdgeWorker() {
    check_here(worker);
    end();
}

void EdgeWorker::enter(EdgeConnection& connection) {
    check_here(worker);
    connections_.push_back(&connection);
    load_.fetch_add(1, std::memory_order_relaxed);
    connection.set_place(connections_.size() - 1);
}

void EdgeWorker::leave(EdgeConnection& connection) noexcept {
    check_here(worker);
    EdgeConnection* last = connections_.back();
    connections_[connection.place()] = last;
    last->set_place(connection.place());
    connections_.pop_back();
    load_.fetch_sub(1, std::memory_order_relaxed);
}

EdgeWorker::IdleList::iterator EdgeWorker::enter_idle(EdgeConnection& connection) {
    check_here(worker);
    const auto place = idle_.insert(idle_.end(), &connection);
    idle_count_.fetch_add(1, std::memory_order_relaxed);
    if (idle_.size() > settings().http2_idle_max) {
        idle_.front()->drain();  // this removes it from the list
    }
    return place;
}

void EdgeWorker::leave_idle(IdleList::iterator place) noexcept {
    check_here(worker);
    idle_.erase(place);
    idle_count_.fetch_sub(1, std::memory_order_relaxed);
}

void EdgeWorker::shed_idle() noexcept {
    check_here(worker);
    if (!idle_.empty()) {
        static constexpr LogCategory shed{"idle_shed"};
        if (log.may_write(LogLevel::info, shed, worker.now())) {
            log.info("idle HTTP/2 connections are closed: the limit of visitors is nearly reached");
        }
        idle_.front()->drain();  // this removes it from the list
    }
}

void EdgeWorker::retire() {
    check_here(worker);
    draining_ = true;
    retired_ = true;
    lingering.shorten_all(settings(), worker.now());
    for_each_connection([](EdgeConnection& connection) { connection.retire(); });
}

void EdgeWorker::drain() {
    check_here(worker);
    draining_ = true;
    retired_ = false;
    lingering.shorten_all(settings(), worker.now());
    prefaces.clear();
    held_tls.clear();
    held_handshakes.clear();
    pool.clear();
    hold.close();
    for_each_connection([](EdgeConnection& connection) { connection.drain(); });
}

// The action may end some of the connections.
template <typename Action>
void EdgeWorker::for_each_connection(Action action) {
    const std::vector<EdgeConnection*> all = connections_;
    std::vector<IntrusivePtr<EdgeConnection>> kept;
    for (EdgeConnection* connection : all) {
        kept.emplace_back(connection);
    }
    for (const auto& connection : kept) {
        action(*connection);
    }
}

void EdgeWorker::end() noexcept {
    check_here(worker);
    prefaces.clear();
    held_tls.clear();
    held_handshakes.clear();
    challenge_relays.clear();
    for (std::size_t i = connections_.size(); i > 0; i = std::min(i - 1, connections_.size())) {
        connections_[i - 1]->end();
    }
    pool.clear();
}

}  // namespace ferrotunnel::ingress
