// Check of the rules and limits of an HTTP service, and their registered form.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include "backend/backend.hpp"
#include "base/limits.hpp"
#include "base/text.hpp"
#include "directory/http_description.hpp"
#include "http/edits.hpp"
#include "runtime/address.hpp"
#include "settings/service_rules.hpp"

namespace ferrotunnel::detail {
namespace {

using Action = wire::HttpFieldRule::Action;

std::vector<wire::HttpFieldRule> field_rules(const HttpHeaderRules& rules) {
    std::vector<wire::HttpFieldRule> part;
    for (const std::string& name : rules.remove) {
        part.push_back({Action::remove, name, {}});
    }
    for (const HttpField& field : rules.set) {
        part.push_back({Action::set, field.name, field.value});
    }
    for (const HttpField& field : rules.add) {
        part.push_back({Action::add, field.name, field.value});
    }
    return part;
}

// Converts "[3].name", an index into field_rules(), to ".set[1].name".
std::string key_of_field(const HttpHeaderRules& rules, std::string_view key) {
    const std::size_t close = key.find(']');
    if (!key.starts_with('[') || close == std::string_view::npos) {
        return {};  // the problem concerns all fields
    }
    std::size_t index = std::stoul(std::string(key.substr(1, close - 1)));
    const auto at = [&](const char* list, std::size_t i, std::string_view part) {
        return '.' + std::string(list) + '[' + std::to_string(i) + ']' + std::string(part);
    };
    if (index < rules.remove.size()) {
        return at("remove", index, {});
    }
    index -= rules.remove.size();
    if (index < rules.set.size()) {
        return at("set", index, key.substr(close + 1));
    }
    return at("add", index - rules.set.size(), key.substr(close + 1));
}

// Converts a key of http::check_rules to a member of HttpRules.
std::string public_key(const HttpRules& rules, std::string_view key) {
    if (key == "prefix") {
        return "replace_prefix";
    }
    if (key == "host") {
        return "host_header";
    }
    const auto of_field = [key](std::string_view name, const HttpHeaderRules& fields) {
        return std::string(name) + key_of_field(fields, key.substr(name.size()));
    };
    if (key.starts_with("request_headers")) {
        return of_field("request_headers", rules.request_headers);
    }
    if (key.starts_with("response_headers")) {
        return of_field("response_headers", rules.response_headers);
    }
    return std::string(key);
}

// The protocol accepts printable texts only; an HTTP field may contain more (a tab, other encodings).
void check_texts(const std::string& key, const std::vector<HttpField>& fields, std::vector<Problem>& problems) {
    for (std::size_t i = 0; i < fields.size(); ++i) {
        const std::string& value = fields[i].value;
        if (http::is_field_value(value) && (!is_utf8(value) || !is_printable(value))) {
            problems.push_back({key + '[' + std::to_string(i) + "].value", "has control characters, or is not UTF-8"});
        }
    }
}

void check_limits(const HttpLimits& limits, std::vector<Problem>& problems) {
    using std::chrono::milliseconds;
    const auto check_time = [&](const char* key, const std::optional<milliseconds>& value, milliseconds most,
                                const char* text) {
        if (value && (*value <= value->zero() || *value > most)) {
            problems.push_back({std::string("limits.") + key, text});
        }
    };
    check_time("backend_connect_timeout", limits.backend_connect_timeout, limits::backend_connect_deadline,
               "must be above zero, and at most 10 s");
    check_time("first_byte_timeout", limits.first_byte_timeout, limits::http_first_byte_max,
               "must be above zero, and at most a day");
    check_time("upgraded_idle_timeout", limits.upgraded_idle_timeout, limits::http_upgraded_idle_max,
               "must be above zero, and at most a week");
    if (limits.body_rate && *limits.body_rate > limits::http_body_rate_max) {
        problems.push_back({"limits.body_rate", "must be at most 1 GiB a second"});
    }
    if (limits.body_max && *limits.body_max > limits::http_body_bytes_max) {
        problems.push_back({"limits.body_max", "must be at most 2^63-1"});
    }
}

bool is_folder(const Http& service) {
    return service.local.starts_with(backend::folder_prefix);
}

void check_listing(const Http& service, std::vector<Problem>& problems) {
    if (service.listing && !is_folder(service)) {
        problems.push_back({"listing", "needs a `local` like files:FOLDER"});
    }
}

void check_host(const Http& service, bool application_serves, std::vector<Problem>& problems) {
    if (service.rules.host_header == backend_host && application_serves) {
        problems.push_back({"rules.host_header", "cannot be `backend` if the application itself serves"});
    } else if (service.rules.host_header == backend_host && is_folder(service)) {
        problems.push_back({"rules.host_header", "cannot be `backend` for a folder, which has no host"});
    }
}

}  // namespace

std::string authority_of(std::string_view local, const std::string& server_name) {
    if (local.starts_with("unix:")) {
        return "localhost";  // the usual Host for a socket without a name
    }
    std::uint16_t usual = 80;
    for (const auto& [scheme, port] : {std::pair(std::string_view("https://"), std::uint16_t{443}),
                                       std::pair(std::string_view("h2://"), std::uint16_t{443}),
                                       std::pair(std::string_view("h2c://"), std::uint16_t{80})}) {
        if (local.starts_with(scheme)) {
            local.remove_prefix(scheme.size());
            usual = port;
        }
    }
    auto place = net::parse_host_port(local, usual);
    if (!place) {
        return {};
    }
    if (usual == 443 && !server_name.empty()) {
        place->host = server_name;
    } else if (place->host.empty()) {
        place->host = "localhost";
    }
    const std::string_view bare = net::without_zone(place->host);
    const std::string host =
        bare.find(':') == std::string_view::npos ? std::string(bare) : '[' + std::string(bare) + ']';
    return place->port == usual ? host : host + ':' + std::to_string(place->port);
}

wire::HttpRulesPart rules_part(const Http& service) {
    const HttpRules& rules = service.rules;
    wire::HttpRulesPart part;
    part.prefix = rules.replace_prefix;
    part.host = rules.host_header == backend_host ? authority_of(service.local, service.backend_tls.server_name)
                                                  : rules.host_header;
    part.map_back = rules.map_back;
    part.request_headers = field_rules(rules.request_headers);
    part.response_headers = field_rules(rules.response_headers);
    if (rules.redirect) {
        part.redirect = {rules.redirect->to, rules.redirect->status};
    }
    if (rules.https_redirect) {
        part.https_redirect = {rules.https_redirect->status, rules.https_redirect->port};
    }
    if (rules.hsts) {
        part.hsts = {static_cast<std::uint64_t>(rules.hsts->max_age.count()), rules.hsts->include_subdomains,
                     rules.hsts->preload};
    }
    return part;
}

wire::HttpLimitsPart limits_part(const HttpLimits& limits) {
    const auto milliseconds = [](const std::optional<std::chrono::milliseconds>& time) {
        return time ? std::optional(static_cast<std::uint64_t>(time->count())) : std::nullopt;
    };
    wire::HttpLimitsPart part;
    part.connect_ms = milliseconds(limits.backend_connect_timeout);
    part.first_byte_ms = milliseconds(limits.first_byte_timeout);
    part.upgraded_idle_ms = milliseconds(limits.upgraded_idle_timeout);
    part.body_rate = limits.body_rate;
    part.body_max = limits.body_max == 0U ? std::nullopt : limits.body_max;
    part.upgrades = limits.upgrades;
    return part;
}

std::vector<Problem> rule_problems(const Http& service, bool application_serves) {
    std::vector<Problem> problems;
    const wire::HttpRulesPart part = rules_part(service);
    if (const auto path = directory::read_http_path(service.path)) {
        for (const http::RuleProblem& problem : http::check_rules(directory::rules_of(part), *path)) {
            problems.push_back({"rules." + public_key(service.rules, problem.key), problem.text});
        }
    }
    check_texts("rules.request_headers.set", service.rules.request_headers.set, problems);
    check_texts("rules.request_headers.add", service.rules.request_headers.add, problems);
    check_texts("rules.response_headers.set", service.rules.response_headers.set, problems);
    check_texts("rules.response_headers.add", service.rules.response_headers.add, problems);
    if (part.bytes() > limits::http_rules_bytes_max) {
        problems.push_back({"rules", "take " + std::to_string(part.bytes()) + " bytes; at most " +
                                         std::to_string(limits::http_rules_bytes_max)});
    }
    check_host(service, application_serves, problems);
    check_listing(service, problems);
    check_limits(service.limits, problems);
    return problems;
}

}  // namespace ferrotunnel::detail
