// Visits to services of other clients: who connects here is given to the trunks in turn.
#include <utility>

#include "session/client_link.hpp"
#include "session/visit_outcome.hpp"
#include "trunk/sealed_datagrams.hpp"
#include "trunk/socket_pump.hpp"

namespace ferrotunnel::session {

void ClientLink::visit(std::uint32_t id, std::shared_ptr<const VisitPlan> plan, runtime::Fd listener) {
    check_here(worker_);
    Visited& visited = visits_[id];
    visited.plan = std::move(plan);
    if (visited.plan->is_udp()) {
        take_datagrams(visited, std::move(listener));
        return;
    }
    trunk::set_pumped_socket_options(listener.get(), true);
    auto on_accept = [this, &visited](runtime::Fd socket, const runtime::SocketAddress& from) {
        on_visitor(visited.plan, directory::Visitor(std::move(socket), from, nullptr));
    };
    auto on_error = [this](std::error_code why) {
        shared_->log->error("accepting a visitor failed; trying again", {{"why", why.message()}});
    };
    visited.acceptor = std::make_unique<runtime::Acceptor>(
        worker_, std::move(listener), runtime::Acceptor::Handlers{std::move(on_accept), std::move(on_error)});
}

// Each address that sends is a visitor, as at a public port; only what carries its datagrams is sealed. A visitor who
// comes in the very moment of set_visit() may have the old stream with the new key, and fails once.
void ClientLink::take_datagrams(Visited& visited, runtime::Fd socket) {
    directory::DatagramTerms terms;
    terms.service = visited.plan->text();
    terms.flow = [this, &visited](IntrusivePtr<mux::Stream> stream, const runtime::SocketAddress& from,
                                  std::function<void()> late) {
        return std::make_unique<trunk::SealedDatagrams>(
            worker_, std::move(stream), visited.plan->seal, worker_.now() + visit_handshake_deadline,
            outcome_of(visited.plan, from, worker_, *shared_->log), nullptr, std::move(late));
    };
    auto on_new = [this, &visited](IntrusivePtr<directory::DistantVisitor> distant,
                                   const runtime::SocketAddress& from) {
        directory::Visitor visitor(runtime::Fd(), from, nullptr);
        visitor.distant = std::move(distant);
        on_visitor(visited.plan, std::move(visitor));
    };
    visited.port = shared_->open_udp(worker_, std::move(socket), terms, std::move(on_new));
}

void ClientLink::set_visit(std::uint32_t id, std::shared_ptr<const VisitPlan> plan) {
    check_here(worker_);
    visits_.at(id).plan = std::move(plan);
}

void ClientLink::end_visit(std::uint32_t id) {
    check_here(worker_);
    visits_.erase(id);
}

void ClientLink::on_visitor(const std::shared_ptr<const VisitPlan>& plan, directory::Visitor visitor) {
    for (std::size_t tried = 0; tried < places_.size() && state_ == State::running; ++tried) {
        Place& place = *places_[visits_turn_++ % places_.size()];
        if (place.state == Place::State::open && !place.draining) {
            place.trunk->visit(plan, std::move(visitor));
            return;
        }
    }
    turned_away(*plan, "there is no connection to the server now", visitor.from, worker_, *shared_->log);
}

}  // namespace ferrotunnel::session
