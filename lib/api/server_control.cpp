#include "api/server_control.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "admin/later_answer.hpp"
#include "admin/resources.hpp"
#include "admin/stats_json.hpp"
#include "api/acme_control.hpp"
#include "api/acme_report.hpp"
#include "api/audit_report.hpp"
#include "api/certificates.hpp"
#include "api/client_search.hpp"
#include "api/cluster_control.hpp"
#include "api/cluster_report.hpp"
#include "api/server_route.hpp"
#include "api/statistics.hpp"
#include "api/token_report.hpp"
#include "api/values_dump.hpp"

namespace ferrotunnel::detail {

using admin::Answer;
using admin::Json;

namespace {

Json list_of(const std::vector<TunnelInfo>& tunnels) {
    return admin::list_of("tunnels", tunnels, [](const TunnelInfo& tunnel) { return admin::json_of(tunnel); });
}

Answer no_cluster() {
    return admin::refusal(409, "off", "This server is not a member of a cluster: `server.cluster` is not set.");
}

// With `stored`: whether etcd has the change. Without an etcd it never has.
Answer answer_when_stored(peers::Cluster& cluster, const std::string& key, Json body) {
    constexpr std::chrono::seconds patience{3};  // etcd has it in milliseconds, and at another endpoint within 2 s
    const auto later = std::make_shared<admin::LaterAnswer>();
    Json stored = body;
    stored["stored"] = true;
    body["stored"] = false;
    if (!cluster.state().values) {
        return {200, std::move(body)};
    }
    cluster.when_stored(key, [later, stored = std::move(stored)] { later->give({200, stored}); });
    Answer waits;
    waits.later = [later, until = Clock::now() + patience, body = std::move(body)](TimePoint now) {
        std::optional<Answer> answer = later->answer();
        return answer || now < until ? std::move(answer) : std::optional(Answer{200, body});
    };
    return waits;
}

class ServerControl final : public admin::Subject {
public:
    explicit ServerControl(ServerControlNeeds needs) : needs_(std::move(needs)), acme_(needs_.certificates) {}

    using admin::Subject::answer;
    Answer answer(const admin::StatusRequest& request) override;
    Answer answer(const admin::TunnelsRequest& /*request*/) override {
        return {200, list_of(needs_.statistics.tunnels())};
    }
    Answer answer(const admin::TokensRequest& /*request*/) override {
        return answer_about_tokens(*needs_.shared, needs_.sessions, needs_.tokens.shared_names());
    }
    Answer answer(const admin::TokenAddRequest& request) override { return change_token(request, &SharedTokens::add); }
    Answer answer(const admin::TokenRightsRequest& request) override {
        return change_token(request, &SharedTokens::set_rights);
    }
    Answer answer(const admin::TokenRemoveRequest& request) override {
        return change_token(request, &SharedTokens::remove);
    }
    Answer answer(const admin::RouteRequest& request) override {
        return answer_about_route(*needs_.shared->http, needs_.sessions, needs_.cluster.get().get(), request);
    }
    Answer answer(const admin::ConfigDiffRequest& /*request*/) override { return needs_.control.compare(); }
    Answer answer(const admin::ConfigRequest& /*request*/) override { return needs_.control.configuration(); }
    Answer answer(const admin::ReloadRequest& request) override { return needs_.control.reload(request); }
    Answer answer(const admin::DrainRequest& request) override;
    Answer answer(const admin::KickRequest& request) override;
    Answer answer(const admin::ClientsRequest& request) override { return needs_.clients.named(request.name); }
    Answer answer(const admin::AcmeRequest& request) override { return acme_.answer(request); }
    Answer answer(const admin::AcmeRenewRequest& request) override { return acme_.answer(request); }
    Answer answer(const admin::AcmeRecordsRequest& request) override { return acme_.answer(request); }
    Answer answer(const admin::AcmeKeysRequest& request) override { return acme_.answer(request); }
    Answer answer(const admin::OwnAuthorityRequest& request) override { return acme_.answer(request); }
    Answer answer(const admin::ClusterRequest& request) override;
    Answer answer(const admin::ClusterNamesRequest& request) override;
    Answer answer(const admin::ClusterForgetRequest& request) override;
    Answer answer(const admin::ClusterValuesRequest& request) override {
        const auto cluster = needs_.cluster.get();
        return cluster ? dump_of_values(*cluster, request) : no_cluster();
    }
    Answer answer(const admin::ClusterRestoreRequest& request) override {
        const auto cluster = needs_.cluster.get();
        return cluster ? restore_values(*cluster, request) : no_cluster();
    }
    void metrics(metrics::Exposition& to) override;
    std::string why_not_ready() override;
    Answer services() override;
    Answer request_client(const std::string& client, const Json& request, bool here) override;
    Answer request_member(const std::string& member, const admin::Request& request) override;
    admin::EventRing& events() override { return needs_.control.events(); }
    Answer sockets(std::size_t first) override { return needs_.handover.answer_sockets(first); }
    Answer ticket_keys() override { return needs_.handover.answer_ticket_keys(); }
    Answer hand_over() override { return needs_.handover.begin(); }

private:
    template <typename Request>
    Answer change_token(const Request& request, SharedTokens::Outcome (SharedTokens::*change)(const Request&));
    Json kept_out() const;
    Json cluster_json(const peers::Cluster& cluster) const;
    Certificates certificates() const;

