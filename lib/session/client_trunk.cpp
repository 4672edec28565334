#include "session/client_trunk.hpp"

#include <algorithm>
#include <functional>
#include <new>
#include <utility>

#include "backend/datagram_dial.hpp"
#include "backend/dial.hpp"
#include "session/visit_outcome.hpp"
#include "session/visitor_log.hpp"

namespace ferrotunnel::session {

using wire::Code;

ClientTrunk::ClientTrunk(std::size_t place, runtime::Worker& worker, runtime::Worker& home,
                         std::shared_ptr<ClientShared> shared, std::shared_ptr<const backend::ServiceTable> services,
                         ClientTrunkEvents& events)
    : place_(place),
      worker_(worker),
      home_(home),
      shared_(std::move(shared)),
      services_(std::move(services)),
      events_(events) {}

// Runs an order on the trunk's worker. The trunk outlives its worker's loop, so mail may refer to it. Neither orders
// nor reports may be lost, so running out of memory while delivering one by mail ends the process. If memory runs out
// while sending, the sender gets the exception: the link for an order; for a report the trunk's session, which then
// ends.
void ClientTrunk::on_worker(std::function<void()> order) {
    if (&worker_ == &home_) {
        order();
    } else {
        worker_.post([order = std::move(order)]() noexcept { order(); });
    }
}

void ClientTrunk::report(std::function<void()> news) {
    if (&worker_ == &home_) {
        news();
    } else {
        home_.post([news = std::move(news)]() noexcept { news(); });
    }
}

// --- orders ---

void ClientTrunk::connect(const ClientLogin& login) {
    check_here(home_);
    on_worker([this, login] {
        try {
            make_session(login);
        } catch (const std::bad_alloc&) {
            if (&worker_ == &home_) {
                throw;  // to the caller
            }
            current_.reset();
            report([this] {
                trunk::TrunkEnd end;
                end.code = Code::internal;
                end.text = "out of memory";
                events_.on_trunk_end(place_, end, false);
            });
        }
    });
}

void ClientTrunk::send(std::vector<wire::ControlPayload> messages) {
    check_here(home_);
    on_worker([this, messages = std::move(messages)] {
        if (!current_ || !current_->is_open()) {
            return;
        }
        for (const wire::ControlPayload& message : messages) {
            current_->send(message);
        }
    });
}

// A session that is being replaced keeps its services until the next one has registered them.
void ClientTrunk::send_to_all(wire::ControlPayload message) {
    check_here(home_);
    on_worker([this, message = std::move(message)] {
        for (ClientSession* session : retiring()) {
            if (session->is_open()) {
                session->send(message);
            }
        }
        if (current_ && current_->is_open()) {
            current_->send(message);
        }
    });
}

void ClientTrunk::visit(std::shared_ptr<const VisitPlan> plan, directory::Visitor visitor) {
    check_here(home_);
    on_worker([this, plan = std::move(plan), shared = std::make_shared<directory::Visitor>(std::move(visitor))] {
        if (current_ && current_->is_open()) {
            try {
                current_->visit(plan, *shared);
            } catch (const std::bad_alloc&) {
                // The visitor is rejected.
            }
        } else {
            log_rejected_visit(*plan, "the connection to the server just ended", shared->from, worker_, *shared_->log);
        }
    });
}

void ClientTrunk::drain(const std::string& text) {
    check_here(home_);
    on_worker([this, text] {
        for (ClientSession* session : retiring()) {
            session->drain(text);
        }
        if (current_ && current_->is_open()) {
            current_->drain(text);
        } else if (current_) {
            current_->end(Code::none, text);
        }
    });
}

void ClientTrunk::renew(const std::string& why) {
    check_here(home_);
    on_worker([this, why] {
        if (current_) {
            current_->renew(why);
        }
    });
}

void ClientTrunk::retire(const std::string& why) {
    check_here(home_);
    on_worker([this, why] {
        if (current_ && current_->is_open()) {
            retire_current(why);
        }
    });
}

void ClientTrunk::end(const std::string& text) {
    check_here(home_);
    on_worker([this, text] {
        for (ClientSession* session : retiring()) {
            session->end(Code::none, text);
        }
        if (current_) {
            current_->end(Code::none, text);
        }
    });
}

// --- sessions ---

// A copy of the list: a session that is ended may leave `retiring_` at once, and lives on until a later round.
std::vector<ClientSession*> ClientTrunk::retiring() const {
    std::vector<ClientSession*> sessions;
    for (const auto& session : retiring_) {
        sessions.push_back(session.get());
    }
    return sessions;
}

void ClientTrunk::make_session(const ClientLogin& login) {
    ClientSession::Callbacks callbacks;
    // A session is identified by its address: it calls back only once `current_` is set, or while it is retiring.
    auto holder = std::make_shared<ClientSession*>(nullptr);
    callbacks.on_open = [this, holder](const login::Agreement& agreed) {
        report([this, agreed, transport = (*holder)->transport_description(), round_trip = (*holder)->round_trip()] {
            events_.on_trunk_open(place_, agreed, transport, round_trip);
        });
    };
    callbacks.on_message = [this, holder](const wire::ControlMessage& message) {
        if (*holder == current_.get()) {
            report([this, message] { events_.on_trunk_message(place_, message); });
        }
    };
    callbacks.on_stream = [this](IntrusivePtr<mux::Stream> stream, const wire::Open& open) {
        on_stream(std::move(stream), open);
    };
    callbacks.on_goaway = [this, holder](Code code, std::string_view text) { on_goaway(**holder, code, text); };
    callbacks.on_waiting = [this, holder](const trunk::TrunkEnd& why) {
        if (*holder == current_.get()) {
            report([this, why] { events_.on_trunk_waiting(place_, why); });
        }
    };
    callbacks.on_resumed = [this, holder] {
        if (*holder == current_.get()) {
            report([this] { events_.on_trunk_resumed(place_); });
        }
    };
    callbacks.on_end = [this, holder](const trunk::TrunkEnd& end) { on_session_end(**holder, end); };
    callbacks.has_datagrams = [this](const mux::Stream& stream) {
        const auto service = services_->find(stream.service());
        return stream.kind() == wire::ServiceKind::udp || (service && service->visited_by_datagrams);
    };
    current_ = std::make_unique<ClientSession>(worker_, shared_, login, std::move(callbacks));
    *holder = current_.get();
}

void ClientTrunk::on_stream(IntrusivePtr<mux::Stream> stream, const wire::Open& open) {
    std::shared_ptr<const backend::ClientService> service = services_->find(open.service);
    if (service) {
        log_visitor(*service, open, worker_.now(), *shared_->log);
        if (service->row) {
            stream->count_in(service->row->meter(&worker_));
        }
    }
    const auto is_udp = [](wire::ServiceKind kind) { return kind == wire::ServiceKind::udp; };
    if (!service) {
        stream->abort(Code::unknown_service);
    } else if (is_udp(service->kind) != is_udp(open.kind)) {
        stream->abort(Code::unsupported);
    } else if (service->on_stream) {
        service->on_stream(std::move(stream), open);
    } else if (shared_->self_loop_detector->is_own(open.visitor, open.service)) {
        stream->abort(Code::refused);
        backend::record_not_reached(*service, open.visitor,
                                    {shared_->traffic, shared_->self_loop_detector, *shared_->log, shared_->inspector},
                                    "a forwarding loop", worker_.now());
        if (shared_->self_loop_detector->may_report(open.service, worker_.now())) {
            shared_->log->warn("a forwarding loop: the backend of a service is a public port of this client",
                               {{"service", service->name}, {"backend", service->backend.text}});
        }
    } else if (is_udp(open.kind) || service->visited_by_datagrams) {
        backend::dial_datagrams(worker_, std::move(service), std::move(stream), open.visitor,
                                {shared_->traffic, shared_->self_loop_detector, *shared_->log}, shared_->datagrams);
    } else {
        backend::dial_backend(worker_, std::move(service), std::move(stream), open.visitor,
                              {shared_->traffic, shared_->self_loop_detector, *shared_->log, shared_->inspector});
    }
}

void ClientTrunk::on_goaway(ClientSession& session, Code code, std::string_view text) {
    if (&session != current_.get()) {
        return;
    }
    if (code == Code::rotated) {
        retire_current(std::string(text));
    } else {
        report([this, code, why = std::string(text)] { events_.on_trunk_draining(place_, code, why); });
    }
}

void ClientTrunk::retire_current(const std::string& why) {
    retiring_.push_back(std::move(current_));
    if (retiring_.size() > limits::sessions_retiring_max) {
        retiring_.front()->end(Code::limit, "This client keeps no more replaced sessions.");
    }
    report([this, why] { events_.on_trunk_retired(place_, why); });
}

// Reports the end of a session. A client that missed the end of its trunk would never connect again: if memory for the
// report runs out, the process ends, and its supervisor restarts it.
void ClientTrunk::on_session_end(ClientSession& session, const trunk::TrunkEnd& end) noexcept {
    auto retired =
        std::find_if(retiring_.begin(), retiring_.end(), [&](const auto& one) { return one.get() == &session; });
    if (retired != retiring_.end()) {
        std::unique_ptr<ClientSession> ended = std::move(*retired);
        retiring_.erase(retired);
        discard(std::move(ended));
        report([this] { events_.on_retired_end(place_); });
        return;
    }
    const bool was_open = session.is_open();
    discard(std::move(current_));
    report([this, end, was_open] { events_.on_trunk_end(place_, end, was_open); });
}

// Destroys the session in a later round, since it is still on the stack.
void ClientTrunk::discard(std::unique_ptr<ClientSession> session) {
    // Kept in a list rather than in the mail: a worker that is stopping accepts no mail.
    discarded_.push_back(std::move(session));
    (void)clear_mail_->post(*worker_.mailbox(), this);
}

}  // namespace ferrotunnel::session
