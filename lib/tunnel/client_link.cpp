#include "tunnel/client_link.hpp"

#include <algorithm>
#include <chrono>

#include "tunnel/dial.hpp"

namespace ferrotunnel::tunnel {

using wire::Code;

namespace {

// Trying again would end the same way: the user has to do something.
bool is_final(Code code) {
    return code == Code::unauthorized || code == Code::version || code == Code::superseded;
}

}  // namespace

ClientLink::ClientLink(runtime::Worker& worker, std::shared_ptr<ClientShared> shared, const Settings& settings,
                       std::function<void(const LinkNotice&)> notify)
    : worker_(worker),
      shared_(std::move(shared)),
      settings_(settings),
      notify_(std::move(notify)),
      backoff_(*shared_->random, settings.backoff),
      retry_timer_(worker, [this] { connect(); }),
      refused_timer_(worker, [this] { retry_refused(); }) {}

ClientLink::~ClientLink() = default;

void ClientLink::add(ClientService service) {
    std::uint32_t id = service.id;
    Offered& offered = services_[id];
    offered.service = std::move(service);
    if (connected() && state_ == State::running) {
        send_register({describe(offered)});
    }
}

void ClientLink::remove(std::uint32_t id) {
    if (services_.erase(id) != 0 && connected()) {
        wire::Unregister message;
        message.ids.push_back(id);
        current_->send(wire::encode_control(message));
    }
}

void ClientLink::start() {
    state_ = State::running;
    connect();
}

void ClientLink::drain() {
    if (state_ != State::running) {
        stop();
        return;
    }
    state_ = State::draining;
    retry_timer_.cancel();
    refused_timer_.cancel();
    for (auto& session : retiring_) {
        session->drain("The client is stopping.");
    }
    if (!current_) {
        finish_if_drained(Code::none, {});
    } else if (current_->is_open()) {
        current_->drain("The client is stopping.");
    } else {
        current_->end(Code::none, "The client is stopping.");
    }
}

void ClientLink::stop() {
    if (state_ == State::stopped) {
        return;
    }
    for (auto& session : retiring_) {
        session->end(Code::none, "The client is stopping.");
    }
    state_ = State::draining;  // the end of the last session stops the link
    retry_timer_.cancel();
    refused_timer_.cancel();
    if (current_) {
        current_->end(Code::none, "The client is stopping.");
    } else {
        finish_if_drained(Code::none, {});
    }
}

mux::SessionStats ClientLink::stats() const {
    mux::SessionStats sum = past_;
    if (current_) {
        mux::SessionStats now = current_->stats();
        now.payload_received += past_.payload_received;
        now.payload_sent += past_.payload_sent;
        now.bytes_copied += past_.bytes_copied;
        now.streams_opened += past_.streams_opened;
        now.streams_refused += past_.streams_refused;
        sum = now;
    }
    for (const auto& session : retiring_) {
        mux::SessionStats old = session->stats();
        sum.payload_received += old.payload_received;
        sum.payload_sent += old.payload_sent;
        sum.bytes_held += old.bytes_held;
        sum.streams += old.streams;
    }
    return sum;
}

// --- sessions ---

void ClientLink::connect() {
    if (state_ != State::running) {
        return;
    }
    ++epoch_;
    ClientSession::Callbacks callbacks;
    // The session is known by its place: it calls back only after `current_` was set, or while it is retiring.
    auto holder = std::make_shared<ClientSession*>(nullptr);
    callbacks.on_open = [this, holder](const Agreement& agreed) { on_session_open(**holder, agreed); };
    callbacks.on_message = [this, holder](const wire::ControlMessage& message) { on_message(**holder, message); };
    callbacks.on_stream = [this, holder](IntrusivePtr<mux::Stream> stream, const wire::Open& open) {
        on_stream(**holder, std::move(stream), open);
    };
    callbacks.on_goaway = [this, holder](Code code, std::string_view text) { on_goaway(**holder, code, text); };
    callbacks.on_end = [this, holder](const TrunkEnd& end) { on_session_end(**holder, end); };
    current_ = std::make_unique<ClientSession>(worker_, shared_, epoch_, std::move(callbacks));
    *holder = current_.get();
}

void ClientLink::on_session_open(ClientSession& session, const Agreement& agreed) {
    failed_ = 0;
    connected_at_ = worker_.now();
    shared_->log->info("connected", {{"server", runtime::to_text(shared_->server)},
                                     {"session", agreed.session},
                                     {"agent", agreed.peer_agent},
                                     {"tls", session.transport_description()}});
    tell({.kind = LinkNotice::Kind::connected, .text = session.transport_description()});
    if (state_ == State::running) {
        register_services(false);
    }
}

void ClientLink::on_goaway(ClientSession& session, Code code, std::string_view text) {
    if (&session != current_.get() || state_ != State::running) {
        return;
    }
    if (code == Code::rotated) {
        shared_->log->info("the server asks for a fresh session", {{"why", text}});
        retire_current();
        connect();
        return;
    }
    shared_->log->info("the server takes no new visitors", {{"why", text}});
    tell({.kind = LinkNotice::Kind::draining, .code = code, .text = std::string(text)});
}

void ClientLink::retire_current() {
    for (auto& [id, offered] : services_) {
        offered.registered = false;
    }
    retiring_.push_back(std::move(current_));
}

void ClientLink::on_session_end(ClientSession& session, const TrunkEnd& end) {
    auto retired =
        std::find_if(retiring_.begin(), retiring_.end(), [&](const auto& one) { return one.get() == &session; });
    if (retired != retiring_.end()) {
        discard(std::move(*retired));
        retiring_.erase(retired);
        if (state_ == State::draining) {
            finish_if_drained(Code::none, {});
        }
        return;
    }
    bool was_open = session.is_open();
    discard(std::move(current_));
    for (auto& [id, offered] : services_) {
        offered.registered = false;
    }
    if (state_ != State::running) {
        finish_if_drained(end.code, end.code == Code::none ? std::string() : end.text);
        return;
    }
    if (was_open) {
        backoff_.session_ended(worker_.now() - connected_at_);
    }
    std::string text = end.text.empty() ? "the connection was lost" : end.text;
    shared_->log->warn(
        was_open ? "the connection was lost" : "could not connect",
        {{"server", runtime::to_text(shared_->server)}, {"code", wire::name_of(end.code)}, {"why", text}});
    if (is_final(end.code)) {
        auto kind = end.code == Code::superseded ? LinkNotice::Kind::lost : LinkNotice::Kind::refused;
        tell({.kind = kind, .code = end.code, .text = text});
        finish(end.code, text);
        return;
    }
    Code code = end.code == Code::none ? Code::connection_reset : end.code;
    tell({.kind = LinkNotice::Kind::lost, .code = code, .text = text});
    if (state_ != State::running) {
        return;  // who was told has stopped the link
    }
    if (!was_open && settings_.attempts != 0 && ++failed_ >= settings_.attempts) {
        finish(code, "gave up after " + std::to_string(failed_) + " attempts: " + text);
        return;
    }
    Duration wait = backoff_.next_wait();
    retry_timer_.set_after(wait);
    tell({.kind = LinkNotice::Kind::reconnecting, .code = code, .text = text, .retry_in = wait});
}

// The session is still on the stack: it goes in a later round.
void ClientLink::discard(std::unique_ptr<ClientSession> session) {
    mux::SessionStats last = session->stats();
    past_.payload_received += last.payload_received;
    past_.payload_sent += last.payload_sent;
    past_.bytes_copied += last.bytes_copied;
    past_.streams_opened += last.streams_opened;
    past_.streams_refused += last.streams_refused;
    // In a list rather than in the mail: a worker that is being stopped takes none.
    discarded_.push_back(std::move(session));
    worker_.post([this] { discarded_.clear(); });
}

void ClientLink::finish_if_drained(Code code, const std::string& text) {
    if (!current_ && retiring_.empty()) {
        finish(code, text);
    }
}

void ClientLink::finish(Code code, const std::string& text) {
    if (state_ == State::stopped) {
        return;
    }
    state_ = State::stopped;
    retry_timer_.cancel();
    refused_timer_.cancel();
    tell({.kind = LinkNotice::Kind::stopped, .code = code, .text = text});
}

// --- services ---

void ClientLink::register_services(bool only_refused) {
    std::vector<wire::Service> wanted;
    for (auto& [id, offered] : services_) {
        if (!offered.registered && (offered.refused || !only_refused)) {
            wanted.push_back(describe(offered));
        }
    }
    send_register(wanted);
}

// A port that the server chose is asked for again, so that visitors find the service where it was.
wire::Service ClientLink::describe(Offered& offered) {
    offered.asked_assigned = offered.service.remote_port == 0 && offered.assigned != 0;
    wire::Service service;
    service.id = offered.service.id;
    service.name = offered.service.name;
    service.remote_port = offered.asked_assigned ? offered.assigned : offered.service.remote_port;
    return service;
}

void ClientLink::send_register(const std::vector<wire::Service>& services) {
    for (const wire::ControlPayload& message : wire::encode_register(++request_, services)) {
        current_->send(message);
    }
}

void ClientLink::retry_refused() {
    if (connected() && state_ == State::running) {
        register_services(true);
    }
}

void ClientLink::on_message(ClientSession& session, const wire::ControlMessage& message) {
    if (&session != current_.get()) {
        return;
    }
    if (const auto* registered = std::get_if<wire::Registered>(&message)) {
        for (const wire::RegisteredService& answer : registered->services) {
            on_registered(answer);
        }
    } else if (const auto* refused = std::get_if<wire::Refused>(&message)) {
        on_refused(*refused);
    }
    // Statistics and messages of later versions are not for this one.
}

void ClientLink::on_registered(const wire::RegisteredService& answer) {
    auto found = services_.find(answer.id);
    if (found == services_.end()) {
        return;  // taken off meanwhile
    }
    Offered& offered = found->second;
    offered.registered = true;
    offered.refused = false;
    if (offered.service.remote_port == 0) {
        offered.assigned = answer.port;
    }
    std::string endpoint = answer.address;
    shared_->log->info("a service is reachable", {{"service", offered.service.name}, {"endpoint", endpoint}});
    tell({.kind = LinkNotice::Kind::registered, .service = answer.id, .endpoint = endpoint, .port = answer.port});
}

void ClientLink::on_refused(const wire::Refused& refused) {
    auto found = services_.find(refused.id);
    if (found == services_.end()) {
        return;
    }
    Offered& offered = found->second;
    if (offered.asked_assigned) {
        offered.assigned = 0;  // somebody else has the port that we had: any other will do
        send_register({describe(offered)});
        return;
    }
    offered.refused = true;
    shared_->log->warn(
        "a service was refused",
        {{"service", offered.service.name}, {"code", wire::name_of(refused.code)}, {"why", refused.text}});
    refused_timer_.set_after(settings_.refused_retry);
    tell({.kind = LinkNotice::Kind::refused, .service = refused.id, .code = refused.code, .text = refused.text});
}

void ClientLink::on_stream(ClientSession&, IntrusivePtr<mux::Stream> stream, const wire::Open& open) {
    auto found = services_.find(open.service);
    if (found == services_.end() || state_ == State::stopped) {
        stream->abort(Code::unknown_service);
        return;
    }
    const ClientService& service = found->second.service;
    if (service.on_stream) {
        service.on_stream(std::move(stream), open);
    } else {
        dial_backend(worker_, service.local, service.name, std::move(stream), shared_->traffic, *shared_->log);
    }
}

}  // namespace ferrotunnel::tunnel
