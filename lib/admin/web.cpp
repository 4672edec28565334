#include "admin/web.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "admin/web_file.hpp"
#include "base/text.hpp"
#include "net/host_port.hpp"
#include "net/ip_text.hpp"

namespace ferrotunnel::admin {
namespace {

constexpr std::string_view api = "/api";

// Allows nothing from other sites, no inline script or style, no frame, and no referrer to others.
constexpr std::array<Field, 6> guards{{
    {"Content-Security-Policy",
     "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
     "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
    {"X-Frame-Options", "DENY"},
    {"X-Content-Type-Options", "nosniff"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
}};

bool is_reading(const Request& request) noexcept {
    return request.method == "GET" || request.method == "HEAD";
}

Answer forbidden(std::string message) {
    return refusal(403, "forbidden", std::move(message));
}

// Why this request seems to come from another site's page.
std::optional<Answer> distrust(const Request& request, const WebAccess& access) {
    if (!access.login && !is_address_or_localhost(request.host)) {
        return forbidden("In the URL, use an IP address or localhost as the host, not " + in_quotes(request.host) +
                         '.');
    }
    const bool is_of_ours = request.fetch_site.empty() || request.fetch_site == "same-origin";
    if (is_reading(request)) {
        // "none": typed, or from a bookmark. Links of other sites may lead to the page, but to nothing else here.
        const bool is_page = request.path == "/";
        return is_of_ours || request.fetch_site == "none" || is_page
                   ? std::nullopt
                   : std::optional(forbidden("Request from another site rejected."));
    }
    const std::string origin = (access.is_secure ? "https://" : "http://") + std::string(request.host);
    if (!is_of_ours || (!request.origin.empty() && request.origin != origin)) {
        return forbidden("Cross-site request rejected.");
    }
    if (!request.body.empty() && request.content_type != json_type) {
        return refusal(415, "not_json", "Content-Type must be application/json.");
    }
    return std::nullopt;
}

// The list of tunnels in the form of ngrok's agent, for existing scripts.
Answer tunnels_for_scripts(const Request& request, Subject& subject) {
    if (!is_reading(request)) {
        return wrong_method("GET");
    }
    const Answer services = subject.services();
    Json tunnels = Json::array();
    for (const Json& service : services.body.value("services", Json::array())) {
        if (service.value("state", "") == "registered") {
            std::string url = service.value("endpoint", "");
            const std::string kind = service.value("kind", "");
            url = url.find("://") == std::string::npos ? kind + "://" + url : url;
            tunnels.push_back(Json{{"name", service.value("name", "")},
                                   {"public_url", url},
                                   {"proto", url.substr(0, url.find(':'))},
                                   {"config", Json{{"addr", service.value("local", "")}}}});
        }
    }
    return {200, Json{{"tunnels", std::move(tunnels)}}};
}

Answer answer_of_file(const Request& request) {
    const WebFile* const file = web_file(request.path);
    if (file == nullptr) {
        return refusal(404, "not_found", "There is nothing at " + in_quotes(request.path) + '.');
    }
    if (!is_reading(request)) {
        return wrong_method("GET");
    }
    return {200, {}, std::string(file->bytes), file->type};
}

Answer answer_without_guards(const Request& request, Subject& subject, const WebAccess& access) {
    if (std::optional<Answer> refused = distrust(request, access)) {
        return std::move(*refused);
    }
    if (!request.path.starts_with("/api/")) {
        return answer_of_file(request);
    }
    if (std::optional<Answer> answer = access.login ? access.login(request) : std::nullopt) {
        return std::move(*answer);
    }
    if (request.path == "/api/login") {
        return {200, Json{{"logged_in", nullptr}}};  // no login is required
    }
    Request asked = request;
    asked.path.remove_prefix(api.size());
    asked.method = request.method == "HEAD" ? "GET" : request.method;
    Answer answer = request.path == "/api/tunnels" ? tunnels_for_scripts(request, subject) : answer_to(asked, subject);
    answer.has_right = true;
    return answer;
}

}  // namespace

bool is_address_or_localhost(std::string_view host) {
    const auto place = net::parse_host_port(host, 1);
    return place && (place->host == "localhost" || net::parse_ipv4(place->host) || net::parse_ipv6(place->host));
}

Answer answer_to_browser(const Request& request, Subject& subject, const WebAccess& access) {
    Answer answer = answer_without_guards(request, subject, access);
    answer.fields = guards;
    return answer;
}

}  // namespace ferrotunnel::admin
