#include "settings/service_rules.hpp"

#include <chrono>
#include <functional>
#include <utility>
#include <vector>

#include "base/limits.hpp"
#include "settings/https.hpp"

namespace ferrotunnel::detail {
namespace {

using config::assign;
using config::Section;
using config::Value;

constexpr SettingFacts of_field_rules[] = {
    {.key = "remove", .type = "field name, or a list", .help = "Fields to remove."},
    {.key = "set",
     .type = "map of names to values",
     .help = "Fields to set, replacing those of the same name: `{X-Env: staging}`."},
    {.key = "add",
     .type = "map of names to values, or to lists of values",
     .help = "Fields to add to those of the same name: `{X-Tag: [a, b]}`."},
};

std::span<const SettingFacts> field_rule_keys() noexcept {
    return of_field_rules;
}

constexpr Choice redirect_statuses[] = {{"301", 301}, {"302", 302}, {"307", 307}, {"308", 308}};
constexpr SettingFacts of_redirect[] = {
    {.key = "to",
     .type = "URL or path",
     .help = "Target of the redirect, in the form with a "
             "status.",
     .is_required = true},
    {.key = "status",
     .form = Form::choice,
     .choices = redirect_statuses,
     .help = "Status of the redirect. Default: "
             "302."},
};

std::span<const SettingFacts> redirect_keys() noexcept {
    return of_redirect;
}

constexpr SettingFacts of_https_redirect[] = {
    {.key = "status",
     .form = Form::choice,
     .choices = redirect_statuses,
     .help = "Status of the redirect. Default: "
             "308."},
    {.key = "port",
     .form = Form::number,
     .min = 1,
     .max = 65'535,
     .help = "Port of https for visitors. Default: the server's `https` port, or 443."},
};

std::span<const SettingFacts> https_redirect_keys() noexcept {
    return of_https_redirect;
}

constexpr SettingFacts time_limit(std::string_view key, std::chrono::milliseconds most, std::string_view help) {
    return {.key = key, .form = Form::time, .min = 1, .max = static_cast<std::uint64_t>(most.count()), .help = help};
}

constexpr SettingFacts of_limits[] = {
    time_limit("backend_connect_timeout", limits::backend_connect_deadline,
               "How long the backend may take to accept a connection, up to 10 s; 502 when exceeded."),
    time_limit("first_byte_timeout", limits::http_first_byte_max,
               "How long the backend may take to begin its response; 504 when exceeded. Up to an hour, unless the "
               "server allows "
               "more or less."),
    time_limit("upgraded_idle_timeout", limits::http_upgraded_idle_max,
               "How long a WebSocket may be idle before it is closed. Up to a day, unless the server allows more or "
               "less."),
    {.key = "body_rate",
     .form = Form::size,
     .max = limits::http_body_rate_max,
     .help = "Minimum rate of a visitor's body in bytes per second (also `10K`); a slower one gets 408. 0: no "
             "minimum."},
    {.key = "body_max",
     .form = Form::size,
     .max = limits::http_body_bytes_max,
     .help = "Maximum size of a request's body; 413 when exceeded. Default, and with 0: the server's limit."},
    {.key = "upgrades",
     .form = Form::on_off,
     .help = "`off`: no WebSockets. Default: on, unless the server has them "
             "off."},
};

std::span<const SettingFacts> limit_keys() noexcept {
    return of_limits;
}

constexpr SettingFacts of_rules[] = {
    {.key = "strip_prefix",
     .form = Form::on_off,
     .help = "The backend receives `/users` for `/api/users` if `path` is `/api`."},
    {.key = "replace_prefix",
     .type = "path prefix",
     .help = "With `/v2`, the backend receives `/v2/users` for "
             "`/api/users`."},
    {.key = "host_header",
     .type = "host with port, or `backend`",
     .help = "Host header sent to the backend, optionally with a port; `backend`: the backend's own address, as "
             "written in `local`. Default: the host that the visitor requested."},
    {.key = "map_back",
     .form = Form::on_off,
     .help = "If prefix or host were rewritten, Location and cookies of responses are mapped back. Default: on."},
    {.key = "request_headers",
     .help = "Changes of the header fields that the backend "
             "receives.",
     .keys = field_rule_keys},
    {.key = "response_headers", .help = "Changes of the header fields that visitors receive.", .keys = field_rule_keys},
    {.key = "redirect",
     .type = "URL or path",
     .help = "The server responds with a redirect to this URL or path; the rest of the path below `path`, and the "
             "query, are kept.",
     .keys = redirect_keys},
    {.key = "https_redirect",
     .form = Form::on_off,
     .help = "Visitors without TLS are redirected to https; `off`: they are not, even if the server's own `redirect` "
             "is on.",
     .keys = https_redirect_keys},
    {.key = "hsts",
     .form = Form::on_off,
     .help = "Strict-Transport-Security in responses over TLS, for a year.",
     .keys = hsts_keys},
    {.key = "limits", .help = "Limits of this service. Default: the server's.", .keys = limit_keys},
    {.key = "listing",
     .form = Form::on_off,
     .help = "With a `local` such as `files:./dist`: visitors see a listing of a folder without index.html. Default: "
             "they get 404."},
};

/// Reads the values, and keeps the place of each.
class RuleReader {
public:
    /// Reads all values. False if one cannot be parsed; the others are in `http`.
    bool read(const RuleKeys& keys, Http& http);
    /// Reports the problems of the values, each at its place.
    bool check(const Http& http, const Value& service) const;

private:
    struct Place {
        Value value;
        bool at_key = false;
    };

