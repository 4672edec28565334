#include "session/link_sides.hpp"

#include <algorithm>
#include <utility>

#include "session/limits.hpp"

namespace ferrotunnel::session {

namespace {

std::vector<net::HostPort> in_order(std::vector<net::HostPort> servers) {
    std::ranges::sort(servers, {}, [](const net::HostPort& one) { return std::pair(one.host, one.port); });
    return servers;
}

}  // namespace

LinkSides::LinkSides(runtime::Worker& worker, std::shared_ptr<ClientShared> shared, Settings settings,
                     std::function<void(unsigned side)> due)
    : worker_(worker),
      shared_(std::move(shared)),
      on_servers_(std::move(settings.on_servers)),
      choice_({shared_->servers, shared_->known_servers, settings.count}, *shared_->random),
      instances_(settings.count == 1 ? nullptr : std::make_shared<ServerInstances>()),
      reported_(in_order(choice_.learned())) {
    for (unsigned side = 0; side < settings.count; ++side) {
        sides_.emplace_back(*shared_->random, settings.backoff).timer =
            std::make_unique<runtime::Timer>(worker, [due, side] { due(side); });
    }
}

// --- dialling ---

bool LinkSides::begin(unsigned side) {
    Side& own = sides_[side];
    const std::optional<net::HostPort> server = choice_.next(side, worker_.now());
    if (!server) {
        if (const TimePoint again = choice_.again_at(side); again != TimePoint::max()) {
            own.timer->set(std::max<TimePoint>(again, worker_.now() + limits::occupied_server_again));
        }
        return false;
    }
    if (!own.server || own.server->address != *server) {
        own.server = std::make_shared<const ServerTarget>(target_of(*shared_, *server));
    }
    own.epoch = ++epoch_;
    own.attempt = 0;
    return true;
}

ClientLogin LinkSides::next_login(unsigned side) {
    Side& own = sides_[side];
    ClientLogin login;
    login.server = own.server;
    login.side = side;
    login.instances = instances_;
    login.epoch = own.epoch;
    login.attempt = own.attempt++;
    return login;
}

// Once there was a server that could not be dialled at once, its clients all know of it: they must not come together.
Duration LinkSides::next_wait(unsigned side, bool at_once) {
    if (!at_once || sides_[side].moves.has_too_many()) {
        return sides_[side].backoff.next_wait();
    }
    constexpr auto spread = static_cast<std::uint64_t>(limits::next_server_spread.count());
    return Duration(static_cast<Duration::rep>(shared_->random->below(spread + 1)));
}

// --- reports ---

ServerChoice::Fit LinkSides::on_open(unsigned side, const login::Agreement& agreed) {
    const ServerChoice::Fit fit = choice_.opened(side, agreed.cluster, worker_.now());
    if (fit == ServerChoice::Fit::fits) {
        sides_[side].moves.logged_in(worker_.now());
    }
    report_servers();
    return fit;
}

void LinkSides::report_servers() {
    std::vector<net::HostPort> servers = in_order(choice_.learned());
    if (servers != reported_) {
        reported_ = std::move(servers);
        if (on_servers_) {
            on_servers_(reported_);
        }
    }
}

// Behind a proxy the server counts as far: the round trip is only that to the proxy.
void LinkSides::on_up(unsigned side, Duration round_trip, Duration near_threshold) {
    Side& own = sides_[side];
    own.is_far = own.server->access.proxy || round_trip >= near_threshold;
}

void LinkSides::session_ended(unsigned side, Duration lived, bool in_order) {
    sides_[side].backoff.session_ended(lived);
    if (in_order) {
        sides_[side].backoff.on_goaway(worker_.now());
    }
}

bool LinkSides::on_lost(unsigned side, const trunk::TrunkEnd& end, bool was_open, bool in_order) {
    const TimePoint now = worker_.now();
    choice_.lost(side);
    if (end.unwanted) {
        choice_.occupied(side, now);
        return true;
    }
    if (!was_open) {
        return choice_.failed(side, now);
    }
    if (!in_order) {
        sides_[side].moves.lost();
        return false;
    }
    leaves(side);
    return choice_.going_away(side, now);
}

void LinkSides::leaves(unsigned side) {
    if (sides_[side].moves.told_to_leave(worker_.now())) {
        sides_[side].backoff.start_over();
    }
}

bool LinkSides::move_on(unsigned side) {
    if (!choice_.has_another(side, worker_.now())) {
        return false;
    }
    leaves(side);
    (void)choice_.going_away(side, worker_.now());
    return true;
}

}  // namespace ferrotunnel::session
