// The rules of cloudflared's `ingress`, of which the first that matches decides, as services.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>

#include "cloudflared.hpp"
#include "command_line_parts.hpp"
#include "guards.hpp"
#include "limits.hpp"

namespace ferrotunnel::cli::importing::cloudflared {
namespace {

constexpr std::string_view status_prefix = "http_status:";

struct Rule {
    Keys keys;
    Conditions conditions;
    std::string service;
    OriginSettings own;
    std::string local;  // of an HTTP backend; empty: the rule has none
    OriginSettings settings;
    std::string closed;  // why it has to reject all visitors; empty: it does not

    bool is_status() const { return service.starts_with(status_prefix); }
};

bool is_hello(const std::string& service) {
    return service == "hello_world" || service == "hello-world" || service == "helloworld";
}

/// The backend of an HTTP service as a value of `local`. Empty if it is none.
std::string local_of(std::string service, const OriginSettings& settings) {
    for (const auto& [socket, http] : {std::pair{"ws://", "http://"}, std::pair{"wss://", "https://"}}) {
        if (service.starts_with(socket)) {
            service = http + service.substr(std::string_view(socket).size());
        }
    }
    if (!service.starts_with("http://") && !service.starts_with("https://") && !service.starts_with("unix:/")) {
        return {};
    }
    const std::string local = command_line::backend_of(service, 80).value_or("");
    constexpr std::string_view tls = "https://";
    return is_switched_on(settings.http2) && local.starts_with(tls) ? "h2://" + local.substr(tls.size()) : local;
}

/// Without its host or its path, a rule would match everything.
void check_text(const Keys& keys, std::string_view key) {
    if (!is_null(keys, key) && is_unreadable(keys, key, Form::scalar)) {
        throw SourceError(keys.origin(key), fmt::format("`{}` is not a text", key));
    }
}

void reject_all(Node& service) {
    Node& denied = service.at("plugins").add().child("ip-filter").child("deny");
    denied.add("0.0.0.0/0");
    denied.add("::/0");
}

class RuleReader {
public:
    explicit RuleReader(Draft& draft) : draft_(draft) {}

    void read(Keys& root, const OriginSettings& common) {
        for (Keys& keys : root.maps("ingress")) {
            if (rules_.size() == rules_max) {
                throw SourceError(keys.origin(), "`ingress` has more than 1,000 rules");
            }
            read_rule(std::move(keys), common);
        }
        std::vector<Conditions> conditions;
        std::vector<bool> answers;
        for (const Rule& rule : rules_) {
            conditions.push_back(rule.conditions);
            answers.push_back(!rule.local.empty());
        }
        const std::vector<Route> routes = routes_of(conditions, answers);
        for (std::size_t i = 0; i < rules_.size(); ++i) {
            write(rules_[i], routes[i], i + 1);
        }
        for (const Rule& rule : rules_) {
            rule.own.skip_unused(draft_);
        }
        ask_about_hosts(root);
    }

private:
    void read_rule(Keys keys, const OriginSettings& common) {
        Rule rule{std::move(keys), {}, {}, {}, {}, common, {}};
        check_text(rule.keys, "hostname");
        check_text(rule.keys, "path");
        rule.conditions = {rule.keys.text("hostname").value_or(""), rule.keys.text("path").value_or("")};
        rule.service = rule.keys.text("service").value_or("");
        rule.own = read_origin_settings(draft_, rule.keys);
        rule.settings.merge(rule.own);
        const Place place{rule.conditions.host, rule.keys.full("service"), rule.keys.origin(),
                          rule.keys.origin("service")};
        rule.keys.lose_unless_off(draft_, "rewrite", "a service replaces prefixes of paths only",
                                  "set `replace_prefix` of the service");
        const bool is_proxy =
            rule.service == "bastion" || rule.service == "socks-proxy" || is_switched_on(rule.settings.bastion);
        if (is_proxy) {
            add_exit(draft_, rule.settings, place);
            return;
        }
        if (add_stream(draft_, rule.service, place)) {
            return;
        }
        rule.local = local_of(rule.service, rule.settings);
        if (rule.local.empty() && !rule.is_status()) {
            draft_.lose(
                rule.keys.origin("service"), rule.keys.full(""),
                is_hello(rule.service) ? "there is no server for demonstrations"
                                       : "it is not a backend that can be imported",
                is_hello(rule.service) ? "`local: files:FOLDER` serves a folder" : "write it as http://HOST:PORT");
        }
        if (is_switched_on(rule.settings.access) && !rule.local.empty()) {
            rule.closed = "originRequest.access";
        }
        rules_.push_back(std::move(rule));
    }

