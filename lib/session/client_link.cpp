#include "session/client_link.hpp"

#include <algorithm>

#include "backend/replay.hpp"

namespace ferrotunnel::session {

using wire::Code;

namespace {

constexpr const char* stopping = "The client is stopping.";

// A client with a limited number of attempts must not use them up within a second or two.
Backoff::Settings for_tunnel(const ClientLink::Settings& settings) {
    Backoff::Settings made = settings.backoff;
    made.quick_retries = settings.attempts == 0 ? made.quick_retries : std::min(made.quick_retries, 2U);
    return made;
}

ClientLink::Settings with_a_trunk(ClientLink::Settings settings, runtime::Worker& worker) {
    if (settings.trunk_workers.empty()) {
        settings.trunk_workers.push_back(&worker);
    }
    return settings;
}

}  // namespace

// --- life ---

ClientLink::ClientLink(runtime::Worker& worker, std::shared_ptr<ClientShared> shared, const Settings& settings,
                       std::function<void(const LinkNotice&)> notify)
    : settings_(with_a_trunk(settings, worker)),
      verdict_(settings.retry_refused_after != Duration::zero()),
      services_(settings_.trunk_workers.size()),
      trunks_({worker, shared, services_.table(), phase_, static_cast<ClientTrunkEvents&>(*this),
               [this] { return handover_.wants_handover(); }},
              trunk_settings()),
      at_{worker, std::move(shared), phase_, trunks_.states(),
          [this, notify = std::move(notify)](LinkNotice notice) {
              notice.trunks = trunks_.states().open_count();
              notify(notice);
          }},
      health_(
          {at_, services_,
           [this](std::size_t place, wire::ControlPayload message) { trunks_.send_to_all(place, std::move(message)); },
           [this](OfferedService& offered) { registration_.register_first(offered); }, [this] { handover_.check(); }}),
      registration_(
          {at_, services_,
           [this](std::size_t place, std::vector<wire::ControlPayload> messages) {
               trunks_.send(place, std::move(messages));
           },
           [this](std::size_t place, wire::ControlPayload message) { trunks_.send_to_all(place, std::move(message)); },
           [this](OfferedService& offered) { health_.watch(offered); },
           [this](std::size_t place, const OfferedService& offered) { health_.send(place, offered); },
           settings.attempts != 0},
          settings.backoff),
      handover_({at_, services_,
                 [this](std::size_t place, std::vector<wire::ControlPayload> messages) {
                     trunks_.send(place, std::move(messages));
                 }},
                settings.replaces),
      visits_({at_, [this](std::size_t place, const std::shared_ptr<const VisitPlan>& plan,
                           directory::Visitor visitor) { trunks_.visit(place, plan, std::move(visitor)); }}) {}

ClientLink::~ClientLink() = default;

TrunkSet::Settings ClientLink::trunk_settings() const {
    return {settings_.backoff, for_tunnel(settings_), settings_.trunk_workers, settings_.near_threshold};
}

void ClientLink::start() {
    check_here(at_.worker);
    if (phase_ != LinkPhase::idle) {
        return;  // stopped before it was started
    }
    phase_ = LinkPhase::down;
    if (at_.shared->inspector) {
        originals_watch_ = std::make_unique<backend::OriginalsExpiry>(at_.worker, at_.shared->inspector);
    }
    trunks_.connect_first();
}

void ClientLink::drain() {
    check_here(at_.worker);
    if (phase_ == LinkPhase::draining) {
        return;  // since another client has replaced it
    }
    if (!is_running(phase_)) {
        stop();
        return;
    }
    phase_ = LinkPhase::draining;
    cancel_timers();
    trunks_.drain(stopping);
    finish_if_drained(Code::none, {});
}

void ClientLink::stop() {
    check_here(at_.worker);
    if (phase_ == LinkPhase::stopped) {
        return;
    }
    phase_ = LinkPhase::draining;  // the end of the last session then stops the link
    cancel_timers();
    trunks_.end(stopping);
    finish_if_drained(Code::none, {});
}

void ClientLink::finish_if_drained(Code code, const std::string& text) {
    if (trunks_.states().any_session()) {
        return;
    }
    if (final_) {
        finish(final_->first, final_->second);
    } else {
        finish(code, text);
    }
}

void ClientLink::finish(Code code, const std::string& text) {
    if (phase_ == LinkPhase::stopped) {
        return;
    }
    phase_ = LinkPhase::stopped;
    cancel_timers();
    at_.notify({.kind = LinkNotice::Kind::stopped, .code = code, .text = text});
}

void ClientLink::cancel_timers() {
    originals_watch_.reset();
    registration_.stop();
    health_.stop();
    trunks_.cancel();
}

// --- requests of the application ---

void ClientLink::remove(std::uint32_t id) {
    check_here(at_.worker);
    registration_.remove(id);
    handover_.check();
}

void ClientLink::replace(std::vector<Replacement> replacements) {
    check_here(at_.worker);
    registration_.replace(std::move(replacements));
    handover_.check();
}

void ClientLink::set_token(login::Token token) {
    check_here(at_.worker);
    at_.shared->token = std::move(token);
    if (is_running(phase_)) {
        trunks_.use_new_token();
    }
}

// A replay is not a visitor, so the client's statistics exclude it.
void ClientLink::replay(Replay replay, PermitPtr ticket) {
    check_here(at_.worker);
    const backend::DialShared shared{std::make_shared<trunk::Traffic>(),
                                     at_.shared->self_loop_detector,
                                     *at_.shared->log,
                                     at_.shared->inspector,
                                     replay.record_id,
                                     replay.replay_of};
    if (auto service = services_.table()->find(replay.service)) {
        backend::replay(at_.worker, std::move(service), std::move(replay.request), shared, std::move(ticket));
    }
}

void ClientLink::answer(std::uint64_t number, const wire::Managed& answer) {
    for (std::size_t place = 0; place < trunks_.states().size(); ++place) {
        if (trunks_.states().at(place).login == number && trunks_.states().at(place).is_open()) {
            trunks_.send(place, {wire::encode_control(answer)});
        }
    }
}

// --- reports of the trunks ---

void ClientLink::on_trunk_open(std::size_t place, const login::Agreement& agreed, const std::string& transport,
                               Duration round_trip) {
    trunks_.on_open(place, agreed);
    if (!is_running(phase_)) {
        return;  // stopped meanwhile; its end is on the way
    }
    failed_ = 0;
    verdict_.record_login();
    at_.shared->log->info("connected", {{"server", net::to_text(at_.shared->server)},
                                        {"session", agreed.session},
                                        {"trunk", trunks_.states().name_of(place)},
                                        {"agent", agreed.peer_agent},
                                        {"tls", transport}});
    const bool is_first = std::exchange(phase_, LinkPhase::up) == LinkPhase::down;
    if (is_first) {
        trunks_.on_up(round_trip);
    }
    draining_reported_ = trunks_.states().any_draining();
    at_.notify({.kind = is_first ? LinkNotice::Kind::connected : LinkNotice::Kind::joined,
                .text = transport,
                .trunk = static_cast<unsigned>(place + 1)});
    if (is_running(phase_) && trunks_.states().at(place).is_open()) {  // the handler may have stopped the link
        registration_.register_all(place);
        trunks_.connect_idle();
        trunks_.renew_if_outdated(place);
        handover_.check();  // a client without services replaces the other one at once
    }
}

void ClientLink::on_trunk_message(std::size_t place, const wire::ControlMessage& message) {
    if (const auto* registered = std::get_if<wire::Registered>(&message)) {
        on_registered(place, *registered);
    } else if (const auto* refused = std::get_if<wire::Refused>(&message)) {
        registration_.on_refused(place, *refused);
    } else if (const auto* taken = std::get_if<wire::TakenOver>(&message)) {
        handover_.on_taken_over(*taken);
    } else if (const auto* replaced = std::get_if<wire::Replaced>(&message)) {
        on_replaced(*replaced);
    } else if (const auto* request = std::get_if<wire::Manage>(&message); request != nullptr && settings_.on_manage) {
        settings_.on_manage(trunks_.states().at(place).login, *request);
    }
    // The link ignores statistics, and messages of later versions.
}

void ClientLink::on_registered(std::size_t place, const wire::Registered& message) {
    for (const wire::RegisteredService& service : message.services) {
        if (message.request == wire::no_request) {
            registration_.on_address(place, service);
        } else {
            registration_.on_registered(place, service);
        }
    }
    handover_.check();
}

void ClientLink::on_trunk_draining(std::size_t place, Code code, const std::string& text) {
    trunks_.on_draining(place);
    if (!is_running(phase_) || std::exchange(draining_reported_, true)) {
        return;
    }
    at_.shared->log->info("the server accepts no new visitors", {{"why", text}});
    at_.notify({.kind = LinkNotice::Kind::draining, .code = code, .text = text});
}

// Nothing ends yet: for the link the trunk stays open.
void ClientLink::on_trunk_waiting(std::size_t place, const trunk::TrunkEnd& why) {
    at_.notify({.kind = LinkNotice::Kind::waiting,
                .code = why.code == Code::none ? Code::connection_reset : why.code,
                .text = why.text,
                .trunk = static_cast<unsigned>(place + 1)});
}

void ClientLink::on_trunk_resumed(std::size_t place) {
    at_.notify({.kind = LinkNotice::Kind::resumed, .trunk = static_cast<unsigned>(place + 1)});
}

void ClientLink::on_trunk_retired(std::size_t place, const std::string& text) {
    trunks_.on_retired(place);
    services_.forget_trunk(place);
    if (!is_running(phase_)) {
        return;
    }
    at_.shared->log->info("a new session replaces this one",
                          {{"trunk", trunks_.states().name_of(place)}, {"why", text}});
    trunks_.rotate(place);
}

void ClientLink::on_retired_end(std::size_t place) {
    trunks_.on_retired_end(place);
    if (phase_ == LinkPhase::draining) {
        finish_if_drained(Code::none, {});
    }
}

// The server has sent it to all trunks.
void ClientLink::on_replaced(const wire::Replaced& message) {
    if (!is_running(phase_)) {
        return;
    }
    at_.shared->log->info("another client replaced this one", {{"why", message.text}});
    at_.notify({.kind = LinkNotice::Kind::replaced, .text = message.text});
    if (!is_running(phase_)) {
        return;  // the handler has stopped the link
    }
    visits_.stop_accepting();  // the successor may listen there
    drain();
}

// --- losses ---

void ClientLink::on_trunk_end(std::size_t place, const trunk::TrunkEnd& end, bool was_open) {
    trunks_.on_end(place, end, was_open);
    services_.forget_trunk(place);
    if (!is_running(phase_)) {
        finish_if_drained(end.code, end.code == Code::none ? std::string() : end.text);
        return;
    }
    const std::string text = verdict_.explain(end);
    at_.shared->log->warn(was_open ? "the connection was lost" : "could not connect",
                          {{"server", net::to_text(at_.shared->server)},
                           {"trunk", trunks_.states().name_of(place)},
                           {"code", wire::name_of(end.code)},
                           {"why", text}});
    if (verdict_.is_final(end)) {
        end_permanently(end.code, text, was_open);
        return;
    }
    LinkNotice why;
    why.code = end.code == Code::none ? Code::connection_reset : end.code;
    why.text = text;
    why.trunk = static_cast<unsigned>(place + 1);
    why.broke = was_open;
    why.settled = verdict_.is_settled(end);
    if (trunks_.states().open_count() > 0) {
        trunk_lost(place, why);
    } else {
        tunnel_down(place, why);
    }
}

// Other trunks are open: this one reconnects by itself.
void ClientLink::trunk_lost(std::size_t place, const LinkNotice& why) {
    LinkNotice notice = why;
    notice.kind = LinkNotice::Kind::degraded;
    notice.retry_in = trunks_.retry(place);
    registration_.register_lost();
    at_.notify(notice);
    handover_.check();  // what was requested on that trunk may not have arrived
}

void ClientLink::tunnel_down(std::size_t place, const LinkNotice& why) {
    registration_.lose_all();
    const bool was_up = std::exchange(phase_, LinkPhase::down) == LinkPhase::up;
    LinkNotice lost = why;
    lost.kind = LinkNotice::Kind::lost;
    if (was_up || !trunks_.states().any_connecting()) {  // of several that fail in a row, only the last is reported
        at_.notify(lost);
    }
    if (!is_running(phase_)) {
        return;  // the handler has stopped the link
    }
    // The connections being made decide what follows. This trunk waits its own time: if a server drops each connection
    // right after the login, two trunks would otherwise reconnect each other at once, for ever.
    if (trunks_.states().any_connecting()) {
        (void)trunks_.retry(place);
        return;
    }
    trunks_.cancel_retries();
    if (!why.broke && settings_.attempts != 0 && ++failed_ >= settings_.attempts) {
        finish(why.code,
               "gave up after " + (failed_ == 1 ? "1 attempt: " : std::to_string(failed_) + " attempts: ") + why.text);
        return;
    }
    const Duration wait = wait_after(why);
    trunks_.connect_first_in(wait);
    at_.notify({.kind = LinkNotice::Kind::reconnecting, .code = why.code, .text = why.text, .retry_in = wait});
}

// After a refusal the server is contacted seldom, and not by all of its clients at once.
Duration ClientLink::wait_after(const LinkNotice& why) {
    if (!why.settled) {
        return trunks_.next_tunnel_wait();
    }
    constexpr Duration::rep longest = 5;
    const auto spread = static_cast<std::uint64_t>(((longest - 1) * settings_.retry_refused_after).count());
    return settings_.retry_refused_after + Duration(static_cast<Duration::rep>(at_.shared->random->below(spread + 1)));
}

// The server's verdict on one trunk applies to the client.
void ClientLink::end_permanently(Code code, const std::string& text, bool was_open) {
    const auto kind = code == Code::superseded ? LinkNotice::Kind::lost : LinkNotice::Kind::refused;
    final_ = {code, text};
    at_.notify({.kind = kind, .code = code, .text = text, .broke = was_open});
    if (is_running(phase_)) {
        stop();
    }
}

}  // namespace ferrotunnel::session
