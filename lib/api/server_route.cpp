#include "api/server_route.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "api/cluster_report.hpp"
#include "base/text.hpp"
#include "directory/sticky.hpp"
#include "http/authority.hpp"
#include "http/canonical_path.hpp"
#include "net/ip_text.hpp"
#include "wire/group_words.hpp"

namespace ferrotunnel::detail {

using admin::Answer;
using admin::Json;

namespace {

/// The parts of a URL that determine its route.
struct Wanted {
    bool https = false;
    std::string_view authority;
    std::string path;
};

Wanted parts_of(std::string_view url) {
    Wanted wanted;
    url = url.substr(0, url.find('#'));
    if (const std::size_t end = url.find("://"); end != std::string_view::npos) {
        wanted.https = url.substr(0, end) == "https";
        url.remove_prefix(end + 3);
    }
    const std::size_t end = std::min(url.find_first_of("/?"), url.size());
    wanted.authority = url.substr(0, end);
    wanted.path = url.substr(end);
    wanted.path.resize(std::min(wanted.path.find('?'), wanted.path.size()));
    wanted.path.insert(0, wanted.path.starts_with('/') ? 0 : 1, '/');
    return wanted;
}

std::string_view word_for(directory::HttpMatch::Kind kind) noexcept {
    using Kind = directory::HttpMatch::Kind;
    switch (kind) {
        case Kind::service:
            return "service";
        case Kind::unknown_host:
            return "unknown_host";
        case Kind::unknown_path:
            return "unknown_path";
        case Kind::offline:
            return "away";
        case Kind::bad_path:
            return "bad_path";
        case Kind::ambiguous_path:
            return "ambiguous_path";
    }
    return "";
}

std::string_view word_for(directory::GroupMember::State state) noexcept {
    static constexpr std::array<std::string_view, 6> words{"takes_visitors", "standby",  "unhealthy",
                                                           "ejected",        "draining", "waiting"};
    return words.at(static_cast<std::size_t>(state));
}

// The members of the service's group, and the one that this visitor stays with.
void put_members(Json& into, directory::HttpService& service, const admin::RouteRequest& question) {
    const directory::HttpService::StickySettings& sticky = service.sticky();
    directory::BalanceContext ask;
    ask.now = Clock::now();
    if (!question.visitor.empty()) {
        ask.sticky.address = directory::address_hash(question.visitor);
    }
    std::string replaced;
    if (sticky.by == wire::Sticky::cookie && !sticky.cookie_name.empty()) {
        ask.sticky.tag = directory::cookie_in(question.cookie, sticky.cookie_name);
        if (ask.sticky.tag.empty() && !sticky.accepted_cookie_name.empty()) {
            replaced = service.present_tag(directory::cookie_in(question.cookie, sticky.accepted_cookie_name));
            ask.sticky.tag = replaced;
        }
    }
    const bool is_known = sticky.by == wire::Sticky::address ? !question.visitor.empty() : !ask.sticky.tag.empty();
    const auto chosen = is_known ? service.sticky_member(ask) : nullptr;
    into["sticky"] = word_for(sticky.by);
    into["members"] = Json::array();
    for (const auto& present : service.members()) {
        Json member{{"name", present.it->name()},
                    {"state", word_for(present.it->state())},
                    {"weight", present.weight},
                    {"visitors", present.it->visitors()},
                    {"visitors_now", present.it->visitors_open()}};
        if (present.it == chosen) {
            member["chosen"] = true;
        }
        into["members"].push_back(std::move(member));
    }
}

// Former members whose visitors still finish.
void put_leaving(Json& members, const std::vector<SessionPtr>& sessions, const directory::HttpService& service) {
    std::set<const directory::GroupMember*> told;  // one for all of its trunks
    for (const auto& session : sessions) {
        session->read([&](const session::SessionView& view) {
            for (const session::SessionView::Service& one : view.leaving) {
                const bool has_left = view.connected && one.http.get() == &service && one.member &&
                                      one.member->state() == directory::GroupMember::State::draining;
                if (has_left && told.insert(one.member.get()).second) {
                    members.push_back({{"name", one.member->name()},
                                       {"state", word_for(one.member->state())},
                                       {"weight", 0},
                                       {"visitors", one.member->visitors()},
                                       {"visitors_now", one.member->visitors_open()}});
                }
            }
        });
    }
}

// The name in the cluster by which a request for this host is forwarded: the most specific one that a member has.
// Regular expressions are not tried; the home depends on the host only.
peers::NamePlace forwarded_place(const peers::Cluster& cluster, const std::string& host, std::string path) {
    peers::NamePlace place = cluster.place_of({host, "= " + path});
    while (place.members.empty() && path.size() > 1) {
        place = cluster.place_of({host, path});
        path.resize(std::max<std::size_t>(path.rfind('/'), 1));
    }
    return place.members.empty() ? cluster.place_of({host, "/"}) : place;
}

// The members that have the name. `host`: as it was registered.
void put_place(Json& json, const peers::Cluster& cluster, const directory::HttpService& service, std::string host,
               const std::string& path) {
    const directory::HttpDescription& description = service.description();
    const bool is_tls = json.contains("tls");
    const std::string own = cluster.state().own;
    if (!description.forwards) {
        host = is_tls ? description.hosts.front() : host;
        json["cluster"] = json_of_place(
            cluster.place_of({host, is_tls ? directory::tls_instead_of_path : description.path.text()}), own);
        return;
    }
    json["forwarded"] = true;
    json["cluster"] = json_of_place(
        is_tls ? cluster.place_of({host, directory::tls_instead_of_path}) : forwarded_place(cluster, host, path), own);
}

}  // namespace

Answer answer_about_route(const directory::HttpDirectory& directory, const ServerSessions& sessions,
                          const peers::Cluster* cluster, const admin::RouteRequest& question) {
    const Wanted wanted = parts_of(question.url);
    http::HostBuffer buffer;
    const std::string_view host = http::normal_host(wanted.authority, buffer);
    if (host.empty()) {
        return admin::invalid("The URL " + in_quotes(question.url) + " has no host that a request could have.");
    }
    if (!question.visitor.empty() && !net::parse_ipv4(question.visitor) && !net::parse_ipv6(question.visitor)) {
        return admin::invalid("`visitor` must be an IP address.");
    }
    const auto routes = directory.routes();
    Json json{{"host", host}, {"path", wanted.path}};
    directory::HttpService* service = nullptr;
    if (const auto tls = routes->find_tls(host, Clock::now());
        wanted.https && tls.kind != directory::TlsMatch::Kind::none) {
        service = tls.service;
        json["found"] = service != nullptr ? "service" : "away";
        json["tls"] = "untouched";
    } else {
        const auto match = routes->find(host, http::canonical_path(wanted.path), Clock::now());
        service = match.service;
        json["found"] = word_for(match.kind);
        if (!match.host_pattern.empty()) {
            json["pattern"] = match.host_pattern;
        }
    }
    if (service != nullptr && cluster != nullptr) {
        put_place(json, *cluster, *service, json.value("pattern", std::string(host)), wanted.path);
    }
    if (service != nullptr && !service->description().forwards) {
        json["service"] = service->description().name;
        json["token"] = service->description().token_name;
        if (service->is_shared()) {
            put_members(json, *service, question);
            put_leaving(json["members"], sessions.all(), *service);
        }
    }
    return {200, std::move(json)};
}

}  // namespace ferrotunnel::detail
