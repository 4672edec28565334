#include "fetch/idle_connections.hpp"

#include <algorithm>
#include <utility>

#include "runtime/worker.hpp"

namespace ferrotunnel::fetch {

IdleConnections::IdleConnections(runtime::Worker& worker) : worker_(worker), timer_(worker, [this] { close_old(); }) {}

std::unique_ptr<Connection> IdleConnections::take(const Destination& to) {
    for (auto each = entries_.end(); each != entries_.begin();) {
        --each;
        if (each->connection->state() != Connection::State::resting) {
            each = entries_.erase(each);
        } else if (each->to == to) {
            std::unique_ptr<Connection> connection = std::move(each->connection);
            entries_.erase(each);
            return connection;
        }
    }
    return nullptr;
}

void IdleConnections::keep(const Destination& to, std::unique_ptr<Connection> connection) {
    connection->rest();
    if (entries_.size() == idle_connections_max) {
        entries_.pop_front();
    }
    entries_.push_back({to, std::move(connection), worker_.now() + idle_time});
    if (!timer_.is_set()) {
        timer_.set(entries_.front().until);
    }
}

std::size_t IdleConnections::size() const noexcept {
    return static_cast<std::size_t>(std::count_if(entries_.begin(), entries_.end(), [](const Entry& each) {
        return each.connection->state() == Connection::State::resting;
    }));
}

void IdleConnections::close_old() {
    while (!entries_.empty() && entries_.front().until <= worker_.now()) {
        entries_.pop_front();
    }
    if (!entries_.empty()) {
        timer_.set(entries_.front().until);
    }
}

}  // namespace ferrotunnel::fetch
