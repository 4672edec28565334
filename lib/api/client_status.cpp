#include "api/client_status.hpp"

#include <algorithm>
#include <utility>

#include "ferrotunnel/error.hpp"

namespace ferrotunnel::detail {
namespace {

void add_server_of(const ClientStatus::Connection& connection, std::vector<ClientServerStats>& servers) {
    if (connection.server.empty()) {
        return;
    }
    auto found = std::ranges::find(servers, connection.server, &ClientServerStats::address);
    if (found == servers.end()) {
        found = servers.insert(found, {connection.server, {}, 0});
    }
    if (!connection.member.empty()) {
        found->member = connection.member;
    }
    found->connections += connection.is_open ? 1U : 0U;
}

}  // namespace

void ClientStatus::record(const session::LinkNotice& notice) {
    using Kind = session::LinkNotice::Kind;
    const bool opens = notice.kind == Kind::connected || notice.kind == Kind::joined;
    const bool closes = notice.kind == Kind::degraded || notice.kind == Kind::lost;
    open_ = notice.trunks;
    connects_ += opens ? 1U : 0U;
    losses_ += notice.broke ? 1U : 0U;
    if (notice.trunk != 0 && (opens || closes)) {
        Connection& connection = connections_[notice.trunk];
        if (opens && connection.server != notice.server) {
            leave(connection.server);
        }
        connection = {notice.server,
                      notice.member,
                      opens,
                      std::chrono::system_clock::now(),
                      closes ? notice.text : std::string(),
                      opens ? notice.text : std::string()};
    }
    if (notice.kind == Kind::waiting || notice.kind == Kind::resumed) {
        connections_[notice.trunk].detached_since = notice.kind == Kind::waiting ? Clock::now() : TimePoint{};
    }
    if (notice.kind == Kind::connected || notice.kind == Kind::lost) {
        connected_ = notice.kind == Kind::connected;
    } else if (notice.kind == Kind::took_over) {
        wants_handover_ = false;
    } else if (notice.kind == Kind::stopped) {
        end_reported_ = true;
    }
}

// All of its connections to a server move with one of them, also those that are not made again.
void ClientStatus::leave(const std::string& server) {
    for (auto& [number, connection] : connections_) {
        if (connection.server == server && connection.is_open) {
            connection = {server, connection.member, false, std::chrono::system_clock::now(), "the client left", {}};
        }
    }
}

void ClientStatus::close() noexcept {
    if (phase_ == Phase::open) {
        phase_ = Phase::closed;
    }
}

bool ClientStatus::stop() noexcept {
    connected_ = false;
    open_ = 0;
    phase_ = Phase::stopped;
    return !std::exchange(end_reported_, true);
}

std::error_code ClientStatus::reason() const noexcept {
    return error_ ? error_ : make_error_code(errc::session_closed);
}

void ClientStatus::check_open(const char* what) const {
    if (phase_ != Phase::open || error_) {
        throw std::system_error(reason(), what);
    }
}

void ClientStatus::add_to(ClientStats& stats) const {
    stats.connected = connected_;
    stats.connections = open_;
    stats.connects = connects_;
    stats.losses = losses_;
    for (const auto& [number, connection] : connections_) {
        if (connection.is_waiting()) {
            ++stats.resume.waiting;
            stats.resume.waiting_for = std::max(stats.resume.waiting_for, connection.waited());
        }
        add_server_of(connection, stats.servers);
    }
}

void ClientStatus::set_known_servers(const std::vector<net::HostPort>& servers) {
    known_servers_.clear();
    for (const net::HostPort& server : servers) {
        known_servers_.push_back(net::to_text(server));
    }
}

}  // namespace ferrotunnel::detail
