#include "settings/traces.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <utility>

#include "base/text.hpp"
#include "config/secret_text.hpp"
#include "http/edits.hpp"
#include "http/field_name.hpp"
#include "settings/rows.hpp"
#include "settings/secret.hpp"
#include "settings/section_reader.hpp"
#include "trace/limits.hpp"

namespace ferrotunnel::detail {
namespace {

constexpr std::string_view traces_topic = "Traces";
constexpr std::string_view url_expected = "; expected one like http://127.0.0.1:4318/v1/traces";

constexpr std::array settings_of_traces{
    Setting<Traces>{{.key = "endpoint",
                     .form = Form::word,
                     .option = "traces-endpoint",
                     .operand = "URL",
                     .topic = traces_topic,
                     .type = "http or https URL",
                     .help = "OpenTelemetry collector that receives spans of HTTP requests, as OTLP in JSON; the "
                             "default path is /v1/traces. docs/traces.md describes the spans.",
                     .default_text = "no traces",
                     .is_live = true},
                    &Traces::endpoint},
    Setting<Traces>{{.key = "sample",
                     .form = Form::fraction,
                     .option = "traces-sample",
                     .operand = "N",
                     .topic = traces_topic,
                     .type = "fraction from 0 to 1",
                     .help = "Share of requests that are traced. For a trace that a trusted proxy has begun, the proxy "
                             "decides.",
                     .is_live = true},
                    &Traces::sample},
    Setting<Traces>{{.key = "service_name",
                     .form = Form::word,
                     .type = "text",
                     .help = "Name of this server in traces: OpenTelemetry's `service.name`.",
                     .is_live = true},
                    &Traces::service_name},
    Setting<Traces>{
        {.key = "headers",
         .type = "map of names to values",
         .help = "Header fields for the collector, up to 32, like `{Authorization: \"env:COLLECTOR_AUTH\"}`: "
                 "each value is `file:PATH`, `env:NAME` or the text itself.",
         .is_live = true},
        {},
        [](const Traces& a, const Traces& b) { return a.headers == b.headers; },
        [](Traces& into, const Traces& from) { into.headers = from.headers; }},
    Setting<Traces>{{.key = "ca",
                     .form = Form::path,
                     .type = "file",
                     .help = "CAs to verify the collector's certificate against, PEM.",
                     .default_text = "the system's CAs",
                     .is_live = true},
                    &Traces::ca_file},
};

bool is_of_message(std::string_view name) {
    constexpr std::array<std::string_view, 6> own{"Host",           "User-Agent", "Content-Type",
                                                  "Content-Length", "Connection", "Transfer-Encoding"};
    return std::any_of(own.begin(), own.end(), [&](std::string_view each) { return http::same_text(each, name); });
}

void check_headers(const Traces& traces, std::vector<Problem>& problems) {
    const std::string key = "traces.headers";
    if (traces.headers.size() > trace::headers_max) {
        problems.push_back({key, "has more than " + std::to_string(trace::headers_max) + " fields"});
    }
    for (const auto& [name, value] : traces.headers) {
        if (!http::is_field_name(name)) {
            problems.push_back({key, in_quotes(name) + " is not a valid header field name"});
        } else if (is_of_message(name)) {
            problems.push_back({key, in_quotes(name) + " is a field that FerroTunnel sets itself"});
        } else if (value.empty() || !http::is_field_value(value)) {
            problems.push_back({key, "the value of " + in_quotes(name) + " is empty, or cannot be in a header field"});
        }
    }
}

}  // namespace

std::span<const Setting<Traces>> traces_settings() noexcept {
    return settings_of_traces;
}

void read_traces_sections(SectionReader& reader, Traces& traces, ConfigReading& reading) {
    const auto value = reader.find(traces_place, "headers");
    if (!value) {
        return;
    }
    if (!value->is_group()) {
        value->unexpected("names with their values, like {Authorization: \"env:COLLECTOR_AUTH\"}");
        return;
    }
    traces.headers.clear();
    for (const auto& [name, each] : value->section().all()) {
        if (auto secret = config::read_secret(each, secret_source(reading))) {
            traces.headers.emplace_back(name, std::move(*secret));
        }
    }
}

Result<TraceEndpoint, std::string> parse_trace_endpoint(const std::string& url) {
    constexpr std::uint16_t http_port = 80;
    constexpr std::uint16_t https_port = 443;
    const auto wrong = [](std::string_view why) { return std::string(why) + std::string(url_expected); };
    const std::size_t scheme = url.find("://");
    TraceEndpoint endpoint;
    endpoint.https = http::same_text(url.substr(0, scheme), "https");
    if (scheme == std::string::npos || (!endpoint.https && !http::same_text(url.substr(0, scheme), "http"))) {
        return wrong(" is not an http or https URL");
    }
    const std::string rest = url.substr(scheme + 3);
    const std::size_t end = std::min(rest.find_first_of("/?#"), rest.size());
    endpoint.authority = rest.substr(0, end);
    endpoint.path = rest.substr(end);
    const bool is_plain = std::all_of(url.begin(), url.end(), [](unsigned char c) { return c > ' ' && c < 0x7f; });
    if (!is_plain || rest.find('#') != std::string::npos || endpoint.path.starts_with('?')) {
        return wrong(" has characters that are not valid in a collector's URL");
    }
    if (endpoint.authority.find('@') != std::string::npos) {
        return std::string(" has a user or password in front of the host; set Authorization in `headers` instead");
    }
    const auto at = net::parse_host_port(endpoint.authority, endpoint.https ? https_port : http_port);
    if (!at || at->host.empty() || at->port == 0) {
        return wrong(" names no host");
    }
    endpoint.at = *at;
    endpoint.path = endpoint.path.empty() || endpoint.path == "/" ? "/v1/traces" : endpoint.path;
    return endpoint;
}

void check_traces(const Traces& traces, std::vector<Problem>& problems) {
    check_bounds(traces_place, traces_settings(), traces, problems);
    if (!traces.endpoint.empty()) {
        if (const auto endpoint = parse_trace_endpoint(traces.endpoint); !endpoint) {
            const bool has_login = traces.endpoint.find('@') != std::string::npos;  // may contain a password
            problems.push_back(
                {"traces.endpoint", (has_login ? "the URL" : in_quotes(traces.endpoint)) + endpoint.error()});
        }
    }
    if (traces.service_name.empty() || traces.service_name.size() > trace::text_bytes_max) {
        problems.push_back(
            {"traces.service_name", "must have 1 to " + std::to_string(trace::text_bytes_max) + " bytes"});
    }
    check_headers(traces, problems);
}

}  // namespace ferrotunnel::detail
