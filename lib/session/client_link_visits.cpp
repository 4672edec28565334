// Visits to services of other clients: who connects here is given to the trunks in turn.
#include <utility>

#include "session/client_link.hpp"
#include "trunk/socket_pump.hpp"

namespace ferrotunnel::session {

void ClientLink::visit(std::shared_ptr<const VisitPlan> plan, runtime::Fd listener) {
    trunk::set_pumped_socket_options(listener.get(), true);
    auto on_accept = [this, plan = std::move(plan)](runtime::Fd socket, const runtime::SocketAddress& from) {
        on_visitor(plan, std::move(socket), from);
    };
    auto on_error = [this](std::error_code why) {
        shared_->log->error("accepting a visitor failed; trying again", {{"why", why.message()}});
    };
    visits_.push_back(std::make_unique<runtime::Acceptor>(
        worker_, std::move(listener), runtime::Acceptor::Handlers{std::move(on_accept), std::move(on_error)}));
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
    static constexpr LineKind failed{"visits_failed", limits::client_lines_per_second};
    if (shared_->log->may_write(LogLevel::warn, failed, worker_.now())) {
        shared_->log->warn(
            "a visit has failed",
            {{"service", plan->text()}, {"visitor", from.text()}, {"why", "there is no connection to the server now"}});
    }
}

}  // namespace ferrotunnel::session
