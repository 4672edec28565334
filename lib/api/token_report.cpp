#include "api/token_report.hpp"

#include <map>
#include <set>

#include "admin/stats_json.hpp"
#include "base/hex.hpp"

namespace ferrotunnel::detail {

using admin::Json;

namespace {

/// Use of one token by its clients.
struct TokenUse {
    std::set<directory::ClientId> clients;
    std::size_t connections = 0;
    std::size_t ports = 0;
    std::uint64_t streams = 0;
};

Json rights_of(const login::Rights& rights) {
    Json json = Json::object();
    if (rights.hosts) {
        json["hosts"] = *rights.hosts;
    }
    if (rights.ports) {
        json["ports"] = rights.ports->any ? "any" : rights.ports->listed.describe();
    }
    if (rights.kinds) {
        json["kinds"] = login::names_of(*rights.kinds);
    }
    if (!rights.visited_by.empty()) {
        json["visited_by"] = rights.visited_by;
    }
    if (rights.from) {
        json["from"] = Json::array();
        for (const net::IpNetwork& network : rights.from->all()) {
            json["from"].push_back(network.text());
        }
    }
    if (rights.expires) {
        json["expires"] = admin::seconds_of(*rights.expires);
        json["expired"] = rights.has_expired(std::chrono::system_clock::now());
    }
    return json;
}

// Limits of all clients of a token; unlimited values are omitted.
Json quotas_of(const login::Rights& rights) {
    Json json = Json::object();
    const auto put = [&json](const char* key, const auto& most) {
        if (most) {
            json[key] = *most;
        }
    };
    put("connections", rights.connections);
    put("services", rights.services);
    put("visitors", rights.visitors);
    put("visitors_per_second", rights.visitors_per_second);
    const auto put_rates = [&json](const char* key, const shaping::Rates& rates) {
        if (rates.up != 0) {
            json[key]["up"] = rates.up;
        }
        if (rates.down != 0) {
            json[key]["down"] = rates.down;
        }
    };
    put_rates("bytes_per_second", rights.rates.all);
    put_rates("service_bytes_per_second", rights.rates.service);
    put_rates("visitor_bytes_per_second", rights.rates.visitor);
    return json;
}

// The secrets of a token under their configuration keys, with their last use: now, if a client with it is connected.
Json secrets_of(const session::ServerShared& shared, const login::AcceptedToken& token) {
    const auto json_of = [&](const login::TokenId& secret) {
        const auto last = shared.secrets->last(secret);
        Json json{{"id", to_hex(secret)}, {"connections", last ? last->connections : 0}};
        if (last) {
            json["last_used"] = admin::seconds_of(last->connections > 0 ? std::chrono::system_clock::now() : last->at);
            json["from"] = last->from;
        }
        return json;
    };
    Json secrets{{"secret", json_of(token.token.id)}};
    if (token.also) {
        secrets["also"] = json_of(token.also->id);
    }
    return secrets;
}

// Of a secret that another member of the cluster has removed.
void put_revoked(Json& row, const session::ServerShared& shared, const login::AcceptedToken& token) {
    auto revoked = shared.revoked->find(token.token.id);
    if (!revoked && token.also) {
        revoked = shared.revoked->find(token.also->id);
    }
    if (revoked) {
        row["revoked"] = Json{{"member", revoked->member}, {"at", revoked->seconds}};
    }
}

std::map<login::TokenId, TokenUse> uses_of(const session::ServerShared& shared, const ServerSessions& sessions) {
    std::map<login::TokenId, TokenUse> uses;
    for (const SessionPtr& session : sessions.all()) {
        const session::SessionView view = session->view();
        if (!view.connected) {
            continue;
        }
        TokenUse& use = uses[view.client.first];
        use.clients.insert(view.client);
        ++use.connections;
        for (const session::SessionView::Service& service : view.leaving) {
            use.streams += service.traffic->visitors_now.load();
        }
        for (const session::SessionView::Service& service : view.services) {
            use.streams += service.traffic->visitors_now.load();
        }
    }
    for (const directory::ClaimRecord::Port& port : shared.registry->ports(Clock::now())) {
        ++uses[port.owner].ports;
    }
    return uses;
}

// Of the present counts of a quota, what all members of the cluster have, if this is one; with a quota, other members
// tell theirs each second.
void put_cluster_use(Json& into, const session::ServerShared& shared, const login::TokenId& token,
                     std::size_t connections) {
    const auto rules = shared.registry->rules();
    const directory::RightsRef rights = rules->of(token);
    if (!shared.values || !(rights->connections || rights->services || rights->counts_visitors())) {
        return;
    }
    const directory::TokenUse::Elsewhere elsewhere = shared.token_use->elsewhere(token);
    into["cluster"] = Json{{"connections", connections + shared.registry->elsewhere(token)},
                           {"services", shared.token_use->services(token) + elsewhere.services},
                           {"visitors", shared.token_use->visitors(token) + elsewhere.visitors}};
}

}  // namespace

admin::Answer answer_about_tokens(const session::ServerShared& shared, const ServerSessions& sessions,
                                  const std::set<std::string>& of_cluster) {
    const std::map<login::TokenId, TokenUse> uses = uses_of(shared, sessions);
    const auto rules = shared.registry->rules();
    return {200, admin::list_of("tokens", shared.tokens.all(), [&](const auto& each) {
                const login::AcceptedToken& token = *each;
                const login::TokenId& id = token.id();
                const auto known = uses.find(id);
                const TokenUse use = known != uses.end() ? known->second : TokenUse();
                Json row{{"name", token.name},
                         {"weak", token.token.strength == login::TokenStrength::weak},
                         {"second_secret", token.also.has_value()},
                         {"secrets", secrets_of(shared, token)},
                         {"rights", rights_of(*rules->of(id))},
                         {"quotas", quotas_of(*rules->of(id))},
                         {"clients", use.clients.size()},
                         {"connections", use.connections},
                         {"services", shared.token_use->services(id)},
                         {"ports", use.ports},
                         {"streams", use.streams}};
                if (shared.tokens.find(token.token.id) == nullptr) {
                    row["external"] = true;
                } else {
                    put_revoked(row, shared, token);
                    if (of_cluster.contains(token.name)) {
                        row["shared"] = true;
                    }
                }
                put_cluster_use(row, shared, id, use.connections);
                return row;
            })};
}

void put_quota_refusals(metrics::Exposition& to, const session::ServerShared& shared) {
    to.family("ferrotunnel_quota_refusals", metrics::Type::counter,
              "Visitors that were rejected, since a quota of their service's token was reached.");
    const auto rules = shared.registry->rules();
    for (const auto& each : shared.tokens.all()) {
        const login::AcceptedToken& token = *each;
        const directory::RightsRef rights = rules->of(token.id());
        const auto put = [&](directory::VisitorQuota quota, bool has_it) {
            const std::uint64_t refused = shared.token_use->refused(token.id(), quota);
            if (has_it || refused != 0) {
                to.sample(refused, {{"token", token.name}, {"quota", directory::name_of(quota)}});
            }
        };
        put(directory::VisitorQuota::visitors, rights->visitors.has_value());
        put(directory::VisitorQuota::visitors_per_second, rights->visitors_per_second.has_value());
    }
}

}  // namespace ferrotunnel::detail
