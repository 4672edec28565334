// Check of a server's tokens and their rights, and the engine's form.
#include <algorithm>
#include <chrono>
#include <functional>
#include <set>
#include <string_view>
#include <utility>

#include "base/limits.hpp"
#include "base/text.hpp"
#include "http/host_pattern.hpp"
#include "login/token.hpp"
#include "net/host_port.hpp"
#include "settings/authenticate.hpp"
#include "settings/http.hpp"
#include "settings/listen_addresses.hpp"
#include "settings/rights.hpp"
#include "settings/settings.hpp"

namespace ferrotunnel::detail {
namespace {

using Fault = std::optional<std::string> (*)(const std::string& text);

// The first problem of a list of rights.
std::optional<std::string> list_fault(const std::optional<std::vector<std::string>>& list, Fault fault) {
    if (!list) {
        return std::nullopt;
    }
    if (auto too_many = right_list_fault(*list)) {
        return too_many;
    }
    for (const std::string& text : *list) {
        if (auto wrong = fault(text)) {
            return wrong;
        }
    }
    return std::nullopt;
}

bool has_any_port(const std::vector<std::string>& ports) {
    return std::find(ports.begin(), ports.end(), any_port) != ports.end();
}

std::string kinds_known() {
    std::string names;
    for (const login::KindName& known : login::service_kinds) {
        names += (names.empty() ? "" : ", ") + std::string(known.name);
    }
    return names;
}

void check_authenticate(const AuthenticateLimits& limits, std::vector<Problem>& problems) {
    using std::chrono::milliseconds;
    if (limits.deadline < milliseconds(10) || limits.deadline > std::chrono::minutes(1)) {
        problems.push_back({"authenticate", "`deadline` must be 10 ms to 60 s"});
    }
    const auto bounded = [&problems](const char* what, unsigned calls) {
        if (calls < 1 || calls > limits::unauthenticated_max) {
            problems.push_back({"authenticate", '`' + std::string(what) + "` must be 1 to " +
                                                    std::to_string(limits::unauthenticated_max)});
        }
    };
    bounded("calls", limits.calls);
    bounded("calls_per_address", limits.calls_per_address);
}

login::PortRight engine_ports(const std::vector<std::string>& ports) {
    login::PortRight right;
    right.any = has_any_port(ports);
    if (right.any) {
        return right;
    }
    std::vector<login::PortRange> ranges;
    for (const std::string& text : ports) {
        const login::PortPolicy one = login::PortPolicy::parse(text).value();
        ranges.insert(ranges.end(), one.ranges().begin(), one.ranges().end());
    }
    right.listed = login::PortPolicy(std::move(ranges));
    return right;
}

shaping::Rates engine_rates(const ByteRates& rates) {
    return {rates.up.value_or(0), rates.down.value_or(0)};
}

}  // namespace

std::optional<std::string> right_host_fault(const std::string& text) {
    const auto pattern = http::parse_host_pattern(text);
    return pattern ? std::nullopt : std::optional(in_quotes(text) + ' ' + pattern.error().text);
}

std::optional<std::string> right_port_fault(const std::string& text) {
    if (text == any_port) {
        return std::nullopt;
    }
    const std::size_t dash = text.find('-');
    const auto first = login::PortPolicy::parse(text.substr(0, dash));
    const auto last = dash == std::string::npos ? first : login::PortPolicy::parse(text.substr(dash + 1));
    const bool is_range = text.find(',') == std::string::npos && first && last;
    if (!is_range) {
        return in_quotes(text) + " is not a valid port (1 to 65535), not a range like 8000-8100, and not `any`";
    }
    if (first->ranges().front().first > last->ranges().front().first) {
        return in_quotes(text) + " is a reversed range: write the lower port first";
    }
    return std::nullopt;
}

std::optional<std::string> right_kind_fault(const std::string& text) {
    return login::kind_named(text)
               ? std::nullopt
               : std::optional(in_quotes(text) + " is not a valid kind of service; expected one of " + kinds_known());
}

std::optional<std::string> right_bind_fault(const std::string& text) {
    return ip_address_of(text)
               ? std::nullopt
               : std::optional(public_bind_fault(text, "is not a valid IP address, like 127.0.0.1 or 0.0.0.0"));
}

std::optional<std::string> right_token_fault(const std::string& text) {
    return text.empty() ? std::optional<std::string>("an empty text is not a valid token name") : std::nullopt;
}

std::optional<std::string> right_list_fault(const std::vector<std::string>& list) {
    if (list.size() > login::rights_list_max) {
        return "more than " + std::to_string(login::rights_list_max) + " entries";
    }
    return std::nullopt;
}

void check_rights(const NamedToken& token, std::vector<Problem>& problems) {
    const auto tell = [&](const char* key, const std::optional<std::string>& fault) {
        if (fault) {
            problems.push_back({"token", "`" + std::string(key) + "` of " + in_quotes(token.name) + ": " + *fault});
        }
    };
    const auto bounded = [&](const char* key, const std::optional<std::uint64_t>& value, std::uint64_t most) {
        if (value && (*value < 1 || *value > most)) {
            tell(key, "must be 1 to " + std::to_string(most));
        }
    };
    const Rights& rights = token.rights;
    tell("hosts", list_fault(rights.hosts, right_host_fault));
    tell("ports", list_fault(rights.ports, right_port_fault));
    if (rights.ports && rights.ports->size() > 1 && has_any_port(*rights.ports)) {
        tell("ports", "`any` must be the only port");
    }
    tell("kinds", list_fault(rights.kinds, right_kind_fault));
    tell("bind", list_fault(rights.bind, right_bind_fault));
    tell("visited_by", list_fault(rights.visited_by, right_token_fault));
    tell("from", list_fault(rights.from, network_fault));
    bounded("connections", rights.connections, limits::sessions_max);
    bounded("services", rights.services, quota_max);
    bounded("visitors", rights.visitors, quota_max);
    const auto& rate = rights.visitors_per_second;
    if (rate && !(*rate >= visitors_rate_min && *rate <= visitors_rate_max)) {
        tell("visitors_per_second", "must be 0.001 to 1000000");
    }
    const auto bounded_rates = [&](const char* key, const ByteRates& rates) {
        for (const std::optional<std::uint64_t>& each : {rates.up, rates.down}) {
            if (each && (*each < shaping::rate_min || *each > shaping::rate_max)) {
                tell(key, "must be 1 KiB to 100 GiB");
            }
        }
    };
    bounded_rates("bytes_per_second", rights.bytes_per_second);
    bounded_rates("service_bytes_per_second", rights.service_bytes_per_second);
    bounded_rates("visitor_bytes_per_second", rights.visitor_bytes_per_second);
}

login::Rights engine_rights(const Rights& rights) {
    login::Rights engine;
    if (rights.hosts) {
        engine.hosts.emplace();
        for (const std::string& text : *rights.hosts) {
            engine.hosts->push_back(http::parse_host_pattern(text).value().text());
        }
    }
    if (rights.ports) {
        engine.ports = engine_ports(*rights.ports);
    }
    if (rights.kinds) {
        engine.kinds.emplace();
        for (const std::string& text : *rights.kinds) {
            engine.kinds->push_back(login::kind_named(text).value());
        }
    }
    if (rights.bind) {
        engine.bind.emplace();
        for (const std::string& text : *rights.bind) {
            engine.bind->push_back(ip_address_of(text).value());
        }
    }
    engine.visited_by = rights.visited_by.value_or(std::vector<std::string>());
    if (rights.from) {
        engine.from = networks_of(*rights.from).value();
    }
    engine.expires = rights.expires;
    engine.connections = rights.connections;
    engine.services = rights.services;
    engine.visitors = rights.visitors;
    engine.visitors_per_second = rights.visitors_per_second;
    engine.rates = {engine_rates(rights.bytes_per_second), engine_rates(rights.service_bytes_per_second),
                    engine_rates(rights.visitor_bytes_per_second)};
    return engine;
}

std::optional<login::TokenStrength> check_token(const Secret& secret, const std::string& key,
                                                std::vector<Problem>& problems) {
    auto token = login::parse_token(secret.reveal());
    if (!token) {
        problems.push_back({key, token.error()});
        return std::nullopt;
    }
    return token->strength;
}

login::WeakTokenPolicy policy_of(const CommonValues& settings) {
    return settings.allow_weak_token ? login::WeakTokenPolicy::allowed : login::WeakTokenPolicy::loopback_only;
}

std::vector<const Secret*> secrets_of(const NamedToken& token) {
    std::vector<const Secret*> secrets{&token.secret};
    if (!token.also.empty()) {
        secrets.push_back(&token.also);
    }
    return secrets;
}

bool looks_up_tokens(const ServerSettings& settings) noexcept {
    return settings.authenticate || settings.plugins_look_up_tokens;
}

void check_server_tokens(ServerSettings& settings, std::vector<Problem>& problems) {
    if (settings.authenticate) {
        check_authenticate(settings.authenticate->limits, problems);
    }
    if (settings.authenticate && settings.plugins_look_up_tokens) {
        problems.push_back({"authenticate", "cannot be used with a plugin that looks up tokens"});
    }
    if (settings.tokens.empty() && !looks_up_tokens(settings)) {
        problems.push_back({"token", "missing: no client could log in. `ferrotunnel token` makes one"});
    }
    const auto place = net::parse_host_port(settings.bind, default_control_port);
    std::set<std::string_view> names;
    std::set<std::string_view> texts;
    for (std::size_t i = 0; i < settings.tokens.size(); ++i) {
        NamedToken& token = settings.tokens[i];
        if (token.name.empty()) {
            token.name = "token-" + std::to_string(i + 1);
        }
        if (!names.insert(token.name).second) {
            problems.push_back({"token", "two tokens have the name " + in_quotes(token.name)});
        }
        for (const Secret* secret : secrets_of(token)) {
            if (!texts.insert(secret->reveal()).second) {
                problems.push_back({"token", "the token " + in_quotes(token.name) + " appears twice"});
            }
            auto strength = check_token(*secret, "token", problems);
            if (strength && place) {
                if (auto refusal = login::refusal_to_listen(policy_of(settings), *strength, place->host)) {
                    problems.push_back({"token", *refusal});
                }
            }
        }
        check_rights(token, problems);
    }
}

std::string exposed_warning(const std::string& name) {
    return "the file of the token" + name + " can be read by other users of this machine";
}

}  // namespace ferrotunnel::detail
