#include "settings/health.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "backend/backend.hpp"
#include "base/limits.hpp"
#include "base/text.hpp"
#include "ferrotunnel/detail/health_kinds.hpp"

namespace ferrotunnel {

constexpr std::string_view word_for(HealthCheck::Kind kind) noexcept {
    return detail::health_kind(kind).word;
}

}  // namespace ferrotunnel

namespace ferrotunnel::detail {
namespace {

using backend::HealthCheckSettings;
using config::Section;
using config::Value;
using Kind = HealthCheck::Kind;

constexpr auto health_kinds = choices_of<Kind, 1>();  // all but `off`
constexpr Choice unhealthy_rules[] = {{"refuse", 0}, {"try", 1}};
constexpr SettingFacts of_health[] = {
    {.key = "type",
     .form = Form::choice,
     .choices = health_kinds,
     .help = "Whether the backend must accept a connection (`tcp`) or answer a GET (`http`). Default: `http`."},
    {.key = "path", .type = "request path", .help = "With `http`: requested path. Default: `/`."},
    {.key = "status",
     .type = "status code or range, or a list",
     .help = "With `http`: statuses of a healthy response, from 200 to 599. Default: `200-399`."},
    {.key = "text",
     .type = "text",
     .help = "With `http`: text that the first 64 KiB of a healthy response contain, up to 256 bytes. Default: any."},
    {.key = "interval",
     .form = Form::time,
     .min = limits::health_interval_ms_min,
     .max = limits::health_interval_ms_max,
     .help = "Time from one check to the next, less a random part of up to a fifth; `100ms` to `1h`. Default: `5s`."},
    {.key = "timeout",
     .form = Form::time,
     .min = limits::health_timeout_ms_min,
     .max = limits::health_timeout_ms_max,
     .help = "A check without an answer within this time fails; `10ms` to `1m`. Default: `3s`."},
    {.key = "rise",
     .form = Form::number,
     .min = 1,
     .max = limits::health_consecutive_max,
     .help = "Number of good checks in a row after which an unhealthy backend is healthy. Default: 2."},
    {.key = "fall",
     .form = Form::number,
     .min = 1,
     .max = limits::health_consecutive_max,
     .help = "Number of bad checks in a row after which a healthy backend is unhealthy; the very first check alone "
             "decides. Default: 3."},
    {.key = "all_unhealthy",
     .form = Form::choice,
     .choices = unhealthy_rules,
     .help =
         "If no member of the group is healthy: visitors are refused (HTTP 503 with Retry-After, otherwise a reset), "
         "or this backend is tried anyway. Default: `refuse`."},
};

std::span<const SettingFacts> health_keys() noexcept {
    return of_health;
}

constexpr SettingFacts of_checked[] = {
    {.key = "health",
     .type = "request path, or `tcp`",
     .help =
         "The client checks the backend regularly; while it is unhealthy, the service gets no new visitors "
         "([operations](operations.md), \"Health\"). `/healthz`: a GET of this path gets 200 to 399; `tcp`: it accepts "
         "a connection. Not with `udp`, nor for private services.",
     .keys = health_keys},
};

constexpr std::string_view host_of_backend = "backend";  // the value of `host_header`

// Parses the status of a final response.
std::optional<std::uint16_t> status_of(std::string_view text) {
    std::uint16_t status = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), status);
    const bool is_one = error == std::errc() && end == text.data() + text.size() && text.size() == 3;
    return is_one && status >= 200 && status <= 599 ? std::optional(status) : std::nullopt;
}

// Parses "200-299,401". Empty if an item is neither a status nor a range.
std::optional<std::vector<HealthCheckSettings::Statuses>> statuses_of(std::string_view text) {
    std::vector<HealthCheckSettings::Statuses> all;
    for (;;) {
        const std::size_t comma = std::min(text.find(','), text.size());
        const std::string_view one = text.substr(0, comma);
        const std::size_t dash = std::min(one.find('-'), one.size());
        const auto first = status_of(one.substr(0, dash));
        const auto last = dash < one.size() ? status_of(one.substr(dash + 1)) : first;
        if (!first || !last || *first > *last || all.size() >= limits::health_statuses_max) {
            return std::nullopt;
        }
        all.push_back({*first, *last});
        if (comma == text.size()) {
            return all;
        }
        text.remove_prefix(comma + 1);
    }
}

