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
        settings.trunk_workers.assign(settings.redundancy, &worker);
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
    return {settings_.backoff,        for_tunnel(settings_), settings_.trunk_workers,
            settings_.near_threshold, settings_.redundancy,  settings_.on_servers};
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
    const backend::DialShared shared{make_intrusive<trunk::Traffic>(),
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
    if (!trunks_.on_open(place, agreed)) {
        return;  // its session ends: it was not to be at that server
    }
    if (!is_running(phase_)) {
        return;  // stopped meanwhile; its end is on the way
    }
    failed_ = 0;
    verdict_.record_login();
    const TrunkState& trunk = trunks_.states().at(place);
    at_.shared->log->info("connected", {{"server", net::to_text(trunk.server)},
                                        {"session", agreed.session},
                                        {"trunk", trunks_.states().name_of(place)},
                                        {"agent", agreed.peer_agent},
                                        {"tls", transport}});
    const bool is_first = std::exchange(phase_, LinkPhase::up) == LinkPhase::down;
    if (is_first && !at_.shared->metadata.empty() && (agreed.features & wire::feature::metadata) == 0) {
        at_.shared->log->warn("the server ignores this client's metadata: its version is older than this client's",
                              {{"server", net::to_text(trunk.server)}});
    }
    const unsigned side = trunks_.states().side_of(place);
    if (trunks_.states().open_count(side) == 1) {
        trunks_.on_up(round_trip, side);
    }
    draining_reported_ = trunks_.states().any_draining();
    LinkNotice notice = notice_of(place, is_first ? LinkNotice::Kind::connected : LinkNotice::Kind::joined);
    notice.text = transport;
    at_.notify(notice);
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
    if (!is_running(phase_)) {
        return;
    }
    if (!std::exchange(draining_reported_, true)) {
        at_.shared->log->info("the server accepts no new visitors",
                              {{"server", net::to_text(trunks_.states().at(place).server)}, {"why", text}});
        LinkNotice notice = notice_of(place, LinkNotice::Kind::draining);
        notice.trunk = 0;  // it is said of all trunks to that server
        notice.code = code;
        notice.text = text;
        at_.notify(notice);
    }
    if (is_running(phase_)) {  // the handler may have stopped the link
        trunks_.leave_draining(place);
    }
}

// Nothing ends yet: for the link the trunk stays open.
void ClientLink::on_trunk_waiting(std::size_t place, const trunk::TrunkEnd& why) {
    trunks_.on_detached(place, true);
    LinkNotice notice = notice_of(place, LinkNotice::Kind::waiting);
    notice.code = why.code == Code::none ? Code::connection_reset : why.code;
    notice.text = why.text;
    at_.notify(notice);
}

void ClientLink::on_trunk_resumed(std::size_t place) {
    trunks_.on_detached(place, false);
    at_.notify(notice_of(place, LinkNotice::Kind::resumed));
}

void ClientLink::on_trunk_retired(std::size_t place, const std::string& text) {
    trunks_.on_retired(place);
    services_.forget_trunk(place);
    if (!is_running(phase_)) {
        return;
    }
    if (trunks_.states().at(place).leaving) {
        registration_.register_lost();
        return;  // the set connects elsewhere when all trunks of that side have left
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

}  // namespace ferrotunnel::session
