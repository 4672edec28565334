#include "wire/http_rules_part.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <limits>

#include "base/limits.hpp"
#include "wire/control_fields.hpp"

namespace ferrotunnel::wire {
namespace {

using Action = HttpFieldRule::Action;

std::size_t bytes_of(const std::vector<HttpFieldRule>& rules) noexcept {
    std::size_t bytes = 0;
    for (const HttpFieldRule& rule : rules) {
        bytes += limits::http_header_rule_bytes + rule.name.size() + rule.value.size();
    }
    return bytes;
}

// --- writing ---

void write_field_rules(cbor::Writer& writer, std::string_view key, const std::vector<HttpFieldRule>& rules) {
    if (rules.empty()) {
        return;
    }
    writer.text(key).array(rules.size());
    for (const HttpFieldRule& rule : rules) {
        const bool has_value = rule.action != Action::remove;
        writer.array(has_value ? 3 : 2);
        writer.unsigned_integer(static_cast<std::uint8_t>(rule.action)).text(rule.name);
        if (has_value) {
            writer.text(rule.value);
        }
    }
}

std::size_t count(const HttpRulesPart& rules) noexcept {
    const std::array<bool, 8> there{rules.prefix.has_value(),
                                    !rules.host.empty(),
                                    !rules.map_back,
                                    !rules.request_headers.empty(),
                                    !rules.response_headers.empty(),
                                    rules.redirect.has_value(),
                                    rules.https_redirect.has_value(),
                                    rules.hsts.has_value()};
    return static_cast<std::size_t>(std::count(there.begin(), there.end(), true));
}

void write_rules(cbor::Writer& writer, const HttpRulesPart& rules) {
    writer.text("rules").map(count(rules));
    if (rules.prefix) {
        writer.text("prefix").text(*rules.prefix);
    }
    if (!rules.host.empty()) {
        writer.text("host").text(rules.host);
    }
    if (!rules.map_back) {
        writer.text("map_back").boolean(false);
    }
    write_field_rules(writer, "request_headers", rules.request_headers);
    write_field_rules(writer, "response_headers", rules.response_headers);
    if (rules.redirect) {
        writer.text("redirect").map(2);
        writer.text("to").text(rules.redirect->to).text("status").unsigned_integer(rules.redirect->status);
    }
    if (rules.https_redirect) {
        writer.text("https_redirect").map(2);
        writer.text("status").unsigned_integer(rules.https_redirect->status);
        writer.text("port").unsigned_integer(rules.https_redirect->port);
    }
    if (rules.hsts) {
        writer.text("hsts").map(1U + (rules.hsts->include_subdomains ? 1U : 0U) + (rules.hsts->preload ? 1U : 0U));
        writer.text("max_age").unsigned_integer(rules.hsts->max_age);
        if (rules.hsts->include_subdomains) {
            writer.text("include_subdomains").boolean(true);
        }
        if (rules.hsts->preload) {
            writer.text("preload").boolean(true);
        }
    }
}

struct LimitKey {
    std::string_view name;
    std::optional<std::uint64_t> HttpLimitsPart::*value;
    std::uint64_t least;
    std::uint64_t most;
};

constexpr std::uint64_t milliseconds(std::chrono::milliseconds time) noexcept {
    return static_cast<std::uint64_t>(time.count());
}

constexpr std::array<LimitKey, 5> limit_keys{{
    {"connect_ms", &HttpLimitsPart::connect_ms, 1, milliseconds(limits::backend_connect_deadline)},
    {"first_byte_ms", &HttpLimitsPart::first_byte_ms, 1, milliseconds(limits::http_first_byte_max)},
    {"upgraded_idle_ms", &HttpLimitsPart::upgraded_idle_ms, 1, milliseconds(limits::http_upgraded_idle_max)},
    {"body_rate", &HttpLimitsPart::body_rate, 0, limits::http_body_rate_max},
    {"body_max", &HttpLimitsPart::body_max, 1, limits::http_body_bytes_max},
}};

void write_limits(cbor::Writer& writer, const HttpLimitsPart& part) {
    const auto said = std::count_if(limit_keys.begin(), limit_keys.end(),
                                    [&part](const LimitKey& key) { return (part.*key.value).has_value(); });
    writer.text("limits").map(static_cast<std::size_t>(said) + (part.upgrades ? 0U : 1U));
    for (const LimitKey& key : limit_keys) {
        if (const auto& value = part.*key.value) {
            writer.text(key.name).unsigned_integer(*value);
        }
    }
    if (!part.upgrades) {
        writer.text("upgrades").boolean(false);
    }
}

// --- reading ---

// Reads one rule for a field: [0, name, value], [1, name, value] or [2, name].
void read_field_rule(FieldReader& rules, std::string_view key, cbor::Item item, std::vector<HttpFieldRule>& out) {
    constexpr std::string_view none =
        " has an element that is not one of [0, name, value], [1, name, value] and [2, name]";
    std::vector<cbor::Item> parts;
    if (item.type() == cbor::Type::array && item.count() <= 3) {
        item.for_each_element([&parts](cbor::Item part) { parts.push_back(part); });
    }
    const auto action = parts.empty() ? std::nullopt : parts[0].as_unsigned();
    if (!action || *action > 2 || parts.size() != (*action == 2 ? 2U : 3U)) {
        rules.fail(Code::protocol, key, none);
        return;
    }
    HttpFieldRule& rule = out.emplace_back();
    rule.action = static_cast<Action>(*action);
    rules.element_text(key, parts[1], rule.name, 1, limits::http_header_rule_name_max);
    if (parts.size() == 3) {
        rules.element_text(key, parts[2], rule.value, 0, limits::http_header_rule_value_max);
    }
}

void read_field_rules(FieldReader& rules, std::string_view key, std::vector<HttpFieldRule>& out) {
    if (!rules.has(key)) {
        return;
    }
    if (auto list = rules.array(key, limits::http_header_rules_max)) {
        list->for_each_element([&](cbor::Item item) {
            if (!rules.failed()) {
                read_field_rule(rules, key, item, out);
            }
        });
    }
}

constexpr std::uint64_t status_min = 300;
constexpr std::uint64_t status_max = 399;

// Finds the first key that is unknown.
void find_unknown(cbor::Item map, HttpRulesPart& rules) {
    constexpr std::array<std::string_view, 8> known{"prefix",           "host",     "map_back",       "request_headers",
                                                    "response_headers", "redirect", "https_redirect", "hsts"};
    map.for_each_pair([&](std::string_view key, cbor::Item) {
        if (rules.unknown.empty() && std::find(known.begin(), known.end(), key) == known.end()) {
            rules.unknown = key.empty() ? "(empty)" : key;
        }
    });
}

void read_rules(FieldReader& fields, HttpRulesPart& rules) {
    if (fields.has("prefix")) {
        fields.optional_text("prefix", rules.prefix.emplace(), limits::http_path_text_max);
    }
    fields.optional_text("host", rules.host, limits::http_host_header_max);
    fields.optional_boolean("map_back", rules.map_back);
    read_field_rules(fields, "request_headers", rules.request_headers);
    read_field_rules(fields, "response_headers", rules.response_headers);
    if (fields.has("redirect")) {
        fields.inside("redirect", [&](FieldReader& inner) {
            auto& redirect = rules.redirect.emplace(HttpRulesPart::Redirect{});
            inner.text("to", redirect.to, 1, limits::http_redirect_text_max);
            inner.number("status", redirect.status, status_min, status_max);
        });
    }
    if (fields.has("https_redirect")) {
        fields.inside("https_redirect", [&](FieldReader& inner) {
            auto& redirect = rules.https_redirect.emplace(HttpRulesPart::HttpsRedirect{});
            inner.number("status", redirect.status, 0, status_max);
            inner.number("port", redirect.port, 0, std::numeric_limits<std::uint16_t>::max());
        });
    }
    if (fields.has("hsts")) {
        fields.inside("hsts", [&](FieldReader& inner) {
            auto& hsts = rules.hsts.emplace(HttpRulesPart::Hsts{});
            inner.number("max_age", hsts.max_age, 0, static_cast<std::uint64_t>(limits::http_hsts_max_age_max.count()));
            inner.optional_boolean("include_subdomains", hsts.include_subdomains);
            inner.optional_boolean("preload", hsts.preload);
        });
    }
}

void read_limits(FieldReader& fields, HttpLimitsPart& part) {
    for (const LimitKey& key : limit_keys) {
        if (fields.has(key.name)) {
            fields.optional_number(key.name, (part.*key.value).emplace(), key.least, key.most);
        }
    }
    fields.optional_boolean("upgrades", part.upgrades);
}

}  // namespace

std::size_t HttpRulesPart::bytes() const noexcept {
    std::size_t others = count(*this) - (request_headers.empty() ? 0U : 1U) - (response_headers.empty() ? 0U : 1U);
    return bytes_of(request_headers) + bytes_of(response_headers) + others * limits::http_other_rule_bytes +
           (prefix ? prefix->size() : 0) + host.size() + (redirect ? redirect->to.size() : 0);
}

std::size_t count_http_rules(const HttpRulesPart& rules, const HttpLimitsPart& limits) noexcept {
    return (count(rules) == 0 ? 0U : 1U) + (limits == HttpLimitsPart{} ? 0U : 1U);
}

void write_http_rules(cbor::Writer& writer, const HttpRulesPart& rules, const HttpLimitsPart& limits) {
    if (count(rules) != 0) {
        write_rules(writer, rules);
    }
    if (limits != HttpLimitsPart{}) {
        write_limits(writer, limits);
    }
}

void read_http_rules(FieldReader& http, HttpRulesPart& rules, HttpLimitsPart& limits) {
    if (http.has("rules")) {
        http.inside("rules", [&](FieldReader& inner) {
            read_rules(inner, rules);
            find_unknown(inner.item(), rules);
        });
        if (rules.bytes() > limits::http_rules_bytes_max) {
            http.fail(Code::limit, "rules",
                      " takes more than " + std::to_string(limits::http_rules_bytes_max) + " bytes");
        }
    }
    if (http.has("limits")) {
        http.inside("limits", [&](FieldReader& inner) { read_limits(inner, limits); });
    }
}

}  // namespace ferrotunnel::wire
