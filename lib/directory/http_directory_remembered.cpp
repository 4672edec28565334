// Recorded names: hosts assigned to services that name none, and names kept across a restart of the server.
#include <algorithm>
#include <utility>

#include "base/mutex.hpp"
#include "directory/http_directory_change.hpp"

namespace ferrotunnel::directory {

// --- assigned hosts ---

std::string HttpDirectory::assigned_host(const ClientId& client, std::uint32_t id, const std::string& name,
                                         std::string_view domain, Random& random, TimePoint now,
                                         const IsTaken& is_taken) const {
    {
        const MutexLock lock(mutex_);
        auto sibling = services_.find({client, id});
        if (sibling != services_.end()) {
            return sibling->second->description().hosts.front();
        }
        const std::string* remembered = assigned_.find(client.first, name);
        if (remembered != nullptr && !owner_refusal(client.first, {*remembered}, now)) {
            return *remembered;
        }
    }
    return fresh_host(client.first, domain, random, is_taken);
}

void HttpDirectory::remember_assigned(const HttpService& service) {
    const HttpDescription& description = service.description();
    const MutexLock lock(mutex_);
    assigned_.remember(service.client_.first, description.name, description.hosts.front());
    if (on_change_) {
        on_change_();
    }
}

std::string HttpDirectory::fresh_host(const login::TokenId& token, std::string_view domain, Random& random,
                                      const IsTaken& is_taken) const {
    constexpr int tries_max = 8;  // of so many hosts, hardly any is taken
    for (int tries = 0; tries < tries_max; ++tries) {
        std::string host = draw_host(token, domain, random);
        if (host.empty() || !is_taken || !is_taken(host)) {
            return host;
        }
    }
    return {};
}

// A host that no client of this server has.
std::string HttpDirectory::draw_host(const login::TokenId& token, std::string_view domain, Random& random) const {
    // Without vowels no words can appear, and without 0, 1, i, l and o nothing is misread.
    constexpr std::string_view letters = "bcdfghjkmnpqrstvwxz";
    constexpr std::string_view alphabet = "bcdfghjkmnpqrstvwxz23456789";
    constexpr std::size_t length = 8;
    constexpr int tries_max = 100;  // a token has a right to all of these hosts or to hardly any
    const MutexLock lock(mutex_);
    for (int tries = 0; tries < tries_max; ++tries) {
        std::string host(1, letters[random.below(letters.size())]);
        while (host.size() < length) {
            host += alphabet[random.below(alphabet.size())];
        }
        host += '.';
        host += domain;
        if (!routes_->find_at(HttpRoutes::place_of(host)) && !routes_->rules_->refuse_host(token, host)) {
            return host;
        }
    }
    return {};
}

// --- across a restart ---

template <typename Action>
void HttpRoutes::for_each_host(Action action) const {
    if (default_) {
        action(*default_);
    }
    for (const Tree& tree : hosts_) {
        for (const auto& branch : tree) {
            for (std::size_t at = 0; branch && at < branch->size(); ++at) {
                const Leaves* leaves = (*branch)[at].get();
                for (std::size_t i = 0; leaves != nullptr && i < leaves->hosts.size(); ++i) {
                    action(*leaves->hosts[i].host);
                }
            }
        }
    }
}

ClaimRecord HttpDirectory::claims(TimePoint now, std::chrono::system_clock::time_point wall) const {
    ClaimRecord record;
    const std::shared_ptr<const HttpRoutes> known = routes();
    known->for_each_host([&](const HttpRoutes::Host& host) {
        for (const HttpRoutes::Route& route : host.routes) {
            if (known->is_own_known(route, now)) {
                std::chrono::sys_seconds offline_since{};
                if (route.service == nullptr) {
                    offline_since = std::chrono::floor<std::chrono::seconds>(wall - (now - route.offline_since));
                }
                record.hosts.push_back({host.owner, host.pattern, route.claimed_path(), offline_since});
            }
        }
    });
    const MutexLock lock(mutex_);
    assigned_.for_each([&record](const login::TokenId& owner, const std::string& service, const std::string& host) {
        record.assigned.push_back({owner, service, host});
    });
    return record;
}

// The file may contain anything: hosts and paths are checked like those of a client, with the same bounds.
void HttpDirectory::restore(const ClaimRecord& record, TimePoint now, std::chrono::system_clock::time_point wall) {
    const MutexLock lock(mutex_);
    Change change(*this);
    for (const ClaimRecord::Host& known : record.hosts) {
        HttpDescription description;
        const bool tls = known.path == tls_instead_of_path;
        const auto problem = tls ? read_tls_part({{known.host}}, description)
                                 : read_http_part({.hosts = {known.host}, .path = known.path}, description);
        const bool was_there = known.offline_since == std::chrono::sys_seconds{};
        const Duration age =
            was_there ? Duration::zero() : std::max<Duration>(wall - known.offline_since, Duration::zero());
        if (problem || age >= settings_.known_for) {
            continue;
        }
        HttpRoutes::Host& host = change.host(description.hosts.front());
        const bool is_there = std::any_of(host.routes.begin(), host.routes.end(),
                                          [&](const HttpRoutes::Route& route) { return route.is_for(description); });
        const auto is_reached = [&](const PathBound& bound) {
            return bound.counts(description.path) && bound.is_reached_by(host.routes);
        };
        const bool is_full = is_reached(PathBound::of_all()) || is_reached(PathBound::of_expressions());
        const bool is_others = routes_->rules_->refuse_host(known.owner, host.pattern).has_value();
        if (is_there || is_full || is_others || (!host.routes.empty() && host.owner != known.owner)) {
            continue;
        }
        host.owner = known.owner;
        host.routes.push_back({description.path, nullptr, now - age, description.passthrough});
        offline_.add({now - age, known.owner, host.pattern, description.claimed_path()});
    }
    forget(change, {}, now);
    change.commit();
    for (const ClaimRecord::Assigned& assigned : record.assigned) {
        if (const auto* host = routes_->host_at(HttpRoutes::place_of(assigned.host));
            host != nullptr && host->owner == assigned.owner) {
            assigned_.remember(assigned.owner, assigned.service, assigned.host);
        }
    }
}

void HttpDirectory::on_change(std::function<void()> changed) {
    const MutexLock lock(mutex_);
    on_change_ = std::move(changed);
}

}  // namespace ferrotunnel::directory
