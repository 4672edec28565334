// Visits of a client to services of others, on one of its sessions.
#include "session/client_session.hpp"
#include "session/visit_outcome.hpp"
#include "trunk/sealed_pump.hpp"
#include "wire/open_metadata.hpp"

namespace ferrotunnel::session {

void ClientSession::visit(const std::shared_ptr<const VisitPlan>& plan, directory::Visitor& visitor) {
    check_here(worker_);
    if ((agreement_.features & wire::feature::visits) == 0) {
        log_rejected_visit(*plan, "the server does not support visits: its version is older than this client's",
                           visitor.from, worker_, *shared_->log);
        return;
    }
    IntrusivePtr<trunk::SealedPump> pump;
    trunk::SealedPump::Outcome outcome;
    if (!visitor.distant) {
        outcome = outcome_of(plan, visitor.from, worker_, *shared_->log);
        pump = make_intrusive<trunk::SealedPump>(worker_, shared_->traffic, plan->seal,
                                                 worker_.now() + visit_handshake_deadline, outcome, nullptr);
    }
    mux::Session::OpenRequest request;
    wire::OpenMetadata metadata;
    metadata.service = plan->service;
    metadata.token = plan->token;
    const std::vector<std::uint8_t> encoded = wire::encode_open_metadata(metadata);
    request.metadata = encoded;
    request.meter = shared_->services->row({plan->text(), {}, metrics::visit_endpoint})->meter(&worker_);
    IntrusivePtr<buffer::Waker> waker = visitor.distant;
    if (pump) {
        waker = pump;
    }
    auto stream = trunk_->session().open(request, std::move(waker), visitor.distant != nullptr, worker_.now());
    trunk_->session_changed();
    if (!stream) {
        static const std::string why = "this client has reached its limit of open visits, or its connection is ending";
        if (outcome) {
            outcome(why);
        } else {
            log_rejected_visit(*plan, why, visitor.from, worker_, *shared_->log);
        }
        return;
    }
    if (pump) {
        pump->set_stream(std::move(*stream));
        pump->set_socket(std::move(visitor.socket));
        return;
    }
    shared_->traffic->opened();
    std::exchange(visitor.distant, nullptr)->opened(std::move(*stream), shared_->traffic, nullptr);
}

}  // namespace ferrotunnel::session
