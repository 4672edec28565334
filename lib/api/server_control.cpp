// What the control socket of a Server is asked.
#include <algorithm>
#include <map>
#include <set>

#include "admin/stats_json.hpp"
#include "admin/stats_metrics.hpp"
#include "api/server_impl.hpp"
#include "base/hex.hpp"
#include "base/text.hpp"

namespace ferrotunnel {

using admin::Answer;
using admin::Json;
using session::ServerSession;

/// What the clients of one token use.
struct TokenUse {
    std::set<directory::ClientId> clients;
    std::size_t connections = 0;
    std::size_t ports = 0;
    std::uint64_t streams = 0;
};

namespace {

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

// How much of it the clients of a token may have together; what has no bound is left out.
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

}  // namespace

class Server::Impl::ControlSubject final : public admin::Subject {
public:
    explicit ControlSubject(Impl& server) : server_(server) {}

    Answer status() override {
        const std::vector<TunnelInfo> tunnels = server_.tunnels();
        const ServerStats stats = server_.stats(tunnels);
        Json json = server_.control_.about("server", server_.lifecycle_.stopping());
        if (std::string why_not = why_not_ready(); !why_not.empty()) {
            json["not_ready"] = std::move(why_not);
        }
        json["endpoints"] = Json{{"clients", server_.control_endpoint()},
                                 {"http", server_.http_endpoint()},
                                 {"https", server_.https_endpoint()}};
        json["clients"] = stats.clients;
        json["connections"] = stats.connections;
        json["services"] = stats.services;
        json["logins"] = stats.logins;
        json["logins_refused"] = stats.logins_refused;
        json["visitors_accepted"] = stats.visitors_accepted;
        json["visitors_waiting"] = stats.visitors_waiting;
        json["visitors_held"] = stats.visitors_held;
        json["visitors_given_up"] = stats.visitors_given_up;
        json["resume"] = admin::json_of(stats.resume);
        json["traffic"] = admin::json_of(stats.traffic);
        json["http"] = admin::json_of(stats.http);
        json["datagrams"] = admin::json_of(stats.datagrams);
        json.update(list_of(tunnels));
        json["kept_out"] = kept_out();
        json["plugins"] = Json::array();
        for (const PluginInfo& plugin : server_.plugins()) {
            json["plugins"].push_back(admin::json_of(plugin));
        }
        return {200, std::move(json)};
    }

    void metrics(metrics::Exposition& to) override {
        admin::put_about(to, "server", server_.control_.start_time_seconds());
        const std::vector<TunnelInfo> tunnels = server_.tunnels();
        admin::put(to, server_.stats(tunnels), tunnels);
        admin::put_of_server(to, server_.service_stats());
        admin::put(to, *server_.shared_->members);
        put_quota_refusals(to);
        admin::put(to, server_.worker_stats());
        admin::put(to, server_.plugins());
        server_.control_.put_metrics(to);
    }
    std::string why_not_ready() override { return server_.lifecycle_.stopping() ? "The server is shutting down." : ""; }

    Answer tunnels() override { return {200, list_of(server_.tunnels())}; }

    Answer services() override {
        std::vector<Json> rows;
        for (const TunnelInfo& tunnel : server_.tunnels()) {
            for (const TunnelInfo::Service& service : tunnel.services) {
                rows.push_back(Json{{"name", service.name},
                                    {"endpoint", service.endpoint},
                                    {"client", tunnel.name},
                                    {"client_id", tunnel.id},
                                    {"token", tunnel.token_name},
                                    {"streams", service.streams},
                                    {"requests", service.requests},
                                    {"bytes_received", service.bytes_received},
                                    {"bytes_sent", service.bytes_sent}});
                admin::put_visitors(rows.back(), service);
                admin::put_health(rows.back(), service);
            }
        }
        return {200, admin::list_of("services", rows, [](const Json& row) { return row; })};
    }

    Answer tokens() override {
        const std::map<login::TokenId, TokenUse> uses = server_use();
        const auto rules = server_.shared_->registry->rules();
        const login::AcceptedTokens tokens = server_.shared_->tokens.get();
        return {200, admin::list_of("tokens", *tokens, [&](const login::AcceptedToken& token) {
                    const login::TokenId& id = token.id();
                    const auto known = uses.find(id);
                    const TokenUse use = known != uses.end() ? known->second : TokenUse();
                    return Json{{"name", token.name},
                                {"weak", token.token.strength == login::TokenStrength::weak},
                                {"second_secret", token.also.has_value()},
                                {"secrets", secrets_of(token)},
                                {"rights", rights_of(rules->of(id))},
                                {"quotas", quotas_of(rules->of(id))},
                                {"clients", use.clients.size()},
                                {"connections", use.connections},
                                {"services", server_.shared_->token_use->services(id)},
                                {"ports", use.ports},
                                {"streams", use.streams}};
                })};
    }

