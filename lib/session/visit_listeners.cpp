#include "session/visit_listeners.hpp"

#include <utility>

#include "session/visit_outcome.hpp"
#include "trunk/sealed_datagrams.hpp"
#include "trunk/socket_pump.hpp"

namespace ferrotunnel::session {

void VisitListeners::begin(std::uint32_t id, std::shared_ptr<const VisitPlan> plan, runtime::Fd listener) {
    check_here(needs_.at.worker);
    Visited& visited = visits_[id];
    visited.plan = std::move(plan);
    if (visited.plan->is_udp()) {
        receive_datagrams(visited, std::move(listener));
    } else {
        accept(visited, std::move(listener));
    }
}

void VisitListeners::accept(Visited& visited, runtime::Fd listener) {
    trunk::set_pumped_socket_options(listener.get(), true);
    auto on_accept = [this, &visited](runtime::Fd socket, const runtime::SocketAddress& from) {
        on_visitor(visited.plan, directory::Visitor(std::move(socket), from, nullptr));
    };
    auto on_error = [this](std::error_code why) {
        needs_.at.shared->log->error("accepting a visitor failed; trying again", {{"why", why.message()}});
    };
    visited.acceptor = std::make_unique<runtime::Acceptor>(
        needs_.at.worker, std::move(listener), runtime::Acceptor::Handlers{std::move(on_accept), std::move(on_error)});
}

// Each sending address is a visitor, as at a public port; its datagrams are sealed only on the trunk. A visitor that
// arrives during set_plan() may combine the old stream with the new key, and fails once.
void VisitListeners::receive_datagrams(Visited& visited, runtime::Fd socket) {
    runtime::Worker& worker = needs_.at.worker;
    directory::DatagramTerms terms;
    terms.service = visited.plan->text();
    terms.flow = [this, &visited, &worker](IntrusivePtr<mux::Stream> stream, const runtime::SocketAddress& from,
                                           std::function<void()> late) {
        return std::make_unique<trunk::SealedDatagrams>(
            worker, std::move(stream), visited.plan->seal, worker.now() + visit_handshake_deadline,
            outcome_of(visited.plan, from, worker, *needs_.at.shared->log), nullptr, std::move(late));
    };
    auto on_new = [this, &visited](IntrusivePtr<directory::DistantVisitor> distant,
                                   const runtime::SocketAddress& from) {
        directory::Visitor visitor(runtime::Fd(), from, nullptr);
        visitor.distant = std::move(distant);
        on_visitor(visited.plan, std::move(visitor));
    };
    visited.port = needs_.at.shared->open_udp(worker, std::move(socket), terms, std::move(on_new));
}

void VisitListeners::stop_accepting() noexcept {
    for (auto& [id, visited] : visits_) {
        visited.acceptor.reset();
    }
}

void VisitListeners::on_visitor(const std::shared_ptr<const VisitPlan>& plan, directory::Visitor visitor) {
    const TrunkStates& trunks = needs_.at.trunks;
    for (std::size_t tried = 0; tried < trunks.size() && is_running(needs_.at.phase); ++tried) {
        const std::size_t place = turn_++ % trunks.size();
        if (trunks.at(place).accepts_visitors() && (!trunks.at(place).detached || !trunks.any_attached())) {
            needs_.visit(place, plan, std::move(visitor));
            return;
        }
    }
    log_rejected_visit(*plan, "there is currently no connection to the server", visitor.from, needs_.at.worker,
                       *needs_.at.shared->log);
}

}  // namespace ferrotunnel::session
