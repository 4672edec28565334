#include "fetch/message.hpp"

#include <algorithm>
#include <array>

#include "http/characters.hpp"
#include "http/url.hpp"

namespace ferrotunnel::fetch {
namespace {

constexpr std::uint16_t http_port = 80;
constexpr std::uint16_t https_port = 443;

bool is_target(std::string_view text) noexcept {
    return text.starts_with('/') &&
           http::scan_target(text.data(), text.data() + text.size()) == text.data() + text.size();
}

bool is_ours(std::string_view name) noexcept {
    constexpr std::array<std::string_view, 5> names{"Host", "User-Agent", "Content-Length", "Connection",
                                                    "Transfer-Encoding"};
    return std::any_of(names.begin(), names.end(), [&](std::string_view each) { return http::same_text(each, name); });
}

}  // namespace

Result<UrlParts, std::string_view> read_url(std::string_view text) {
    http::Url url;
    const bool is_split = http::split_url(text, url);
    UrlParts parts;
    parts.is_https = http::same_text(url.scheme, "https");
    if (!is_split || (!parts.is_https && !http::same_text(url.scheme, "http"))) {
        return text.find("://") == std::string_view::npos || text.starts_with("http")
                   ? std::string_view("is not a valid URL; expected one like http://127.0.0.1:9091/verify")
                   : std::string_view("is not an HTTP URL; expected http:// or https:// at the start");
    }
    if (url.authority.find('@') != std::string_view::npos) {
        return std::string_view("has a user name; credentials belong in a header");
    }
    const std::uint16_t own_port = parts.is_https ? https_port : http_port;
    const std::optional<net::HostPort> at = net::parse_host_port(url.authority, own_port);
    if (!at || at->host.empty() || at->port == 0) {
        return std::string_view("does not name a host");
    }
    parts.at = *at;
    parts.authority = net::to_text({std::string(net::without_zone(at->host)), at->port});
    if (at->port == own_port) {
        parts.authority.resize(parts.authority.rfind(':'));
    }
    const std::string_view rest = url.rest.substr(0, url.rest.find('#'));
    parts.path = rest.starts_with('/') ? std::string(rest) : "/" + std::string(rest);
    if (!is_target(parts.path)) {
        return std::string_view("has a character that is not allowed in a URL");
    }
    return parts;
}

std::string request_fault(const Request& request) {
    if (!http::is_token(request.method)) {
        return "the method is not valid";
    }
    if (!is_target(request.path)) {
        return "the path is not valid";
    }
    for (const auto& [name, value] : request.fields) {
        if (!http::is_token(name) || is_ours(name)) {
            return "the field \"" + name + "\" cannot be set";
        }
        if (!value.empty() && !http::is_field_value(value)) {
            return "the value of the field \"" + name + "\" is not valid";
        }
    }
    return {};
}

std::string_view Response::field(std::string_view name) const noexcept {
    const auto found =
        std::find_if(fields.begin(), fields.end(), [&](const auto& each) { return http::same_text(each.first, name); });
    return found != fields.end() ? std::string_view(found->second) : std::string_view();
}

}  // namespace ferrotunnel::fetch
