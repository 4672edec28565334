#include "fetch/idle_connections.hpp"

#include <algorithm>
#include <utility>

#include "runtime/worker.hpp"

namespace ferrotunnel::fetch {

IdleConnections::IdleConnections(runtime::Worker& worker) : worker_(worker), timer_(worker, [this] { close_old(); }) {}

std::unique_ptr<Connection> IdleConnections::take(const Destination& to) {
    for (auto each = kept_.end(); each != kept_.begin();) {
        --each;
        if (each->connection->state() != Connection::State::resting) {
            each = kept_.erase(each);
        } else if (each->to == to) {
            std::unique_ptr<Connection> connection = std::move(each->connection);
            kept_.erase(each);
            return connection;
        }
    }
    return nullptr;
}

void IdleConnections::keep(const Destination& to, std::unique_ptr<Connection> connection) {
    connection->rest();
    if (kept_.size() == idle_connections_max) {
        kept_.pop_front();
    }
    kept_.push_back({to, std::move(connection), worker_.now() + idle_time});
    if (!timer_.is_set()) {
        timer_.set(kept_.front().until);
    }
}

std::size_t IdleConnections::size() const noexcept {
    return static_cast<std::size_t>(std::count_if(kept_.begin(), kept_.end(), [](const Kept& each) {
        return each.connection->state() == Connection::State::resting;
    }));
}

void IdleConnections::close_old() {
    while (!kept_.empty() && kept_.front().until <= worker_.now()) {
        kept_.pop_front();
    }
    if (!kept_.empty()) {
        timer_.set(kept_.front().until);
    }
}

}  // namespace ferrotunnel::fetch