bool is_path(std::string_view path) {
    return path.starts_with('/') && path.size() <= limits::health_path_max &&
           std::all_of(path.begin(), path.end(), [](char c) { return c > ' ' && c < '\x7f' && c != '#'; });
}

bool is_time(std::chrono::milliseconds time, std::uint64_t min, std::uint64_t max) {
    return time.count() >= static_cast<std::int64_t>(min) && time.count() <= static_cast<std::int64_t>(max);
}

bool is_count(unsigned count) {
    return count >= 1 && count <= limits::health_consecutive_max;
}

// Why the service does not support such a check; empty if it does.
std::string why_unsuited(const HealthCheck& check, const std::string& local, wire::ServiceKind kind) {
    const auto place = backend::parse_backend_address(local, kind);
    if (!place) {
        return "";  // reported elsewhere
    }
    if (!place->folder.empty() || place->is_exit) {
        return "needs a backend that can be connected to, and " + in_quotes(local) + " is not one";
    }
    if (health_kind(check.kind).sends_request && place->http2) {
        return "sends HTTP/1.1, and the backend speaks HTTP/2; `health: tcp` checks whether it accepts connections";
    }
    if (health_kind(check.kind).sends_request && kind == wire::ServiceKind::tls) {
        return "can only be `tcp` here: the backend speaks TLS with visitors, and not with this client";
    }
    return "";
}

void check_any(const HealthCheck& check, const std::string& service, const std::string& local, wire::ServiceKind kind,
               bool application_serves, std::vector<Problem>& problems) {
    if (check.kind == Kind::off) {
        return;
    }
    for (const Problem& problem : problems_of(check)) {
        problems.push_back({service, "`health." + problem.key + "` " + problem.text});
    }
    if (application_serves || local.empty()) {
        problems.push_back({service, "has `health` but no backend to check"});
    } else if (const std::string why = why_unsuited(check, local, kind); !why.empty()) {
        problems.push_back({service, "`health` " + why});
    }
}

std::shared_ptr<const HealthCheckSettings> terms_of(const HealthCheck& check, std::string host,
                                                    const std::string& local, wire::ServiceKind kind) {
    if (check.kind == Kind::off) {
        return nullptr;
    }
    auto terms = std::make_shared<HealthCheckSettings>();
    static_cast<HealthCheck&>(*terms) = check;
    if (const auto place = backend::parse_backend_address(local, kind); place && host.empty()) {
        host = place->unix_path.empty() ? net::to_text(place->at) : "localhost";
    }
    terms->host = std::move(host);
    terms->statuses = statuses_of(check.status).value_or(std::vector<HealthCheckSettings::Statuses>{});
    return terms;
}

class HealthReader {
public:
    explicit HealthReader(HealthCheck& check) : check_(check) {}

    bool read(const Value& value) {
        if (!value.is_group()) {
            read_word(value);
        } else {
            check_.kind = HealthCheck::Kind::http;
            Section section = section_of(value, health_keys());
            read_answer(section);
            read_pace(section);
            section.finish();
        }
        return is_right() && is_complete_;
    }

private:
    // "/healthz", or a kind that needs no path.
    void read_word(const Value& value) {
        const auto word = good(value.word());
        if (!word) {
            return;
        }
        if (const auto check = good(health_check_of(*word))) {
            check_.kind = check->kind;
            check_.path = check->path;
            places_.emplace("path", value);
        } else {
            value.problem(expected_health_check() + ", found " + in_quotes(*word));
        }
    }

    void read_answer(Section& section) {
        if (const auto kind = number(section, "type")) {
            check_.kind = static_cast<HealthCheck::Kind>(*kind);
        }
        for (const auto& [key, into] : {std::pair("path", &check_.path), std::pair("text", &check_.text)}) {
            if (const auto value = find(section, key)) {
                config::assign(*into, good(value->word()));
            }
        }
        if (const auto value = find(section, "status")) {
            std::string all;
            for (const Value& item : value->items_or_single()) {
                const auto one = good(item.word());
                all += one ? (all.empty() ? "" : ",") + *one : "";
            }
            check_.status = all.empty() ? check_.status : all;
        }
        for (const char* key : {"path", "text", "status"}) {
            if (const auto found = places_.find(key);
                found != places_.end() && !health_kind(check_.kind).sends_request) {
                found->second.problem("is for `type: http`");
                is_complete_ = false;
            }
        }
    }

