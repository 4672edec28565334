#include "api/acme_settings.hpp"

#include <algorithm>
#include <string>
#include <string_view>

#include "settings/acme.hpp"

namespace ferrotunnel::detail {
namespace {

// Each name once, in normal form.
acme::Identifiers identifiers_of(const std::vector<std::string>& texts) {
    acme::Identifiers names;
    for (const std::string& text : texts) {
        const std::optional<acme::Identifier> name = acme::read_identifier(text);
        if (name && std::ranges::find(names, *name) == names.end()) {
            names.push_back(*name);
        }
    }
    return names;
}

// Some CAs give the key with the padding of base64.
acme::ExternalAccount account_of(const ExternalAccount& external) {
    const std::string& key = external.hmac_key;
    return {external.id, key.substr(0, key.find_last_not_of('=') + 1)};
}

}  // namespace

issuance::Settings issuance_settings(const ServerSettings& settings) {
    const Acme& acme = settings.acme;
    issuance::Settings made;
    made.email = acme.email;
    made.directories = acme.directories;
    made.staging = acme.staging;
    made.ca_file = acme.ca_file;
    made.profile = acme.profile;
    made.external = account_of(acme.external_account);
    made.ways = possible_ways(settings);
    made.names = identifiers_of(acme.names);
    made.domain = settings.domain;
    made.dns_command = acme.dns_command;
    made.dns_command_time = acme.dns_command_time;
    made.dns_server = acme.dns_server;
    made.http_port = acme.http_port;
    made.tls_port = acme.tls_port;
    made.has_http = !settings.http_bind.empty();
    made.has_https = !settings.https_bind.empty();
    made.orders_per_token = static_cast<std::size_t>(acme.orders_per_token);
    made.folder = std::filesystem::path(settings.state_dir) / "acme";
    return made;
}

issuance::LocalSettings local_settings(const ServerSettings& settings) {
    issuance::LocalSettings made;
    made.folder = std::filesystem::path(settings.state_dir) / "https-self";
    made.domain = settings.domain;
    made.public_host = settings.public_host;
    made.names = settings.https.self_names;
    made.has_acme = settings.has_acme;
    return made;
}

}  // namespace ferrotunnel::detail
