#include "session/server_choice.hpp"

#include <algorithm>

#include "session/limits.hpp"

namespace ferrotunnel::session {

namespace {

bool names(const wire::ClusterPart& cluster, const std::string& member) {
    return std::ranges::any_of(cluster.others, [&](const auto& other) { return other.name == member; });
}

// There may be more members than one welcome names.
bool is_full(const wire::ClusterPart& cluster) {
    return cluster.others.size() >= limits::cluster_others_max;
}

}  // namespace

ServerChoice::ServerChoice(const Settings& settings, Random& random) : random_(random), sides_(settings.sides) {
    for (const net::HostPort& address : settings.configured) {
        if (find(address) == nullptr) {
            servers_.push_back({.address = address, .is_configured = true});
        }
    }
    for (const net::HostPort& address : settings.known) {
        add(address, {});
    }
}

// --- the list ---

ServerChoice::Server* ServerChoice::find(const net::HostPort& address) noexcept {
    const auto found = std::ranges::find(servers_, address, &Server::address);
    return found == servers_.end() ? nullptr : &*found;
}

// At random among the learned ones: otherwise all clients of a member would have the same second server.
void ServerChoice::add(const net::HostPort& address, const std::string& member) {
    if (Server* const server = find(address)) {
        server->member = member;
        return;
    }
    const auto configured = static_cast<std::size_t>(std::ranges::count_if(servers_, &Server::is_configured));
    const std::size_t place = configured + random_.below(servers_.size() - configured + 1);
    servers_.insert(servers_.begin() + static_cast<std::ptrdiff_t>(place), {.address = address, .member = member});
}

// Of learned servers remain those that a side's server names, and those that a side is at.
void ServerChoice::learn() {
    std::vector<net::HostPort> named;
    for (const Side& side : sides_) {
        if (side.at) {
            named.push_back(*side.at);
        }
        if (!side.cluster) {
            continue;
        }
        for (const auto& other : side.cluster->others) {
            if (const auto address = net::parse_host_port(other.address)) {
                named.push_back(*address);
                add(*address, other.name);
            }
        }
    }
    std::erase_if(servers_, [&](const Server& server) {
        return !server.is_configured && std::ranges::find(named, server.address) == named.end();
    });
}

std::vector<net::HostPort> ServerChoice::learned() const {
    std::vector<net::HostPort> all;
    for (const Server& server : servers_) {
        if (!server.is_configured) {
            all.push_back(server.address);
        }
    }
    return all;
}

// --- what a side may dial ---

const ServerChoice::Side* ServerChoice::other_of(unsigned side) const noexcept {
    return sides_.size() == 2 ? &sides_[1 - side] : nullptr;
}

/// Whether the other side is at this server, by its address or name.
bool ServerChoice::is_others(unsigned side, const Server& server) const noexcept {
    const Side* const other = other_of(side);
    return other != nullptr && other->is_taken &&
           (other->at == server.address ||
            (other->is_open && other->cluster && !server.member.empty() && other->cluster->member == server.member));
}

// Only as a second server does one have to wait.
bool ServerChoice::is_eligible(unsigned side, const Server& server, TimePoint now) const noexcept {
    const Side* const other = other_of(side);
    return !is_others(side, server) && (other == nullptr || !other->is_open || now >= server.not_before);
}

bool ServerChoice::is_untried(unsigned side, const Server& server) const noexcept {
    return (server.tried_by_side >> side & 1U) == 0;
}

bool ServerChoice::any_untried(unsigned side, TimePoint now) const noexcept {
    return std::ranges::any_of(
        servers_, [&](const Server& server) { return is_eligible(side, server, now) && is_untried(side, server); });
}

void ServerChoice::begin_round(unsigned side) noexcept {
    for (Server& server : servers_) {
        server.tried_by_side &= static_cast<std::uint8_t>(~(1U << side));
    }
}

// The present one, or the next in the list's order. If there is no other address, that of the other side is dialled
// again now and then: a name may have several servers.
std::optional<std::size_t> ServerChoice::pick(unsigned side, TimePoint now) const {
    const Side& own = sides_[side];
    std::size_t first = 0;
    for (std::size_t i = 0; i < servers_.size(); ++i) {
        if (own.at == servers_[i].address) {
            first = own.moves_on ? i + 1 : i;
        }
    }
    for (std::size_t i = 0; i < servers_.size(); ++i) {
        const std::size_t place = (first + i) % servers_.size();
        if (is_eligible(side, servers_[place], now) && is_untried(side, servers_[place])) {
            return place;
        }
    }
    const bool is_lonely = std::ranges::all_of(servers_, [&](const Server& server) { return is_others(side, server); });
    for (std::size_t i = 0; i < servers_.size() && is_lonely; ++i) {
        if (servers_[i].address == other_of(side)->at && now >= servers_[i].not_before) {
            return i;
        }
    }
    return std::nullopt;
}

std::optional<net::HostPort> ServerChoice::next(unsigned side, TimePoint now) {
    if (!any_untried(side, now)) {
        begin_round(side);
    }
    const std::optional<std::size_t> place = pick(side, now);
    if (!place) {
        return std::nullopt;
    }
    Side& own = sides_[side];
    own.at = servers_[*place].address;
    own.is_taken = true;
    own.moves_on = false;
    return own.at;
}

TimePoint ServerChoice::again_at(unsigned side) const {
    const Side* const other = other_of(side);
    TimePoint soonest = TimePoint::max();
    TimePoint at_other = TimePoint::max();
    for (const Server& server : servers_) {
        if (!is_others(side, server)) {
            soonest = std::min(soonest, server.not_before);
        } else if (other->at == server.address) {
            at_other = server.not_before;
        }
    }
    return soonest == TimePoint::max() ? at_other : soonest;
}

bool ServerChoice::has_another(unsigned side, TimePoint now) const {
    const Side& own = sides_[side];
    return (own.is_open && own.cluster && !own.cluster->others.empty()) ||
           std::ranges::any_of(servers_, [&](const Server& server) {
               return own.at != server.address && is_eligible(side, server, now);
           });
}

bool ServerChoice::is_wanted(unsigned side) const noexcept {
    const Side* const other = other_of(side);
    return other != nullptr && other->is_open && other->cluster;
}

// --- what became of it ---

ServerChoice::Fit ServerChoice::fit(unsigned side) const {
    const Side* const other = other_of(side);
    if (other == nullptr || !other->is_open) {
        return Fit::fits;
    }
    const auto& own = sides_[side].cluster;
    if (!own || !other->cluster) {
        return Fit::foreign;
    }
    if (own->member == other->cluster->member) {
        return Fit::occupied;
    }
    const bool are_named = names(*own, other->cluster->member) || names(*other->cluster, own->member);
    return are_named || (is_full(*own) && is_full(*other->cluster)) ? Fit::fits : Fit::foreign;
}

ServerChoice::Fit ServerChoice::opened(unsigned side, const std::optional<wire::ClusterPart>& cluster, TimePoint now) {
    Side& own = sides_[side];
    own.cluster = cluster;
    if (Server* const server = own.at ? find(*own.at) : nullptr) {
        server->member = cluster ? cluster->member : std::string();
    }
    const Fit result = fit(side);
    if (result == Fit::fits) {
        own.is_open = own.is_taken = true;
        begin_round(side);
        if (Server* const server = own.at ? find(*own.at) : nullptr) {
            server->not_before = {};
            server->next_wait = {};
        }
        learn();
        return result;
    }
    own.cluster.reset();
    if (result == Fit::occupied) {
        occupied(side, now);
    } else if (Server* const server = find(*own.at)) {
        server->not_before = now + limits::foreign_server_again;
        own.moves_on = true;
    }
    return result;
}

void ServerChoice::lost(unsigned side) noexcept {
    sides_[side].is_taken = sides_[side].is_open = false;
}

bool ServerChoice::failed(unsigned side, TimePoint now) {
    Side& own = sides_[side];
    own.moves_on = true;
    if (Server* const server = own.at ? find(*own.at) : nullptr) {
        server->tried_by_side |= static_cast<std::uint8_t>(1U << side);
    }
    if (any_untried(side, now)) {
        return true;
    }
    begin_round(side);
    return false;
}

bool ServerChoice::going_away(unsigned side, TimePoint now) {
    begin_round(side);
    return failed(side, now);
}

// Each time later, so that a client whose list has no other server costs its only one nothing.
void ServerChoice::occupied(unsigned side, TimePoint now) {
    Side& own = sides_[side];
    own.moves_on = true;
    Server* const server = own.at ? find(*own.at) : nullptr;
    if (server == nullptr) {
        return;
    }
    const Duration wait = std::max<Duration>(server->next_wait, limits::occupied_server_again);
    const auto spread = static_cast<std::uint64_t>(wait.count());
    server->not_before = now + wait + Duration(static_cast<Duration::rep>(random_.below(spread + 1)));
    server->next_wait = std::min<Duration>(2 * wait, limits::occupied_server_again_max);
}

}  // namespace ferrotunnel::session
