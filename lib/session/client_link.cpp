#include "session/client_link.hpp"

#include <algorithm>
#include <chrono>
#include <new>
#include <utility>

#include "backend/replay.hpp"

namespace ferrotunnel::session {

using wire::Code;

namespace {

constexpr const char* stopping = "The client is stopping.";

// The shortest time before a refused service is asked for again, however soon the client reconnects after a loss.
constexpr Duration refused_again_first = std::chrono::seconds(1);

// Whose attempts are counted must not use them up within a second or two.
Backoff::Settings for_tunnel(const ClientLink::Settings& settings) {
    Backoff::Settings made = settings.backoff;
    made.soon = settings.attempts == 0 ? made.soon : std::min(made.soon, 2U);
    return made;
}

Backoff::Settings for_refused(const Backoff::Settings& settings) {
    return {std::max(settings.first, refused_again_first), std::max(settings.max, refused_again_first),
            settings.lived_long};
}

constexpr const char* new_token_text = "The client logs in with another token.";

// Whether trying again would end the same way, if the server is right: the user has to do something.
bool is_verdict(Code code) {
    return code == Code::unauthorized || code == Code::version || code == Code::superseded;
}

}  // namespace

ClientLink::ClientLink(runtime::Worker& worker, std::shared_ptr<ClientShared> shared, const Settings& settings,
                       std::function<void(const LinkNotice&)> notify)
    : worker_(worker),
      shared_(std::move(shared)),
      settings_(settings),
      notify_(std::move(notify)),
      backoff_(*shared_->random, for_tunnel(settings)),
      retry_timer_(worker, [this] { connect_first(); }),
      refused_backoff_(*shared_->random, for_refused(settings.backoff)),
      refused_timer_(worker, [this] { retry_refused(); }),
      replaces_(settings.replaces) {
    std::vector<runtime::Worker*> workers = settings.trunk_workers;
    if (workers.empty()) {
        workers.push_back(&worker_);
    }
    for (std::size_t i = 0; i < workers.size(); ++i) {
        auto place = std::make_unique<Place>();
        place->trunk = std::make_unique<ClientTrunk>(i, *workers[i], worker_, shared_, table_,
                                                     static_cast<ClientTrunkEvents&>(*this));
        place->backoff = std::make_unique<Backoff>(*shared_->random, settings.backoff);
        place->retry = std::make_unique<runtime::Timer>(worker_, [this, i] { on_retry(i); });
        places_.push_back(std::move(place));
    }
}

ClientLink::~ClientLink() = default;

void ClientLink::start() {
    check_here(worker_);
    if (state_ != State::idle) {
        return;  // stopped before it was started
    }
    state_ = State::running;
    if (shared_->inspector) {
        originals_watch_ = std::make_unique<backend::OriginalsWatch>(worker_, shared_->inspector);
    }
    connect_first();
}

void ClientLink::set_token(login::Token token) {
    check_here(worker_);
    shared_->token = std::move(token);
    if (state_ != State::running) {
        return;
    }
    for (auto& place : places_) {
        place->old_token = place->state == Place::State::connecting;
        if (place->state == Place::State::open) {
            place->trunk->renew(new_token_text);
        }
    }
    if (open_count() == 0 && !any_connecting() && retry_timer_.is_set()) {  // the server may have refused the other one
        retry_timer_.cancel();
        connect_first();
    }
}

void ClientLink::drain() {
    check_here(worker_);
    if (state_ == State::draining) {
        return;  // since another client has its place
    }
    if (state_ != State::running) {
        stop();
        return;
    }
    state_ = State::draining;
    cancel_timers();
    for (auto& place : places_) {
        place->trunk->drain(stopping);
    }
    finish_if_drained(Code::none, {});
}

void ClientLink::stop() {
    check_here(worker_);
    if (state_ == State::stopped) {
        return;
    }
    state_ = State::draining;  // the end of the last session then stops the link
    cancel_timers();
    for (auto& place : places_) {
        place->trunk->end(stopping);
    }
    finish_if_drained(Code::none, {});
}

// --- connecting ---

unsigned ClientLink::open_count() const noexcept {
    return static_cast<unsigned>(std::count_if(places_.begin(), places_.end(),
                                               [](const auto& place) { return place->state == Place::State::open; }));
}

// It is not a visitor, so the client's numbers do not have it.
void ClientLink::replay(Replay replay, PermitPtr ticket) {
    check_here(worker_);
    const backend::DialShared shared{std::make_shared<trunk::Traffic>(),
                                     shared_->own_visits,
                                     *shared_->log,
                                     shared_->inspector,
                                     replay.record_id,
                                     replay.replay_of};
    if (auto service = table_->find(replay.service)) {
        backend::replay(worker_, std::move(service), std::move(replay.request), shared, std::move(ticket));
    }
}

bool ClientLink::any_connecting() const noexcept {
    return std::any_of(places_.begin(), places_.end(),
                       [](const auto& place) { return place->state == Place::State::connecting; });
}

// Connects the first trunk. Nothing is open and nothing is being made, so no login of the earlier epoch can come late.
void ClientLink::connect_first() {
    if (state_ != State::running || open_count() > 0 || any_connecting()) {
        return;
    }
    ++epoch_;
    attempt_ = 0;
    connect(0);
}

void ClientLink::connect(std::size_t place) {
    ClientLogin login;
    login.epoch = epoch_;
    login.attempt = attempt_++;
    login.trunk = static_cast<std::uint32_t>(place + 1);
    login.trunks = static_cast<std::uint32_t>(places_.size());
    login.replaces = replaces_;
    places_[place]->login = ++logins_;
    const Place::State before = std::exchange(places_[place]->state, Place::State::connecting);
    places_[place]->draining = false;
    try {
        places_[place]->trunk->connect(login);
    } catch (const std::bad_alloc&) {  // the timer that has called will call again
        places_[place]->state = before;
        throw;
    }
}

void ClientLink::connect_idle() {
    if (alone_) {
        return;
    }
    for (std::size_t place = 0; place < places_.size(); ++place) {
        if (places_[place]->state == Place::State::idle) {
            connect(place);
        }
    }
}

void ClientLink::on_retry(std::size_t place) {
    if (state_ == State::running && places_[place]->state == Place::State::waiting) {
        connect(place);
    }
}

void ClientLink::on_trunk_open(std::size_t at, const login::Agreement& agreed, const std::string& transport,
                               Duration round_trip) {
    Place& place = *places_[at];
    place.state = Place::State::open;
    place.opened_at = worker_.now();
    place.features = agreed.features;
    place.login_proof = agreed.client_proof;
    if (state_ != State::running) {
        return;  // stopped meanwhile; its end is on the way
    }
    failed_ = 0;
    let_in_ = true;
    retry_timer_.cancel();
    shared_->log->info("connected", {{"server", net::to_text(shared_->server)},
                                     {"session", agreed.session},
                                     {"trunk", name_of(at)},
                                     {"agent", agreed.peer_agent},
                                     {"tls", transport}});
    const bool first = !std::exchange(up_, true);
    if (first) {
        // A round trip to a proxy tells nothing about the server, which is seldom near behind one.
        alone_ = shared_->proxy || round_trip >= settings_.near_below;
    }
    told_draining_ = std::any_of(places_.begin(), places_.end(),
                                 [](const auto& one) { return one->state == Place::State::open && one->draining; });
    tell({.kind = first ? LinkNotice::Kind::connected : LinkNotice::Kind::joined,
          .text = transport,
          .trunk = static_cast<unsigned>(at + 1)});
    if (state_ == State::running && place.state == Place::State::open) {  // the handler may have stopped the link
        register_on(at);
        connect_idle();
        if (std::exchange(place.old_token, false)) {
            place.trunk->renew(new_token_text);
        }
        look_for_place();  // it may have no services
    }
}

void ClientLink::on_trunk_draining(std::size_t place, Code code, const std::string& text) {
    places_[place]->draining = true;
    if (state_ != State::running || std::exchange(told_draining_, true)) {
        return;
    }
    shared_->log->info("the server takes no new visitors", {{"why", text}});
    tell({.kind = LinkNotice::Kind::draining, .code = code, .text = text});
}

// Nothing ends yet: for the link the trunk stays open.
void ClientLink::on_trunk_waiting(std::size_t at, const trunk::TrunkEnd& why) {
    tell({.kind = LinkNotice::Kind::waiting,
          .code = why.code == Code::none ? Code::connection_reset : why.code,
          .text = why.text,
          .trunk = static_cast<unsigned>(at + 1)});
}

void ClientLink::on_trunk_resumed(std::size_t at) {
    tell({.kind = LinkNotice::Kind::resumed, .trunk = static_cast<unsigned>(at + 1)});
}

void ClientLink::on_trunk_retired(std::size_t at, const std::string& text) {
    Place& place = *places_[at];
    ++place.retiring;
    place.state = Place::State::idle;
    forget_place(at);
    if (state_ != State::running) {
        return;
    }
    shared_->log->info("a fresh session takes the place of this one", {{"trunk", name_of(at)}, {"why", text}});
    rotate(at);
}

// Makes a fresh session: at once, since ids run out. But ids last for days, so a server that asks all the time is given
// a session with the same back-off as if it had dropped one.
void ClientLink::rotate(std::size_t at) {
    Place& place = *places_[at];
    const TimePoint now = worker_.now();
    const bool again = place.rotated_at && now - *place.rotated_at < settings_.backoff.lived_long;
    place.rotated_at = now;
    const bool alone = places_.size() == 1;
    if (again) {
        const Duration wait = (alone ? backoff_ : *place.backoff).next_wait();
        (alone ? retry_timer_ : *place.retry).set_after(wait);
        place.state = alone ? Place::State::idle : Place::State::waiting;
    } else if (alone) {
        connect_first();
    } else {
        connect(at);
    }
}

void ClientLink::on_retired_end(std::size_t place) {
    --places_[place]->retiring;
    if (state_ == State::draining) {
        finish_if_drained(Code::none, {});
    }
}

// --- losing ---

// Whether the server has decided against the client. What a peer says that has not proved to be the server ends one
// attempt, not the client: the next attempt may reach the real server. Nor is it a decision if the server refuses a
// token or version that it has once accepted: it was started with a wrong file, or an older program, and its clients
// must be there when that is put right.
bool ClientLink::is_settled(const trunk::TrunkEnd& end) const noexcept {
    return is_verdict(end.code) && end.proved && (end.code == Code::superseded || !let_in_);
}

// Whether the client ends because of it. Who was superseded must not come back, whatever the settings say: two clients
// would take each other's place for ever.
bool ClientLink::is_final(const trunk::TrunkEnd& end) const noexcept {
    return is_settled(end) && (end.code == Code::superseded || settings_.refused_again == Duration::zero());
}

std::string ClientLink::explain(const trunk::TrunkEnd& end) const {
    if (end.text.empty()) {
        return "the connection was lost";
    }
    if (!is_verdict(end.code) || is_final(end)) {
        return end.text;
    }
    if (is_settled(end)) {
        return end.text + " The client continues asking, in case that changes.";
    }
    if (end.proved) {
        return end.text + " The server has let this client in before, so it continues trying.";
    }
    if (end.code == Code::unauthorized) {  // the text already says so
        return end.text;
    }
    return end.text + " It has not proved that it is the server, so somebody may be in between.";
}

void ClientLink::on_trunk_end(std::size_t at, const trunk::TrunkEnd& end, bool was_open) {
    Place& place = *places_[at];
    place.state = Place::State::idle;
    forget_place(at);
    if (state_ != State::running) {
        finish_if_drained(end.code, end.code == Code::none ? std::string() : end.text);
        return;
    }
    if (was_open) {
        const Duration lived = worker_.now() - place.opened_at;
        place.backoff->session_ended(lived);
        backoff_.session_ended(lived);
        if (end.by_peer && (end.code == Code::going_away || (end.code == Code::none && place.draining))) {
            backoff_.peer_said_goodbye(worker_.now());
        }
    }
    const std::string text = explain(end);
    shared_->log->warn(was_open ? "the connection was lost" : "could not connect",
                       {{"server", net::to_text(shared_->server)},
                        {"trunk", name_of(at)},
                        {"code", wire::name_of(end.code)},
                        {"why", text}});
    if (is_final(end)) {
        end_for_good(end.code, text, was_open);
        return;
    }
    LinkNotice why;
    why.code = end.code == Code::none ? Code::connection_reset : end.code;
    why.text = text;
    why.trunk = static_cast<unsigned>(at + 1);
    why.broke = was_open;
    why.settled = is_settled(end);
    if (open_count() > 0) {
        trunk_lost(at, why);
    } else {
        tunnel_down(at, why, was_open);
    }
}

// Handles the loss of a trunk while others carry on: it comes back by itself.
void ClientLink::trunk_lost(std::size_t at, const LinkNotice& why) {
    Place& place = *places_[at];
    LinkNotice notice = why;
    notice.kind = LinkNotice::Kind::degraded;
    notice.retry_in = place.backoff->next_wait();
    place.state = Place::State::waiting;
    place.retry->set_after(notice.retry_in);
    register_lost();
    tell(notice);
    look_for_place();  // whoever was asked on that trunk may not have heard it
}

void ClientLink::tunnel_down(std::size_t at, const LinkNotice& why, bool was_open) {
    for (auto& [id, offered] : services_) {
        offered.told = false;
        offered.endpoint.clear();
    }
    const bool was_up = std::exchange(up_, false);
    LinkNotice lost = why;
    lost.kind = LinkNotice::Kind::lost;
    if (was_up || !any_connecting()) {  // of several that fail in a row, only the last is reported
        tell(lost);
    }
    if (state_ != State::running) {
        return;  // the handler has stopped the link
    }
    // The connections being made decide how it continues. This trunk waits its own time: if a server drops each
    // connection right after the login, two trunks would otherwise reconnect each other at once, for ever.
    if (any_connecting()) {
        Place& place = *places_[at];
        place.state = Place::State::waiting;
        place.retry->set_after(place.backoff->next_wait());
        return;
    }
    for (auto& place : places_) {  // they now wait for the first trunk
        place->retry->cancel();
        if (place->state == Place::State::waiting) {
            place->state = Place::State::idle;
        }
    }
    if (!was_open && settings_.attempts != 0 && ++failed_ >= settings_.attempts) {
        finish(why.code,
               "gave up after " + (failed_ == 1 ? "1 attempt: " : std::to_string(failed_) + " attempts: ") + why.text);
        return;
    }
    const Duration wait = wait_after(why);
    retry_timer_.set_after(wait);
    tell({.kind = LinkNotice::Kind::reconnecting, .code = why.code, .text = why.text, .retry_in = wait});
}

// A server that has decided is asked seldom, and not by all of its clients at once.
Duration ClientLink::wait_after(const LinkNotice& why) {
    if (!why.settled) {
        return backoff_.next_wait();
    }
    constexpr Duration::rep longest = 5;
    const auto spread = static_cast<std::uint64_t>(((longest - 1) * settings_.refused_again).count());
    return settings_.refused_again + Duration(static_cast<Duration::rep>(shared_->random->below(spread + 1)));
}

// Ends the link: what the server tells one trunk holds for the client.
void ClientLink::end_for_good(Code code, const std::string& text, bool was_open) {
    const auto kind = code == Code::superseded ? LinkNotice::Kind::lost : LinkNotice::Kind::refused;
    final_ = {code, text};
    tell({.kind = kind, .code = code, .text = text, .broke = was_open});
    if (state_ == State::running) {
        stop();
    }
}

void ClientLink::finish_if_drained(Code code, const std::string& text) {
    const bool any = std::any_of(places_.begin(), places_.end(),
                                 [](const auto& place) { return place->has_session() || place->retiring > 0; });
    if (any) {
        return;
    }
    if (final_) {
        finish(final_->first, final_->second);
    } else {
        finish(code, text);
    }
}

void ClientLink::finish(Code code, const std::string& text) {
    if (state_ == State::stopped) {
        return;
    }
    state_ = State::stopped;
    cancel_timers();
    tell({.kind = LinkNotice::Kind::stopped, .code = code, .text = text});
}

void ClientLink::cancel_timers() {
    retry_timer_.cancel();
    refused_timer_.cancel();
    originals_watch_.reset();
    for (auto& [id, offered] : services_) {
        offered.watch.reset();
    }
    for (auto& place : places_) {
        place->retry->cancel();
        if (place->state == Place::State::waiting) {
            place->state = Place::State::idle;
        }
    }
}

// The trunk's name for logs, like "2/4".
std::string ClientLink::name_of(std::size_t place) const {
    return std::to_string(place + 1) + '/' + std::to_string(places_.size());
}

void ClientLink::tell(LinkNotice notice) {
    notice.trunks = open_count();
    notify_(notice);
}

}  // namespace ferrotunnel::session