    const ServerControlNeeds needs_;
    AcmeControl acme_;
};

Answer ServerControl::answer(const admin::StatusRequest& /*request*/) {
    const std::vector<TunnelInfo> tunnels = needs_.statistics.tunnels();
    const ServerStats stats = needs_.statistics.stats(tunnels);
    Json json = needs_.control.about("server", needs_.lifecycle.stopping());
    if (std::string why_not = why_not_ready(); !why_not.empty()) {
        json["not_ready"] = std::move(why_not);
    }
    json["endpoints"] = Json{{"clients", needs_.endpoints.address(Endpoint::clients)},
                             {"http", needs_.endpoints.address(Endpoint::http)},
                             {"https", needs_.endpoints.address(Endpoint::https)}};
    put_numbers(json, stats);
    json["resume"] = numbers_of(stats.resume);
    json["traffic"] = numbers_of(stats.traffic);
    json["http"] = numbers_of(stats.http);
    json["datagrams"] = numbers_of(stats.datagrams);
    json.update(list_of(tunnels));
    json["certificates"] = certificates().json();
    if (needs_.certificates.is_on()) {
        json["acme"] = acme_summary(needs_.certificates.status());
    }
    if (const auto cluster = needs_.cluster.get()) {
        json["cluster"] = cluster_json(*cluster);
    }
    if (const audit::Status audit = needs_.shared->audit->status(); audit.is_on) {
        json["audit"] = json_of_audit(audit);
    }
    json["kept_out"] = kept_out();
    json["plugins"] = Json::array();
    for (const PluginInfo& plugin : needs_.plugins.infos()) {
        Json& one = json["plugins"].emplace_back(admin::json_of(plugin));
        put_numbers(one, plugin.counts);
    }
    return {200, std::move(json)};
}

void ServerControl::metrics(metrics::Exposition& to) {
    put_about(to, "server", needs_.control.start_time_seconds());
    const std::vector<TunnelInfo> tunnels = needs_.statistics.tunnels();
    put(to, needs_.statistics.stats(tunnels));
    put(to, tunnels);
    put_of_server(to, needs_.statistics.service_stats());
    put(to, *needs_.shared->members);
    put_quota_refusals(to, *needs_.shared);
    put(to, needs_.statistics.worker_stats());
    put(to, needs_.plugins.infos());
    certificates().put(to);
    put(to, needs_.certificates.is_on() ? needs_.certificates.status() : issuance::Status());
    const auto cluster = needs_.cluster.get();
    const auto state = cluster ? std::optional(cluster->state()) : std::nullopt;
    put_cluster(to, state ? &*state : nullptr);
    put_audit(to, needs_.shared->audit->status());
    needs_.control.put_metrics(to);
}

Json ServerControl::cluster_json(const peers::Cluster& cluster) const {
    return json_of_cluster(cluster.state(), needs_.endpoints.address(Endpoint::cluster), Clock::now());
}

Certificates ServerControl::certificates() const {
    Certificates all;
    if (const std::shared_ptr<transport::TlsContext> tls = needs_.shared->tls.get()) {
        all.add("tunnel", tls->expiry());
    }
    all.add("visitors", needs_.edge.tls().expiries());
    all.add("dashboard", needs_.control.dashboard_certificates());
    if (const auto own = needs_.certificates.own_authority()) {
        all.add("authority", transport::CertificateExpiry{own->name, own->file, own->not_after});
    }
    return all;
}

std::string ServerControl::why_not_ready() {
    return needs_.lifecycle.stopping() ? "The server is shutting down." : "";
}

Answer ServerControl::services() {
    std::vector<Json> rows;
    for (const TunnelInfo& tunnel : needs_.statistics.tunnels()) {
        for (const TunnelInfo::Service& service : tunnel.services) {
            rows.push_back(Json{{"name", service.name},
                                {"endpoint", service.endpoint},
                                {"client", tunnel.name},
                                {"client_id", tunnel.id},
                                {"token", tunnel.token_name}});
            admin::put_traffic(rows.back(), service);
            admin::put_health(rows.back(), service);
        }
    }
    Json json = admin::list_of("services", rows, [](const Json& row) { return row; });
    if (const auto cluster = needs_.cluster.get()) {
        json["elsewhere"] = names_elsewhere(cluster->state());
    }
    return {200, std::move(json)};
}

Answer ServerControl::answer(const admin::KickRequest& request) {
    const auto kicked = needs_.clients.kick({request.client}, request.time());
    if (!kicked) {
        return admin::refusal(409, "too_many",
                              "Too many clients are kept out (at most " + std::to_string(limits::kicked_max) +
                                  "). No client was disconnected.");
    }
    if (kicked->ended == 0 && kicked->kept_out == 0) {
        Answer none = ServerClients::no_client(request.client);
        if (needs_.cluster.get()) {
            none.body["error"]["message"] =
                none.body["error"]["message"].get<std::string>() +
                " If it is connected to another server of the cluster, name that (--server).";
        }
        return none;
    }
    Json json{{"kicked", kicked->ended}};
    if (kicked->kept_out != 0) {
        json["kept_out"] = kicked->kept_out;
    }
    return {200, std::move(json)};
}

// A token that may not outlast a restart of all servers is not added. One that is removed is refused at once, also
// while etcd is away: linked servers hear of it.
template <typename Request>
Answer ServerControl::change_token(const Request& request,
                                   SharedTokens::Outcome (SharedTokens::*change)(const Request&)) {
    const auto cluster = needs_.cluster.get();
    if (!cluster) {
        return no_cluster();
    }
    const auto values = cluster->state().values;
    constexpr bool is_removal = std::is_same_v<Request, admin::TokenRemoveRequest>;
    if (!values && !is_removal) {
        return admin::refusal(409, "off",
                              "Servers of a cluster share tokens if `server.cluster.etcd` is set, which keeps them. "
                              "Without it, add the token to the configuration file of each server.");
    }
    if (values && !values->problem.empty() && !is_removal) {
        return admin::refusal(
            503, "store_away",
            "Etcd cannot be asked (" + values->problem + "), so the token might be lost. Nothing was changed.");
    }
    SharedTokens::Outcome changed = (needs_.shared_tokens.*change)(request);
    return changed ? answer_when_stored(*cluster, changed->key, std::move(changed->answer)) : changed.error();
}

Answer ServerControl::answer(const admin::ClusterRequest& /*request*/) {
    const auto cluster = needs_.cluster.get();
    return cluster ? Answer{200, cluster_json(*cluster)} : no_cluster();
}

Answer ServerControl::answer(const admin::ClusterNamesRequest& request) {
    const auto cluster = needs_.cluster.get();
    return cluster ? Answer{200, json_of_names(cluster->names(request.from))} : no_cluster();
}

Answer ServerControl::answer(const admin::ClusterForgetRequest& request) {
    const auto cluster = needs_.cluster.get();
    if (!cluster) {
        return no_cluster();
    }
    if (std::optional<std::string> problem = cluster->forget(request.member)) {
        return admin::refusal(409, "not_forgotten", std::move(*problem));
    }
    return {200, Json{{"forgotten", request.member}}};
}

Answer ServerControl::request_client(const std::string& client, const Json& request, bool here) {
    auto cluster = here ? nullptr : needs_.cluster.get();
    if (!cluster || !needs_.sessions.called({client}).empty()) {
        return needs_.clients.forward_request(client, request);
    }
    constexpr std::string_view version_1 = "/v1";
    return search_client(std::move(cluster),
                         {client, request.at("method").get<std::string>(),
                          request.at("path").get<std::string>().substr(version_1.size()), request.at("body").dump()});
}

Answer ServerControl::request_member(const std::string& member, const admin::Request& request) {
    const auto cluster = needs_.cluster.get();
    if (!cluster) {
        return no_cluster();
    }
    return ask_member(*cluster, member, request, [this, &member](admin::Request own) {
        own.member = member;
        return admin::answer_to(own, *this);
    });
}

Answer ServerControl::answer(const admin::DrainRequest& request) {
    return needs_.lifecycle.stopping() ? Answer{202, Json{{"draining", true}}} : needs_.control.drain(request.time());
}

Json ServerControl::kept_out() const {
    Json all = Json::array();
    for (const session::KickList::Row& row : needs_.shared->kicked->rows(Clock::now())) {
        all.push_back(Json{{"id", row.who.id},
                           {"name", row.who.name},
                           {"token", row.who.token_name},
                           {"seconds", std::chrono::ceil<std::chrono::seconds>(row.left).count()}});
        if (!row.who.member.empty()) {
            all.back()["member"] = row.who.member;
        }
    }
    return all;
}

}  // namespace

std::unique_ptr<admin::Subject> make_server_control(ServerControlNeeds needs) {
    return std::make_unique<ServerControl>(std::move(needs));
}

}  // namespace ferrotunnel::detail
