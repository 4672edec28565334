// What a link does when a trunk has ended, or could not be made.
#include "session/client_link.hpp"

namespace ferrotunnel::session {

using wire::Code;

LinkNotice ClientLink::notice_of(std::size_t place, LinkNotice::Kind kind) const {
    const TrunkState& trunk = trunks_.states().at(place);
    LinkNotice notice;
    notice.kind = kind;
    notice.trunk = static_cast<unsigned>(place + 1);
    notice.server = net::to_text(trunk.server);
    notice.member = trunk.member;
    return notice;
}

void ClientLink::on_trunk_end(std::size_t place, const trunk::TrunkEnd& end, bool had_opened) {
    const TrunkState& trunk = trunks_.states().at(place);
    const bool was_open = had_opened && trunk.is_open();
    trunks_.on_end(place, end, was_open);
    services_.forget_trunk(place);
    if (!is_running(phase_)) {
        finish_if_drained(end.code, end.code == Code::none ? std::string() : end.text);
        return;
    }
    const bool is_up = trunks_.states().open_count() > 0;
    if (is_up && (trunk.leaving || end.unwanted)) {
        went_elsewhere(place, end);
        return;
    }
    const std::string text = verdict_.explain(end);
    at_.shared->log->warn(was_open ? "the connection was lost" : "could not connect",
                          {{"server", net::to_text(trunk.server)},
                           {"trunk", trunks_.states().name_of(place)},
                           {"code", wire::name_of(end.code)},
                           {"why", text}});
    if (verdict_.is_final(end) &&
        trunks_.states().open_count(trunks_.states().side_of(place)) == trunks_.states().open_count()) {
        end_permanently(end.code, text, was_open);
        return;
    }
    LinkNotice why = notice_of(place, LinkNotice::Kind::lost);
    why.code = end.code == Code::none ? Code::connection_reset : end.code;
    why.text = text;
    why.broke = was_open;
    why.settled = verdict_.is_settled(end);
    if (is_up) {
        trunk_lost(place, end, why);
    } else {
        tunnel_down(place, end, why);
    }
}

// Other trunks are open: this one, or its side, reconnects by itself.
void ClientLink::trunk_lost(std::size_t place, const trunk::TrunkEnd& end, const LinkNotice& why) {
    LinkNotice notice = why;
    notice.kind = LinkNotice::Kind::degraded;
    notice.retry_in = trunks_.reconnect(place, end, why.broke);
    registration_.register_lost();
    at_.notify(notice);
    handover_.check();  // what was requested on that trunk may not have arrived
}

// Nothing was lost: the trunk was not to be at that server.
void ClientLink::went_elsewhere(std::size_t place, const trunk::TrunkEnd& end) {
    at_.shared->log->debug("a server is not used",
                           {{"server", net::to_text(trunks_.states().at(place).server)}, {"why", end.text}});
    (void)trunks_.reconnect(place, end, false);
    registration_.register_lost();
    handover_.check();
}

void ClientLink::tunnel_down(std::size_t place, const trunk::TrunkEnd& end, const LinkNotice& why) {
    registration_.lose_all();
    const bool was_up = std::exchange(phase_, LinkPhase::down) == LinkPhase::up;
    if (was_up || !trunks_.states().any_connecting()) {  // of several that fail in a row, only the last is reported
        at_.notify(why);
    }
    if (!is_running(phase_)) {
        return;  // the handler has stopped the link
    }
    // The connections being made decide what follows. This trunk waits its own time: if a server drops each connection
    // right after the login, two trunks would otherwise reconnect each other at once, for ever.
    if (trunks_.states().any_connecting()) {
        (void)trunks_.reconnect(place, end, why.broke);
        return;
    }
    trunks_.cancel_retries();
    const bool tries_another = trunks_.tries_another(place, end, why.broke);
    if (!why.broke && !tries_another && settings_.attempts != 0 && ++failed_ >= settings_.attempts) {
        finish(why.code,
               "gave up after " + (failed_ == 1 ? "1 attempt: " : std::to_string(failed_) + " attempts: ") + why.text);
        return;
    }
    const Duration wait = wait_after(why, tries_another);
    trunks_.connect_first_in(wait);
    at_.notify({.kind = LinkNotice::Kind::reconnecting,
                .code = why.code,
                .text = why.text,
                .retry_in = wait,
                .server = why.server,
                .member = why.member});
}

// After a refusal the server is contacted seldom, and not by all of its clients at once.
Duration ClientLink::wait_after(const LinkNotice& why, bool tries_another) {
    if (!why.settled || tries_another) {
        return trunks_.next_tunnel_wait(tries_another);
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
