// What is said of a session: lines of the log, and notices to the application.
#include "base/text.hpp"
#include "session/server_session.hpp"

namespace ferrotunnel::session {

using wire::Code;

namespace {

std::string place_of(const login::Agreement& agreement) {
    return std::to_string(agreement.trunk) + '/' + std::to_string(agreement.trunks);
}

}  // namespace

// Reports a stranger's failure, within limits: everybody can cause one, as often as they like.
void ServerSession::tell_stranger(const char* what, Code code, const std::string& why) {
    shared_->counters->logins_refused.fetch_add(1, std::memory_order_relaxed);
    static constexpr LineKind strangers{"strangers"};
    if (shared_->log->may_write(LogLevel::warn, strangers, worker_.now())) {
        shared_->log->warn(what, {{"peer", peer_.text()}, {"code", wire::name_of(code)}, {"why", why}});
    }
    if (handshake_ && shared_->strangers.may_tell(worker_.now())) {
        notify(ServerNotice::Kind::refused, {}, {}, code, why);
    }
}

void ServerSession::log_begin() {
    static constexpr LineKind logins{"logins", limits::client_lines_per_second};
    if (shared_->log->may_write(LogLevel::info, logins, worker_.now())) {
        shared_->log->info("a client has connected", {{"session", agreement_.session},
                                                      {"peer", peer_.text()},
                                                      {"client", agreement_.peer_name},
                                                      {"token", token_name_},
                                                      {"trunk", place_of(agreement_)},
                                                      {"agent", printable(agreement_.peer_agent, 64)},
                                                      {"tls", trunk_->pipe().description()}});
    }
}

void ServerSession::log_end(const trunk::TrunkEnd& end, LogLevel level) {
    static constexpr LineKind ends{"ends", limits::client_lines_per_second};
    if (!shared_->log->may_write(level, ends, worker_.now())) {
        return;
    }
    const mux::SessionStats& moved = trunk_->session().counted();
    const transport::PipeCounters pipe = trunk_->counters();
    shared_->log->log_at(level, "a client is gone",
                         {{"session", agreement_.session},
                          {"peer", peer_.text()},
                          {"client", agreement_.peer_name},
                          {"trunk", place_of(agreement_)},
                          {"code", wire::name_of(end.code)},
                          {"why", end.text},
                          {"visitors", traffic_->visitors.load(std::memory_order_relaxed)},
                          {"received", moved.payload_received},
                          {"sent", moved.payload_sent},
                          {"copied", moved.bytes_copied + pipe.bytes_copied},
                          {"trunk_calls", pipe.system_calls}});
}

void ServerSession::tell_end(const trunk::TrunkEnd& end) {
    if (gave_way_ || (!welcome_ && handshake_ && !end.text.empty() && !proved_)) {
        shared_->log->debug("a connection ended before the login",
                            {{"peer", peer_.text()}, {"code", wire::name_of(end.code)}, {"why", end.text}});
    } else if (!end.opened) {
        tell_stranger("a connection was refused", end.code, end.text);
    }
    if (welcome_) {
        bool violation = !end.by_peer && end.code >= Code::limit && end.code <= Code::stream_id;
        if (violation) {
            shared_->counters->protocol_violations.fetch_add(1, std::memory_order_relaxed);
        }
        log_end(end, violation ? LogLevel::warn : LogLevel::info);
    }
}

void ServerSession::tell_failure(const std::exception& problem) {
    static constexpr LineKind failed{"failed_sessions"};
    if (shared_->log->may_write(LogLevel::error, failed, worker_.now())) {
        shared_->log->error("a session has failed", {{"session", agreement_.session}, {"why", problem.what()}});
    }
}

// Reports what the session's end means for the tunnel. A trunk that was replaced, or that either side drains, is no
// loss while others are there.
void ServerSession::tell_gone(Code code, const std::string& text) {
    if (!std::exchange(present_, false)) {
        return;
    }
    const std::size_t left = shared_->trunk_counts->leave(client_);
    if (left == 0) {
        notify(ServerNotice::Kind::lost, {}, {}, code, text);
    } else if (!yielding_ && !draining_) {
        notify(ServerNotice::Kind::degraded, {}, {}, code, text, left);
    }
}

void ServerSession::notify(ServerNotice::Kind kind, const std::string& service, const std::string& endpoint, Code code,
                           const std::string& text, std::size_t trunks) {
    if (shared_->notify) {
        shared_->notify(
            {kind, peer_.text(), agreement_.peer_name, service, endpoint, code, text, agreement_.trunk, trunks});
    }
}

}  // namespace ferrotunnel::session
