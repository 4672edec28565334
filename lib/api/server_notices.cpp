#include "api/server_notices.hpp"

#include <initializer_list>
#include <utility>

#include "api/error_map.hpp"
#include "base/clock.hpp"
#include "base/limits.hpp"

namespace ferrotunnel::detail {

using session::ServerNotice;

void ServerNotices::notify(const ServerNotice& notice, std::uint64_t client_id) {
    Event event;
    switch (notice.kind) {
        case ServerNotice::Kind::connected:
            event.kind = Event::Kind::connected;
            logins_.fetch_add(1, std::memory_order_relaxed);
            break;
        case ServerNotice::Kind::joined:
            event.kind = Event::Kind::joined;
            logins_.fetch_add(1, std::memory_order_relaxed);
            break;
        case ServerNotice::Kind::degraded:
            event.kind = Event::Kind::degraded;
            break;
        case ServerNotice::Kind::lost:
            event.kind = Event::Kind::lost;
            break;
        case ServerNotice::Kind::registered:
            event.kind = Event::Kind::registered;
            break;
        case ServerNotice::Kind::refused:
            event.kind = Event::Kind::refused;
            break;
        case ServerNotice::Kind::ejected:
            event.kind = Event::Kind::unhealthy;
            break;
        case ServerNotice::Kind::returned:
            event.kind = Event::Kind::healthy;
            break;
        case ServerNotice::Kind::waiting:
            event.kind = Event::Kind::waiting;
            break;
        case ServerNotice::Kind::resumed:
            event.kind = Event::Kind::resumed;
            break;
    }
    event.peer = notice.peer;
    event.client = notice.client;
    event.client_id = client_id;
    event.token_name = notice.token_name;
    event.service = notice.service;
    event.service_kind = notice.service_kind;
    event.endpoint = notice.endpoint;
    event.error = detail::error_of(notice.code);
    event.text = notice.text;
    event.connection = notice.trunk;
    event.connections = static_cast<unsigned>(notice.trunks);
    events_.deliver(std::move(event));
}

// A group member was ejected, or has returned.
void ServerNotices::notify_member(const directory::MemberNotice& change) {
    static constexpr LogCategory lines{"members", limits::client_lines_per_second};
    if (log_.may_write(LogLevel::warn, lines, Clock::now())) {
        const std::initializer_list<LogField> fields{
            {"member", change.member}, {"service", change.service}, {"token", change.token}, {"why", change.why}};
        if (change.ejected) {
            log_.warn("a group member was ejected for failing its visitors", fields);
        } else {
            log_.warn("a group member is back", fields);
        }
    }
    ServerNotice notice;
    notice.kind = change.ejected ? ServerNotice::Kind::ejected : ServerNotice::Kind::returned;
    notice.client = change.member;
    notice.service = change.service;
    notice.token_name = change.token;
    notice.text = change.why;
    notify(notice);
}

}  // namespace ferrotunnel::detail
