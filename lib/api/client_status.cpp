#include "api/client_status.hpp"

#include <algorithm>
#include <utility>

#include "ferrotunnel/error.hpp"

namespace ferrotunnel::detail {

void ClientStatus::record(const session::LinkNotice& notice) {
    using Kind = session::LinkNotice::Kind;
    const bool opens = notice.kind == Kind::connected || notice.kind == Kind::joined;
    const bool closes = notice.kind == Kind::degraded || notice.kind == Kind::lost;
    open_ = notice.trunks;
    connects_ += opens ? 1U : 0U;
    losses_ += notice.broke ? 1U : 0U;
    if (notice.trunk != 0 && (opens || closes)) {
        connections_[notice.trunk] = {opens, std::chrono::system_clock::now(), closes ? notice.text : std::string(),
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
    }
}

}  // namespace ferrotunnel::detail
