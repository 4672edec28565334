#include "oidc/provider_metadata.hpp"

#include <algorithm>
#include <stdexcept>

#include "common/http_client.hpp"
#include "common/strict_json.hpp"

namespace ferrotunnel::plugins {

using nlohmann::json;

namespace {

// A provider elsewhere must not have requests sent to what listens on this machine without TLS.
bool may_request(std::string_view url, const std::string& issuer) {
    return is_safe_url(url) && (url.starts_with("https://") || !issuer.starts_with("https://"));
}

std::string endpoint_of(const json& document, const char* key, const std::string& issuer) {
    const auto url = text_at(document, key);
    if (!url || url->empty()) {
        return {};
    }
    if (!may_request(*url, issuer) || !url_fault(*url).empty() || url->find('#') != std::string::npos) {
        throw std::runtime_error(std::string("has a ") + key + " that is not an https URL");
    }
    return *url;
}

std::string required_endpoint(const json& document, const char* key, const std::string& issuer) {
    std::string url = endpoint_of(document, key, issuer);
    if (url.empty()) {
        throw std::runtime_error(std::string("has no ") + key);
    }
    return url;
}

bool has_text(const json& document, const char* key, std::string_view wanted) {
    const auto list = document.find(key);
    return list != document.end() && list->is_array() &&
           std::any_of(list->begin(), list->end(), [wanted](const json& one) { return one == wanted; });
}

}  // namespace

bool is_safe_url(std::string_view url) {
    constexpr std::string_view local = "http://";
    if (!url.starts_with(local)) {
        return url.starts_with("https://");
    }
    const std::string_view rest = url.substr(local.size());
    const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
    const std::string_view host = authority.starts_with('[') ? authority.substr(0, authority.find(']') + 1)
                                                             : authority.substr(0, authority.find(':'));
    return authority.find('@') == std::string_view::npos &&
           (host == "127.0.0.1" || host == "localhost" || host == "[::1]");
}

ProviderMetadata read_metadata(std::string_view text, const ProviderSettings& settings) {
    const std::optional<json> document = parse_strict_object(text);
    if (!document) {
        throw std::runtime_error("is not a JSON object");
    }
    if (text_at(*document, "issuer") != settings.issuer) {
        throw std::runtime_error("is of another issuer: " + text_at(*document, "issuer").value_or("none"));
    }
    ProviderMetadata made;
    made.authorization_endpoint = required_endpoint(*document, "authorization_endpoint", settings.issuer);
    made.token_endpoint = required_endpoint(*document, "token_endpoint", settings.issuer);
    made.keys_url = required_endpoint(*document, "jwks_uri", settings.issuer);
    made.userinfo_endpoint = endpoint_of(*document, "userinfo_endpoint", settings.issuer);
    made.logout_endpoint = endpoint_of(*document, "end_session_endpoint", settings.issuer);
    // Without the list it is client_secret_basic (Discovery 1.0, section 3).
    constexpr const char* methods = "token_endpoint_auth_methods_supported";
    made.takes_basic = !document->contains(methods) || has_text(*document, methods, "client_secret_basic");
    const auto sends = document->find("authorization_response_iss_parameter_supported");
    made.sends_issuer = sends != document->end() && sends->is_boolean() && sends->get<bool>();
    if (settings.asks_userinfo && made.userinfo_endpoint.empty()) {
        throw std::runtime_error("has no userinfo_endpoint");
    }
    return made;
}

}  // namespace ferrotunnel::plugins