    void read_prefix(const RuleKeys& keys, HttpRules& rules);
    void read_fields(const Value& value, const std::string& setting, HttpHeaderRules& rules);
    void read_field_list(const Value& value, const std::string& setting, std::vector<HttpField>& fields);
    void read_redirect(const Value& value, HttpRules& rules);
    void read_redirect_keys(const Value& value, HttpRedirect& redirect);
    void read_https_redirect(const Value& value, HttpRules& rules);
    void read_hsts(const Value& value, HttpRules& rules);
    void read_limits(const Value& value, HttpLimits& own);
    void keep(const std::string& setting, const Value& value, bool at_key = false);
    const Place* place_of(const std::string& setting) const;
    /// Returns the value, and records if it is missing.
    template <typename T>
    T good(T value) {
        complete_ = complete_ && value;
        return value;
    }

    std::map<std::string, Place, std::less<>> places_;  // by members of Http: "rules.redirect.to"
    bool complete_ = true;
};

// --- reading ---

bool RuleReader::read(const RuleKeys& keys, Http& http) {
    HttpRules& rules = http.rules;
    read_prefix(keys, rules);
    if (const Value* value = keys.get("host_header")) {
        keep("rules.host_header", *value);
        assign(rules.host_header, good(value->word()));
    }
    if (const Value* value = keys.get("map_back")) {
        assign(rules.map_back, good(value->boolean()));
    }
    if (const Value* value = keys.get("request_headers")) {
        read_fields(*value, "rules.request_headers", rules.request_headers);
    }
    if (const Value* value = keys.get("response_headers")) {
        read_fields(*value, "rules.response_headers", rules.response_headers);
    }
    if (const Value* value = keys.get("redirect")) {
        read_redirect(*value, rules);
    }
    if (const Value* value = keys.get("https_redirect")) {
        read_https_redirect(*value, rules);
    }
    if (const Value* value = keys.get("hsts")) {
        read_hsts(*value, rules);
    }
    if (const Value* value = keys.get("limits")) {
        read_limits(*value, http.limits);
    }
    if (const Value* value = keys.get("listing")) {
        keep("listing", *value);
        assign(http.listing, good(value->boolean()));
    }
    return complete_;
}

void RuleReader::read_prefix(const RuleKeys& keys, HttpRules& rules) {
    if (const Value* value = keys.get("strip_prefix")) {
        keep("rules.replace_prefix", *value);
        const std::optional<bool> strips = good(value->boolean());
        if (strips && *strips) {
            rules.replace_prefix = "";
        }
    }
    if (const Value* value = keys.get("replace_prefix")) {
        if (rules.replace_prefix) {
            value->problem_at_key("cannot be combined with `strip_prefix`, which replaces the prefix with nothing");
            complete_ = false;
        }
        keep("rules.replace_prefix", *value);
        rules.replace_prefix = good(value->word());
    }
}

void RuleReader::read_fields(const Value& value, const std::string& setting, HttpHeaderRules& rules) {
    keep(setting, value);
    Section section = section_of(value, field_rule_keys());
    if (const auto list = section.find("remove")) {
        for (const Value& item : list->items_or_single()) {
            keep(setting + ".remove[" + std::to_string(rules.remove.size()) + ']', item);
            rules.remove.push_back(good(item.word()).value_or(""));
        }
    }
    if (const auto list = section.find("set")) {
        read_field_list(*list, setting + ".set", rules.set);
    }
    if (const auto list = section.find("add")) {
        read_field_list(*list, setting + ".add", rules.add);
    }
    section.finish();
}

// Reads names with their values; a name may have several.
void RuleReader::read_field_list(const Value& value, const std::string& setting, std::vector<HttpField>& fields) {
    if (!value.is_group()) {
        value.unexpected("names with their values, like {X-Env: staging}");
        complete_ = false;
        return;
    }
    for (const auto& [name, each] : value.section().all()) {
        for (const Value& item : each.items_or_single()) {
            const std::string field = setting + '[' + std::to_string(fields.size()) + ']';
            keep(field + ".name", each, true);
            keep(field + ".value", item);
            fields.push_back({name, good(item.text()).value_or("")});
        }
    }
}

void RuleReader::read_redirect(const Value& value, HttpRules& rules) {
    HttpRedirect& redirect = rules.redirect.emplace();
    keep("rules.redirect", value);
    if (!value.is_group()) {
        keep("rules.redirect.to", value);
        assign(redirect.to, good(value.word()));
    } else {
        read_redirect_keys(value, redirect);
    }
    if (redirect.to.empty()) {
        rules.redirect.reset();  // a problem was reported
    }
}

void RuleReader::read_redirect_keys(const Value& value, HttpRedirect& redirect) {
    Section section = section_of(value, redirect_keys());
    const auto to = section.find("to");
    if (to) {
        keep("rules.redirect.to", *to);
        assign(redirect.to, good(to->word()));
    } else {
        value.problem("`to` is missing: a URL like https://new.example.com, or a path like /new");
        complete_ = false;
    }
    if (const auto status = section.find("status")) {
        keep("rules.redirect.status", *status);
        assign(redirect.status, good(status->number(0, 999)));
    }
    section.finish();
}

void RuleReader::read_https_redirect(const Value& value, HttpRules& rules) {
    if (!value.is_group()) {
        if (const std::optional<bool> on = good(value.boolean())) {
            rules.https_redirect.emplace();
            rules.https_redirect->status = *on ? rules.https_redirect->status : std::uint16_t{0};
        }
        return;
    }
    HttpsRedirect& redirect = rules.https_redirect.emplace();
    Section section = section_of(value, https_redirect_keys());
    if (const auto status = section.find("status")) {
        keep("rules.https_redirect.status", *status);
        assign(redirect.status, good(status->number(0, 999)));
    }
    if (const auto port = section.find("port")) {
        assign(redirect.port, good(port->number(1, 65'535)));
    }
    section.finish();
}

void RuleReader::read_hsts(const Value& value, HttpRules& rules) {
    if (!value.is_group()) {
        const std::optional<bool> on = good(value.boolean());
        if (on && *on) {
            rules.hsts.emplace();
        }
        return;
    }
    Hsts& hsts = rules.hsts.emplace();
    Section section = section_of(value, hsts_keys());
    if (const auto age = section.find("max_age")) {
        keep("rules.hsts.max_age", *age);
        if (const auto time = good(age->time(limits::http_hsts_max_age_max))) {
            hsts.max_age = std::chrono::duration_cast<std::chrono::seconds>(*time);
        }
    }
    if (const auto below = section.find("include_subdomains")) {
        assign(hsts.include_subdomains, good(below->boolean()));
    }
    if (const auto preload = section.find("preload")) {
        keep("rules.hsts.preload", *preload);
        assign(hsts.preload, good(preload->boolean()));
    }
    section.finish();
}

void RuleReader::read_limits(const Value& value, HttpLimits& own) {
    Section section = section_of(value, limit_keys());
    const auto read_time = [&](const char* key, std::optional<std::chrono::milliseconds>& into) {
        if (const auto found = section.find(key)) {
            keep(std::string("limits.") + key, *found);
            into = good(found->time());
        }
    };
    read_time("backend_connect_timeout", own.backend_connect_timeout);
    read_time("first_byte_timeout", own.first_byte_timeout);
    read_time("upgraded_idle_timeout", own.upgraded_idle_timeout);
    const auto read_size = [&](const char* key, std::optional<std::uint64_t>& into) {
        if (section.has(key)) {
            into = good(read_key(section, limit_keys(), key));
        }
    };
    read_size("body_rate", own.body_rate);
    read_size("body_max", own.body_max);
    if (const auto upgrades = section.find("upgrades")) {
        assign(own.upgrades, good(upgrades->boolean()));
    }
    section.finish();
}

// --- checking ---

void RuleReader::keep(const std::string& setting, const Value& value, bool at_key) {
    places_.insert_or_assign(setting, Place{value, at_key});
}

// The place of the setting, or of the closest one that contains it.
const RuleReader::Place* RuleReader::place_of(const std::string& setting) const {
    for (std::string name = setting; !name.empty();) {
        if (const auto found = places_.find(name); found != places_.end()) {
            return &found->second;
        }
        const std::size_t end = name.find_last_of(".[");
        name.resize(end == std::string::npos ? 0 : end);
    }
    return nullptr;
}

bool RuleReader::check(const Http& http, const Value& service) const {
    const std::vector<Problem> problems = rule_problems(http, false);
    for (const Problem& problem : problems) {
        const Place* place = place_of(problem.key);
        if (place == nullptr) {
            service.problem("its " + problem.key + ' ' + problem.text);
        } else if (place->at_key) {
            place->value.problem_at_key(problem.text);
        } else {
            place->value.problem(problem.text);
        }
    }
    return problems.empty();
}

}  // namespace

std::span<const SettingFacts> rule_keys() noexcept {
    return of_rules;
}

void RuleKeys::find(Section& service) {
    for (const SettingFacts& each : rule_keys()) {
        if (auto value = service.find(std::string(each.key))) {
            values_.emplace(each.key, std::move(*value));
        }
    }
}

const Value* RuleKeys::get(std::string_view key) const {
    const auto found = values_.find(key);
    return found == values_.end() ? nullptr : &found->second;
}

bool RuleKeys::refuse(const std::string& text) const {
    for (const auto& [key, value] : values_) {
        value.problem_at_key(text);
    }
    return !values_.empty();
}

bool read_rules(const RuleKeys& keys, Http& http, const Value& service) {
    RuleReader reader;
    const bool complete = reader.read(keys, http);
    return reader.check(http, service) && complete;
}

}  // namespace ferrotunnel::detail