    void write(Rule& rule, const Route& route, std::size_t number) {
        if (route.hosts.empty()) {
            draft_.lose(rule.keys.origin(), rule.keys.full(""),
                        "no request reached it, since an earlier rule matches all "
                        "of its hosts",
                        "remove it, or the earlier one");
            return;
        }
        if (!route.is_needed) {
            skip_status(rule);
            return;
        }
        if (route.path.starts_with("~ ") && !has_room(route)) {
            draft_.lose(rule.keys.origin("path"), rule.keys.full("path"),
                        fmt::format("a host has at most {} expressions for paths", expressions_max),
                        "write this rule as a `path` without an expression");
            if (rule.local.empty() || !rule.closed.empty()) {
                for (const std::string& host : route.hosts) {
                    unprotected_.try_emplace(host, rule.keys.full("path"));
                }
            }
            return;
        }
        const bool is_backend = !rule.local.empty();
        Node& service = draft_.add_service(is_backend ? "" : fmt::format("rejected-{}", number), "http", route.hosts,
                                           is_backend ? rule.local : "127.0.0.1:9", rule.keys.origin());
        service.set("local", is_backend ? rule.local : "127.0.0.1:9", rule.keys.origin("service"));
        service.child("http").set_origin(rule.keys.origin(rule.keys.has("hostname") ? "hostname" : "service"));
        if (!route.path.empty()) {
            service.set("path", route.path, rule.keys.origin("path"));
            ask_about_path(rule, route);
        }
        if (is_backend) {
            set_backend(draft_, service, rule.settings, rule.local);
        } else {
            reject_all(service);
            draft_.ask(rule.keys.origin("service"),
                       "these requests get 403, by a plugin, so that they reach no other service");
        }
        for (const std::string& host : route.hosts) {
            const auto lost = unprotected_.find(host);
            if (is_backend && rule.closed.empty() && lost != unprotected_.end()) {
                rule.closed = lost->second;
            }
        }
        if (!rule.closed.empty()) {
            reject_all(service);
            draft_.ask(rule.keys.origin(),
                       fmt::format("the service rejects all visitors, since everybody could visit it "
                                   "without `{}`: protect it in another way, then remove its "
                                   "`ip-filter`",
                                   rule.closed));
        }
    }

    bool has_room(const Route& route) {
        return std::ranges::all_of(route.hosts,
                                   [this](const std::string& host) { return ++expressions_[host] <= expressions_max; });
    }

    /// A status without which visitors get 404.
    void skip_status(Rule& rule) {
        if (!rule.is_status()) {
            return;
        }
        if (rule.service == "http_status:404") {
            draft_.skip(rule.keys.origin(), rule.keys.full(""), "visitors get 404 where no service matches");
        } else {
            draft_.lose(rule.keys.origin("service"), rule.keys.full(""), "visitors get 404 where no service matches",
                        "pages for 404 are `http.pages` of the server");
        }
    }

    void ask_about_path(const Rule& rule, const Route& route) {
        const std::string& path = rule.conditions.path;
        if (route.path.starts_with("~ .*") && path.starts_with('/')) {
            draft_.ask(
                rule.keys.origin("path"),
                fmt::format("the expression matches {} anywhere in a path, as with cloudflared; `path: {}` would "
                            "match it at the start only",
                            path, path));
        }
    }

    void ask_about_hosts(const Keys& root) {
        std::vector<std::string> hosts;
        bool has_default = false;
        for (const Rule& rule : rules_) {
            const std::string& host = rule.conditions.host;
            has_default = has_default || (!rule.local.empty() && host_pattern(host) == "*");
            if (!rule.local.empty() && host_pattern(host) != "*" && std::ranges::find(hosts, host) == hosts.end()) {
                hosts.push_back(host);
            }
        }
        if (!hosts.empty()) {
            draft_.ask(root.origin("ingress"),
                       fmt::format("point the DNS entries of these hosts to your server: {}", joined(hosts)));
            draft_.ask(root.origin("ingress"), "HTTPS needs certificates on the server: `https` in its file");
        }
        if (has_default) {
            draft_.ask(
                root.origin("ingress"),
                "`http: \"*\"` matches every host that leads to the server; list the hosts of this tunnel instead "
                "if others use the server");
        }
        draft_.ask(root.origin("ingress"),
                   "policies of Cloudflare Access are not in the file: protect what they protected "
                   "before visitors reach the new server");
    }

    Draft& draft_;
    std::vector<Rule> rules_;
    std::map<std::string, std::size_t> expressions_;  // by host
    std::map<std::string, std::string> unprotected_;  // by host, the lost rule that rejected visitors
};

}  // namespace

void read_rules(Draft& draft, Keys& root, const OriginSettings& common) {
    RuleReader(draft).read(root, common);
    for (const std::string_view key : {"url", "hostname", "unix-socket", "hello-world"}) {
        root.skip(draft, key, "`ingress` takes precedence over it");
    }
}

void read_single_service(Draft& draft, Keys& root, const OriginSettings& common) {
    check_text(root, "hostname");
    const auto url = root.text("url");
    const auto socket = root.text("unix-socket");
    const std::string host = root.text("hostname").value_or("");
    root.lose_unless_off(draft, "hello-world", "there is no server for demonstrations",
                         "`local: files:FOLDER` serves a folder");
    const Origin origin = root.origin(url ? "url" : "unix-socket");
    if (is_switched_on(common.bastion)) {
        add_exit(draft, common, {host, "bastion", common.bastion->origin, common.bastion->origin});
        return;
    }
    if (!url && !socket) {
        return;
    }
    if (url && add_stream(draft, *url, {host, "url", origin, origin})) {
        return;
    }
    const std::string local = socket ? "unix:" + *socket : local_of(*url, common);
    if (local.empty()) {
        root.lose(draft, "url", "it is not a backend that can be imported", "write it as http://HOST:PORT");
        return;
    }
    Node& service = draft.add_service("", "http", host.empty() ? "assigned" : host, local, origin);
    set_backend(draft, service, common, local);
    if (is_switched_on(common.access)) {
        close_unguarded_service(draft, service, common.access->origin, "originRequest.access");
    }
    if (host.empty()) {
        draft.ask(origin, "the server assigns a host, below the `domain` in its file");
    } else {
        draft.ask(root.origin("hostname"), fmt::format("point the DNS entry of {} to your server", host));
    }
}

}  // namespace ferrotunnel::cli::importing::cloudflared
