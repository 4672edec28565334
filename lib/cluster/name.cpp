#include "cluster/name.hpp"

#include <algorithm>
#include <charconv>
#include <tuple>

#include "base/check.hpp"
#include "base/hex.hpp"
#include "base/text.hpp"
#include "cluster/label.hpp"
#include "cluster/limits.hpp"
#include "net/ip_text.hpp"

namespace ferrotunnel::cluster {
namespace {

constexpr char separator = ' ';
constexpr std::string_view tls_path = "tls";  // directory::tls_instead_of_path
constexpr std::size_t token_digits = 2 * std::tuple_size_v<wire::TokenId>;

static_assert(1 + token_digits + 1 + ferrotunnel::limits::service_name_max <= limits::name_max);

// The two parts of a name with a separator: host and path, or token and service.
struct Parts {
    std::string_view first;
    std::string_view second;
};

std::optional<Parts> parts_of(std::string_view rest) noexcept {
    const std::size_t end = rest.find(separator);
    return end == std::string_view::npos ? std::nullopt
                                         : std::optional(Parts{rest.substr(0, end), rest.substr(end + 1)});
}

bool is_lower_case(std::string_view text) noexcept {
    return std::none_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

// Every name and IPv4 address that the edge accepts, and more: the edge refused the others before they became names.
bool is_dotted_name(std::string_view name) noexcept {
    if (name.size() > ferrotunnel::limits::host_name_max) {
        return false;
    }
    for (;;) {
        const std::size_t dot = name.find('.');
        if (!is_label(name.substr(0, dot))) {
            return false;
        }
        if (dot == std::string_view::npos) {
            return true;
        }
        name.remove_prefix(dot + 1);
    }
}

// A host or pattern as http::HostPattern::text writes it.
bool is_host(std::string_view host) noexcept {
    if (host == "*") {
        return true;
    }
    if (host.starts_with('[')) {
        return host.ends_with(']') && is_lower_case(host) && net::parse_ipv6(host.substr(1, host.size() - 2));
    }
    host.remove_prefix(host.starts_with("**.") ? 3 : host.starts_with("*.") ? 2 : 0);
    return is_dotted_name(host);
}

// Paths are opaque: another version may have more kinds of them.
bool is_host_with_path(std::string_view rest) noexcept {
    const auto parts = parts_of(rest);
    return parts && is_host(parts->first) && !parts->second.empty() && parts->second.size() <= limits::path_max &&
           is_printable(parts->second);
}

bool is_port(std::string_view digits) noexcept {
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    return error == std::errc() && end == digits.data() + digits.size() && digits.front() != '0';
}

bool is_service(std::string_view rest) noexcept {
    const auto parts = parts_of(rest);
    wire::TokenId token{};
    return parts && parts->first.size() == token_digits && is_lower_case(parts->first) &&
           from_hex(parts->first, token) && parts->second.size() <= ferrotunnel::limits::service_name_max &&
           is_printable(parts->second);
}

bool is_valid(std::string_view encoded) noexcept {
    if (encoded.empty() || encoded.size() > limits::name_max) {
        return false;
    }
    const std::string_view rest = encoded.substr(1);
    switch (static_cast<Name::Kind>(encoded.front())) {
        case Name::Kind::host:
            return is_host_with_path(rest);
        case Name::Kind::tcp_port:
        case Name::Kind::udp_port:
            return is_port(rest);
        case Name::Kind::service:
            return is_service(rest);
    }
    return false;
}

std::string checked(std::string encoded) {
    check(is_valid(encoded), "a name is made of valid parts");
    return encoded;
}

std::string start_of(Name::Kind kind) {
    return std::string(1, static_cast<char>(kind));
}

std::string text_of_host(const Parts& parts) {
    const std::string text = parts.first == "*" ? "the default service" : "the host " + std::string(parts.first);
    if (parts.second == tls_path) {
        return text + " for TLS";
    }
    return parts.second == "/" ? text : (text + " with the path ").append(parts.second);
}

}  // namespace

Name Name::of_host(std::string_view host, std::string_view path) {
    std::string encoded = start_of(Kind::host).append(host) + separator;
    return Name(checked(encoded.append(path.empty() ? "/" : path)));
}

Name Name::of_port(std::uint16_t port, bool udp) {
    return Name(checked(start_of(udp ? Kind::udp_port : Kind::tcp_port) + std::to_string(port)));
}

Name Name::of_service(const wire::TokenId& token, std::string_view service) {
    std::string encoded = start_of(Kind::service) + to_hex(token) + separator;
    return Name(checked(encoded.append(service)));
}

std::optional<Name> Name::from_encoded(std::string_view encoded) {
    return is_valid(encoded) ? std::optional(Name(encoded)) : std::nullopt;
}

std::string_view Name::root() const noexcept {
    const std::string_view all = encoded();
    return kind() == Kind::host ? all.substr(0, all.find(separator)) : all;
}

std::string Name::text() const {
    const std::string_view rest = encoded().substr(1);
    switch (kind()) {
        case Kind::host:
            return text_of_host(parts_of(rest).value_or(Parts{}));
        case Kind::tcp_port:
            return std::string("public port ").append(rest);
        case Kind::udp_port:
            return std::string("public UDP port ").append(rest);
        case Kind::service:
            break;
    }
    return "the private service " + in_quotes(parts_of(rest).value_or(Parts{}).second);
}

}  // namespace ferrotunnel::cluster
