#include "acme/directory.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include "acme/json_fields.hpp"
#include "acme/limits.hpp"
#include "base/text.hpp"
#include "net/host_port.hpp"
#include "net/ip_network.hpp"

namespace ferrotunnel::acme {

namespace {

constexpr std::string_view https_start = "https://";
constexpr std::string_view http_start = "http://";
constexpr std::uint16_t https_usual_port = 443;
constexpr std::uint16_t http_usual_port = 80;

bool starts_with_scheme(std::string_view url, std::string_view start) noexcept {
    return url.size() > start.size() && std::equal(start.begin(), start.end(), url.begin(), [](char wanted, char c) {
               return wanted == (c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
           });
}

// Printable ASCII without blanks and the characters that RFC 3986 excludes. A fragment is not part of a request.
bool is_url_character(char c) noexcept {
    return c > ' ' && c < '\x7f' && std::string_view("\"<>\\^`{|}#").find(c) == std::string_view::npos;
}

bool is_loopback(std::string_view host) noexcept {
    const std::optional<net::Address> address = net::parse_ip(host);
    if (!address) {
        return net::is_localhost(host);
    }
    const net::Address plain = net::unmapped(*address);
    constexpr std::array<std::uint8_t, 16> six{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
    return plain.family == 4 ? plain.bytes[0] == 127 : plain.bytes == six;
}

void read_meta(const nlohmann::json& meta, Directory& directory) {
    directory.terms = printable(text_of(meta, "termsOfService"), limits::url_max);
    const nlohmann::json& external = member_of(meta, "externalAccountRequired");
    directory.needs_external_account = external.is_boolean() && external.get<bool>();
    directory.issuers = host_names_in(member_of(meta, "caaIdentities"), limits::issuers_max);
    const nlohmann::json& profiles = member_of(meta, "profiles");
    if (!profiles.is_object()) {
        return;
    }
    for (const auto& [name, description] : profiles.items()) {
        if (directory.profiles.size() < limits::profiles_max && name.size() <= limits::text_max && is_printable(name)) {
            directory.profiles.emplace(name, description.is_string()
                                                 ? printable(description.get<std::string>(), limits::text_max)
                                                 : std::string());
        }
    }
}

}  // namespace

Result<Directory, std::string> read_directory(std::string_view url, std::string_view body) {
    const std::optional<nlohmann::json> json = read_json_object(body);
    if (!json) {
        return std::string("is not an ACME directory: it is not a JSON object");
    }
    Directory directory;
    directory.url = url;
    struct Field {
        const char* name;
        std::string* url;
        bool is_required;
    };
    for (const Field& field :
         {Field{"newNonce", &directory.new_nonce, true}, Field{"newAccount", &directory.new_account, true},
          Field{"newOrder", &directory.new_order, true}, Field{"keyChange", &directory.key_change, false},
          Field{"renewalInfo", &directory.renewal_info, false}}) {
        const std::string text = text_of(*json, field.name);
        if (may_name_url(url, text)) {
            *field.url = text;
        } else if (text.empty() && field.is_required) {
            return "is not an ACME directory: it has no " + std::string(field.name);
        } else if (!text.empty()) {
            return "is not usable: its " + std::string(field.name) + " is not an https URL";
        }
    }
    read_meta(member_of(*json, "meta"), directory);
    return directory;
}

bool is_ca_url(std::string_view url) noexcept {
    const bool is_https = starts_with_scheme(url, https_start);
    if (url.size() > limits::url_max || (!is_https && !starts_with_scheme(url, http_start)) ||
        !std::all_of(url.begin(), url.end(), is_url_character)) {
        return false;
    }
    const std::string_view rest = url.substr(is_https ? https_start.size() : http_start.size());
    const std::string_view authority = rest.substr(0, rest.find_first_of("/?"));
    if (authority.find_first_of("@%") != std::string_view::npos) {
        return false;
    }
    const std::optional<net::HostPort> place =
        net::parse_host_port(authority, is_https ? https_usual_port : http_usual_port);
    return place && !place->host.empty() && place->port != 0 && (is_https || is_loopback(place->host));
}

bool may_name_url(std::string_view directory_url, std::string_view url) noexcept {
    return is_ca_url(url) && (starts_with_scheme(url, https_start) || starts_with_scheme(directory_url, http_start));
}

std::string known_staging(std::string_view directory_url) {
    return directory_url == "https://acme-v02.api.letsencrypt.org/directory"
               ? "https://acme-staging-v02.api.letsencrypt.org/directory"
               : std::string();
}

}  // namespace ferrotunnel::acme
