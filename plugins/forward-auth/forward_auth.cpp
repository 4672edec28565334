#include "forward-auth/forward_auth.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "common/authorization.hpp"
#include "common/exchange_share.hpp"
#include "common/settings_list.hpp"
#include "common/watched_file.hpp"

namespace ferrotunnel::plugins {

using plugin::Answer;
using plugin::Decision;
using plugin::Exchange;
using plugin::Field;
using plugin::Settings;
using plugin::Side;
using plugin::Text;

namespace {

constexpr std::size_t waiting_max = 256;  // waiting requests, besides the running ones
constexpr std::size_t headers_max = 12;   // each needs two or more of an exchange's 32 changes

/// Statuses that reject a request and are passed on to the visitor.
bool is_refusal(std::uint16_t status) {
    constexpr std::array<std::uint16_t, 8> statuses{301, 302, 303, 307, 308, 401, 403, 429};
    return std::find(statuses.begin(), statuses.end(), status) != statuses.end();
}

void check_names(const Settings& settings, const std::string& list, bool goes_out) {
    const std::vector<std::string> names = settings_list(settings, list);
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (!plugin::may_write(names[i]) || (goes_out && is_reserved_field(names[i]))) {
            settings.problem(
                list + "[" + std::to_string(i) + "]",
                goes_out
                    ? "is not a field that can be sent to the service: it is not a valid name, or a field "
                      "about the connection, the body or the visitor that the edge sets itself"
                    : "is not a field that a plugin may change: it is not a valid name, or a field that the edge sets");
        }
    }
    if (names.size() > headers_max) {
        settings.problem(list, "has more than 12 names");
    }
}

/// The service's rejection in the form for the visitor.
Answer refusal(const HttpResponse& answer) {
    Answer made{answer.status, {}, answer.error.empty() ? answer.body : std::string()};
    std::size_t left = 16 * 1024;  // limit of the bytes of fields that are passed on
    for (const Field& field : answer.fields) {
        const std::size_t size = field.name.size() + field.value.size();
        const bool is_lost = made.body.empty() && same_name(field.name.substr(0, 8), "Content-");
        if (!is_lost && size <= left && plugin::may_write(field.name, field.value)) {
            left -= size;
            made.fields.push_back(field);
        }
    }
    return made;
}

Decision busy() {
    return Decision::reject(503, "forward_auth_busy", {{"Retry-After", "1"}});
}

}  // namespace

void ForwardAuth::check(const Settings& settings) {
    if (const std::string fault = url_fault(settings.text("url").value_or(Text())); !fault.empty()) {
        settings.problem("url", fault);
    }
    check_names(settings, "request_headers", true);
    check_names(settings, "response_headers", false);
    if (const auto file = settings.text("ca_file")) {
        if (const std::string fault = ca_file_fault(std::string(*file)); !fault.empty()) {
            settings.problem("ca_file", fault);
        }
    }
}

ForwardAuth::ForwardAuth(const Settings& settings)
    : url_(settings.text("url").value_or(Text())),
      ca_file_(settings.text("ca_file").value_or(Text())),
      request_headers_(settings_list(settings, "request_headers")),
      response_headers_(settings_list(settings, "response_headers")),
      timeout_(std::chrono::duration_cast<std::chrono::milliseconds>(
          std::chrono::nanoseconds(settings.integer("timeout").value_or(0)))),
      body_max_(static_cast<std::size_t>(settings.integer("body_max").value_or(0))),
      client_(std::make_unique<HttpClient>(static_cast<std::size_t>(settings.integer("connections").value_or(1)),
                                           waiting_max, timeout_)) {
    for (const std::string& name : response_headers_) {
        if (!is_credentials(name)) {
            settings.declare_identity(name);  // only the service may set it
        }
    }
}

void ForwardAuth::stop() {
    client_.reset();
}

HttpRequest ForwardAuth::http_request(const Exchange& exchange) const {
    HttpRequest asked;
    asked.url = url_;
    asked.body_max = body_max_;
    asked.ca_file = ca_file_;
    asked.fields = {{"X-Forwarded-Method", std::string(exchange.method())},
                    {"X-Forwarded-Proto", exchange.is_https() ? "https" : "http"},
                    {"X-Forwarded-Host", std::string(exchange.host())},
                    {"X-Forwarded-Uri", std::string(exchange.path()) + std::string(exchange.query())},
                    {"X-Forwarded-For", std::string(exchange.visitor())},
                    {"X-Request-Id", std::string(exchange.request_id())}};
    for (const std::string& name : request_headers_) {
        for (std::size_t i = 0; const auto value = exchange.field(Side::request, name, i); ++i) {
            asked.fields.push_back({name, std::string(*value)});
        }
    }
    return asked;
}

Decision ForwardAuth::on_request(Exchange& exchange) {
    HttpRequest asked = http_request(exchange);  // without the fields that only the service may set
    const Share share = share_of(shares_, exchange);
    return exchange.later([&](plugin::Later handle) {
        auto later = std::make_shared<plugin::Later>(std::move(handle));
        const bool is_taken = client_->ask(share, std::move(asked), [this, later](const HttpResponse& answer) {
            answered(answer, std::move(*later));
        });
        if (!is_taken) {
            std::move(*later).decide(busy());
        }
    });
}

// Called on the client's thread, or on that of a request that has displaced this one.
void ForwardAuth::answered(const HttpResponse& answer, plugin::Later later) {
    if (answer.is_displaced) {
        std::move(later).decide(busy());
    } else if (is_refusal(answer.status)) {  // even if its body did not arrive: it is a rejection nevertheless
        std::move(later).decide(Decision::respond(refusal(answer)));
    } else if (answer.error.empty() && answer.status >= 200 && answer.status <= 299) {
        std::move(later).resume(
            [this, fields = answer.fields](Exchange& exchange) { return passes(exchange, fields); });
    } else {
        log_outage(answer.error.empty() ? "it responded with status " + std::to_string(answer.status) : answer.error);
        std::move(later).decide(Decision::fail());
    }
}

Decision ForwardAuth::passes(Exchange& exchange, const std::vector<Field>& fields) const {
    bool fits = true;
    for (const std::string& name : response_headers_) {
        fits = fits && exchange.remove(Side::request, name);  // the visitor's or another plugin's value
        for (const Field& field : fields) {
            // A value that cannot be written must not be left out silently.
            fits = fits && (!same_name(field.name, name) || exchange.add(Side::request, name, field.value));
        }
    }
    return fits ? Decision::go_on() : Decision::reject(503, "forward_auth_no_room");
}

void ForwardAuth::log_outage(const std::string& why) {
    constexpr std::int64_t pause = 10;
    const std::int64_t now =
        std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
    std::int64_t next = next_line_;
    if (now >= next && next_line_.compare_exchange_strong(next, now + pause)) {
        log(FT_LOG_ERROR, "there is no response from " + url_ + ": " + why);
    }
}

}  // namespace ferrotunnel::plugins