    void read_pace(Section& section) {
        for (const auto& [key, into] :
             {std::pair("interval", &check_.interval), std::pair("timeout", &check_.timeout)}) {
            if (const auto value = find(section, key)) {
                config::assign(*into, good(value->time()));
            }
        }
        for (const auto& [key, into] : {std::pair("rise", &check_.rise), std::pair("fall", &check_.fall)}) {
            if (const auto count = number(section, key)) {
                *into = static_cast<unsigned>(*count);
            }
        }
        if (const auto rule = number(section, "all_unhealthy")) {
            check_.try_when_all_unhealthy = *rule == 1;
        }
    }

    bool is_right() const {
        const std::vector<Problem> problems = problems_of(check_);
        for (const Problem& problem : problems) {
            places_.at(problem.key).problem(problem.text);  // the defaults are valid
        }
        return problems.empty();
    }

    std::optional<Value> find(Section& section, const char* key) {
        auto value = section.find(key);
        if (value) {
            places_.emplace(key, *value);
        }
        return value;
    }
    std::optional<std::uint64_t> number(Section& section, const char* key) {
        return find(section, key) ? good(read_key(section, health_keys(), key)) : std::nullopt;
    }
    template <typename T>
    T good(T value) {
        is_complete_ = is_complete_ && value;
        return value;
    }

    HealthCheck& check_;
    std::map<std::string, Value, std::less<>> places_;
    bool is_complete_ = true;
};

}  // namespace

std::span<const SettingFacts> health_key() noexcept {
    return of_checked;
}

bool read_health(const Value& value, HealthCheck& check) {
    return HealthReader(check).read(value);
}

std::vector<Problem> problems_of(const HealthCheck& check) {
    std::vector<Problem> problems;
    if (!is_path(check.path)) {
        problems.push_back({"path", "is not a valid request path like /healthz, or has more than 1,024 bytes"});
    }
    if (!statuses_of(check.status)) {
        problems.push_back(
            {"status", "is not a list of up to 32 statuses from 200 to 599, and of ranges, like 200-299,401"});
    }
    if (check.text.size() > limits::health_text_max || !is_printable(check.text)) {
        problems.push_back({"text", "has more than 256 bytes, or control characters"});
    }
    if (!is_time(check.interval, limits::health_interval_ms_min, limits::health_interval_ms_max)) {
        problems.push_back({"interval", "must be from 100ms to 1h"});
    }
    if (!is_time(check.timeout, limits::health_timeout_ms_min, limits::health_timeout_ms_max)) {
        problems.push_back({"timeout", "must be from 10ms to 1m"});
    }
    if (!is_count(check.rise)) {
        problems.push_back({"rise", "must be from 1 to 100"});
    }
    if (!is_count(check.fall)) {
        problems.push_back({"fall", "must be from 1 to 100"});
    }
    return problems;
}

void check_health(const Tcp& service, bool application_serves, std::vector<Problem>& problems) {
    if (service.is_private && service.health.kind != Kind::off) {
        problems.push_back({service.name, "is private and has `health`, which only public services use; remove it"});
        return;
    }
    check_any(service.health, service.name, service.local, wire::ServiceKind::tcp, application_serves, problems);
}

void check_health(const Http& service, bool application_serves, std::vector<Problem>& problems) {
    check_any(service.health, service.name, service.local, wire::ServiceKind::http, application_serves, problems);
}

void check_health(const Tls& service, bool application_serves, std::vector<Problem>& problems) {
    check_any(service.health, service.name, service.local, wire::ServiceKind::tls, application_serves, problems);
}

std::shared_ptr<const HealthCheckSettings> health_check_settings(const Tcp& service) {
    return terms_of(service.health, {}, service.local, wire::ServiceKind::tcp);
}

// A check sends the host of visitors' requests, if it is a single host.
std::shared_ptr<const HealthCheckSettings> health_check_settings(const Http& service) {
    std::string host = service.rules.host_header;
    if (host.empty() && service.host.find('*') == std::string::npos) {
        host = service.host;
    }
    return terms_of(service.health, host == host_of_backend ? "" : host, service.local, wire::ServiceKind::http);
}

std::shared_ptr<const HealthCheckSettings> health_check_settings(const Tls& service) {
    return terms_of(service.health, {}, service.local, wire::ServiceKind::tls);
}

}  // namespace ferrotunnel::detail
