// Visits to services of other clients: who connects here is given to the trunks in turn.
#include <utility>

#include "session/client_link.hpp"
#include "trunk/socket_pump.hpp"

namespace ferrotunnel::session {

void ClientLink::visit(std::uint32_t id, std::shared_ptr<const VisitPlan> plan, runtime::Fd listener) {
    trunk::set_pumped_socket_options(listener.get(), true);
    Visited& visited = visits_[id];
    visited.plan = std::move(plan);
    auto on_accept = [this, &visited](runtime::Fd socket, const runtime::SocketAddress& from) {
        on_visitor(visited.plan, std::move(socket), from);
    };
    auto on_error = [this](std::error_code why) {
        shared_->log->error("accepting a visitor failed; trying again", {{"why", why.message()}});
    };
    visited.acceptor = std::make_unique<runtime::Acceptor>(
        worker_, std::move(listener), runtime::Acceptor::Handlers{std::move(on_accept), std::move(on_error)});
}

void ClientLink::set_visit(std::uint32_t id, std::shared_ptr<const VisitPlan> plan) {
    visits_.at(id).plan = std::move(plan);
}

void ClientLink::end_visit(std::uint32_t id) {
    visits_.erase(id);
}

void ClientLink::on_visitor(const std::shared_ptr<const VisitPlan>& plan, runtime::Fd socket,
                            const runtime::SocketAddress& from) {
    for (std::size_t tried = 0; tried < places_.size() && state_ == State::running; ++tried) {
        Place& place = *places_[visits_turn_++ % places_.size()];
        if (place.state == Place::State::open && !place.draining) {
            place.trunk->visit(plan, std::move(socket), from);
            return;
        }
    }
    runtime::reset_close(std::move(socket));
    static const std::string why = "there is no connection to the server now";
    (void)plan->record->begin();
    plan->record->failed(why);
    static constexpr LineKind failed{"visits_failed", limits::client_lines_per_second};
    if (shared_->log->may_write(LogLevel::warn, failed, worker_.now())) {
        shared_->log->warn("a visit has failed", {{"service", plan->text()}, {"visitor", from.text()}, {"why", why}});
    }
}

}  // namespace ferrotunnel::session
