#include "session/session_notices.hpp"

#include "base/text.hpp"
#include "login/rights.hpp"

namespace ferrotunnel::session {

using wire::Code;

namespace {

std::string place_of(const login::Agreement& agreement) {
    return std::to_string(agreement.trunk) + '/' + std::to_string(agreement.trunks);
}

ServerNotice notice_of(const SessionContext& at, ServerNotice::Kind kind, Code code, const std::string& text) {
    ServerNotice notice;
    notice.kind = kind;
    notice.peer = at.facts.peer.text();
    notice.client = at.facts.agreement.peer_name;
    notice.code = code;
    notice.text = text;
    notice.trunk = at.facts.agreement.trunk;
    if (at.facts.secret) {
        notice.token_name = at.facts.token_name;
        notice.client_id = at.facts.client;
    }
    return notice;
}

}  // namespace

void notify(const SessionContext& at, ServerNotice::Kind kind, Code code, const std::string& text, std::size_t trunks) {
    if (at.shared->notify) {
        ServerNotice notice = notice_of(at, kind, code, text);
        notice.trunks = trunks;
        at.shared->notify(notice);
    }
}

void notify(const SessionContext& at, ServerNotice::Kind kind, const NoticedService& service, Code code,
            const std::string& text) {
    if (at.shared->notify) {
        ServerNotice notice = notice_of(at, kind, code, text);
        notice.service = service.name;
        notice.endpoint = service.endpoint;
        notice.service_kind = login::name_of(service.kind);
        at.shared->notify(notice);
    }
}

void report_unauthenticated(const SessionContext& at, const char* what, Code code, const std::string& why,
                            bool notifies) {
    at.shared->counters->logins_refused.fetch_add(1, std::memory_order_relaxed);
    static constexpr LogCategory unauthenticated{"strangers"};
    if (at.shared->log->may_write(LogLevel::warn, unauthenticated, at.worker.now())) {
        const std::string peer = at.facts.peer.text();
        if (at.facts.secret) {  // the client has proved its token, so its names are known
            at.shared->log->warn(what, {{"peer", peer},
                                        {"client", at.facts.agreement.peer_name},
                                        {"token", at.facts.token_name},
                                        {"code", wire::name_of(code)},
                                        {"why", why}});
        } else {
            at.shared->log->warn(what, {{"peer", peer}, {"code", wire::name_of(code)}, {"why", why}});
        }
    }
    if (notifies && at.shared->unauthenticated.may_report(at.worker.now())) {
        notify(at, ServerNotice::Kind::refused, code, why);
    }
}

void log_session_begin(const SessionContext& at, const std::string& tls) {
    static constexpr LogCategory logins{"logins", limits::client_lines_per_second};
    if (at.shared->log->may_write(LogLevel::info, logins, at.worker.now())) {
        const login::Agreement& agreement = at.facts.agreement;
        at.shared->log->info("a client connected", {{"session", agreement.session},
                                                    {"peer", at.facts.peer.text()},
                                                    {"client", agreement.peer_name},
                                                    {"token", at.facts.token_name},
                                                    {"trunk", place_of(agreement)},
                                                    {"agent", printable(agreement.peer_agent, 64)},
                                                    {"tls", tls}});
    }
}

void report_session_end(const SessionContext& at, trunk::Trunk& trunk, std::uint64_t visitors,
                        const trunk::TrunkEnd& end) {
    const bool violation = !end.by_peer && end.code >= Code::limit && end.code <= Code::stream_id;
    if (violation) {
        at.shared->counters->protocol_violations.fetch_add(1, std::memory_order_relaxed);
    }
    const LogLevel level = violation ? LogLevel::warn : LogLevel::info;
    static constexpr LogCategory ends{"ends", limits::client_lines_per_second};
    if (!at.shared->log->may_write(level, ends, at.worker.now())) {
        return;
    }
    const mux::SessionStats& moved = trunk.session().counted();
    const transport::PipeCounters pipe = trunk.counters();
    at.shared->log->log_at(level, "a client is gone",
                           {{"session", at.facts.agreement.session},
                            {"peer", at.facts.peer.text()},
                            {"client", at.facts.agreement.peer_name},
                            {"trunk", place_of(at.facts.agreement)},
                            {"code", wire::name_of(end.code)},
                            {"why", end.text},
                            {"visitors", visitors},
                            {"received", moved.payload_received},
                            {"sent", moved.payload_sent},
                            {"copied", moved.bytes_copied + pipe.bytes_copied},
                            {"trunk_calls", pipe.system_calls}});
}

void log_loop(const SessionContext& at, const SessionService& service) {
    static constexpr LogCategory loops{"loops"};
    if (at.shared->log->may_write(LogLevel::warn, loops, at.worker.now())) {
        at.shared->log->warn(
            "a forwarding loop: the backend of a service is its own public port, directly or through other "
            "tunnels",
            {{"session", at.facts.agreement.session},
             {"service", printable(service.description.name, 64)},
             {"port", service.port()}});
    }
}

void log_failed_session(const SessionContext& at, const std::exception& problem) {
    static constexpr LogCategory failed{"failed_sessions"};
    if (at.shared->log->may_write(LogLevel::error, failed, at.worker.now())) {
        at.shared->log->error("a session failed", {{"session", at.facts.agreement.session}, {"why", problem.what()}});
    }
}

}  // namespace ferrotunnel::session