    Answer route(const admin::RouteQuestion& question) override { return server_.route(question); }
    Answer kick(const std::string& client, std::chrono::milliseconds out) override {
        const auto kicked = server_.kick(client, out);
        if (!kicked) {
            return admin::refusal(409, "too_many",
                                  "As many clients are kept out as may be: " + std::to_string(limits::kicked_max) +
                                      ". Nobody had to go.");
        }
        if (kicked->ended == 0 && kicked->kept_out == 0) {
            return no_client(client);
        }
        Json json{{"kicked", kicked->ended}};
        if (kicked->kept_out != 0) {
            json["kept_out"] = kicked->kept_out;
        }
        return {200, std::move(json)};
    }

    Answer ask_client(const std::string& client, const Json& request) override {
        return server_.ask_client(client, request);
    }

    admin::EventRing& events() override { return server_.control_.events(); }
    Answer reload() override { return server_.control_.reload(); }
    Answer try_reload(std::optional<std::chrono::milliseconds> time) override {
        return server_.control_.try_reload(time);
    }
    Answer compare() override { return server_.control_.compare(); }
    Answer configuration() override { return server_.control_.configuration(); }
    Answer sockets(std::size_t first) override { return server_.answer_sockets(first); }
    Answer hand_over() override { return server_.hand_over(); }
    Answer drain(std::optional<std::chrono::milliseconds> time) override {
        return server_.lifecycle_.stopping() ? Answer{202, Json{{"draining", true}}} : server_.control_.drain(time);
    }

private:
    static Json list_of(const std::vector<TunnelInfo>& tunnels) {
        return admin::list_of("tunnels", tunnels, [](const TunnelInfo& tunnel) { return admin::json_of(tunnel); });
    }

    Json kept_out() const {
        Json all = Json::array();
        for (const session::KickBook::Row& row : server_.shared_->kicked->rows(Clock::now())) {
            all.push_back(Json{{"id", row.who.id},
                               {"name", row.who.name},
                               {"token", row.who.token_name},
                               {"seconds", std::chrono::ceil<std::chrono::seconds>(row.left).count()}});
        }
        return all;
    }

    void put_quota_refusals(metrics::Exposition& to) const {
        to.family("ferrotunnel_quota_refusals", metrics::Type::counter,
                  "Visitors that were rejected, since a quota of their service's token was reached.");
        const auto rules = server_.shared_->registry->rules();
        const login::AcceptedTokens tokens = server_.shared_->tokens.get();
        for (const login::AcceptedToken& token : *tokens) {
            const login::Rights& rights = rules->of(token.id());
            const auto put = [&](directory::VisitorQuota quota, bool has_it) {
                const std::uint64_t refused = server_.shared_->token_use->refused(token.id(), quota);
                if (has_it || refused != 0) {
                    to.sample(refused, {{"token", token.name}, {"quota", directory::name_of(quota)}});
                }
            };
            put(directory::VisitorQuota::visitors, rights.visitors.has_value());
            put(directory::VisitorQuota::visitors_per_second, rights.visitors_per_second.has_value());
        }
    }

    // By the keys that configure them. Who is connected uses the secret now.
    Json secrets_of(const login::AcceptedToken& token) const {
        const auto json_of = [&](const login::TokenId& secret) {
            const auto last = server_.shared_->secrets->last(secret);
            Json json{{"id", to_hex(secret)}, {"connections", last ? last->connections : 0}};
            if (last) {
                json["last_used"] =
                    admin::seconds_of(last->connections > 0 ? std::chrono::system_clock::now() : last->at);
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

    std::map<login::TokenId, TokenUse> server_use() const {
        std::map<login::TokenId, TokenUse> uses;
        for (const SessionPtr& session : server_.sessions()) {
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
        for (const directory::ClaimRecord::Port& port : server_.shared_->registry->ports(Clock::now())) {
            ++uses[port.owner].ports;
        }
        return uses;
    }

    Impl& server_;
};

std::error_code Server::Impl::open_control(std::string& what) {
    control_.set_passed(shared_->ports->passed());
    return control_.open(settings_, "server", std::make_unique<ControlSubject>(*this), what);
}

}  // namespace ferrotunnel
