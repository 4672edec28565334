// Check of the settings of certificates from a CA.
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>

#include "acme/directory.hpp"
#include "acme/identifier.hpp"
#include "base/text.hpp"
#include "net/host_port.hpp"
#include "runtime/address.hpp"
#include "settings/acme.hpp"
#include "settings/common.hpp"
#include "settings/rows.hpp"
#include "settings/settings.hpp"

namespace ferrotunnel::detail {
namespace {

constexpr std::string_view letters_and_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
constexpr std::uint16_t dns_port = 53;

bool consists_of(std::string_view text, std::string_view more) {
    return std::all_of(text.begin(), text.end(), [&](char c) {
        return letters_and_digits.find(c) != std::string_view::npos || more.find(c) != std::string_view::npos;
    });
}

// A contact is the URL mailto:ADDRESS, so only characters that need no encoding there are allowed (RFC 6068, 2).
bool is_email(std::string_view text) {
    const std::size_t at = text.find('@');
    if (at == 0 || at == std::string_view::npos || text.size() > acme_email_max) {
        return false;
    }
    const std::string_view host = text.substr(at + 1);
    const bool has_dot = host.find('.') != std::string_view::npos && !host.starts_with('.') && !host.ends_with('.') &&
                         host.find("..") == std::string_view::npos;
    return has_dot && consists_of(text.substr(0, at), ".!&'*+-/=_~") && consists_of(host, ".-");
}

// A URL may contain a password, which messages do not repeat.
std::string shown_url(const std::string& url) {
    return url.find('@') == std::string::npos ? in_quotes(url) : "a URL";
}

void check_urls(const Acme& acme, std::vector<Problem>& problems) {
    const std::string fault =
        " is not the directory URL of a CA; expected https, or http at a loopback address, like "
        "https://acme-v02.api.letsencrypt.org/directory";
    if (acme.directories.empty() || acme.directories.size() > acme_directories_max) {
        problems.push_back({"acme.directory", "has " + std::to_string(acme.directories.size()) +
                                                  " URLs; expected 1 to " + std::to_string(acme_directories_max)});
    }
    std::set<std::string_view> seen;
    for (const std::string& url : acme.directories) {
        if (!acme::is_ca_url(url)) {
            problems.push_back({"acme.directory", shown_url(url) + fault});
        } else if (!seen.insert(url).second) {
            problems.push_back({"acme.directory", "lists " + in_quotes(url) + " twice"});
        }
    }
    if (!acme.staging.empty() && !acme::is_ca_url(acme.staging)) {
        problems.push_back({"acme.staging", shown_url(acme.staging) + fault});
    }
    if (!acme.ca_file.empty()) {
        check_readable("acme.ca_file", acme.ca_file, problems);
    }
}

// Never repeats the key.
void check_account(const Acme& acme, std::vector<Problem>& problems) {
    if (!acme.email.empty() && !is_email(acme.email)) {
        problems.push_back({"acme.email", in_quotes(acme.email) +
                                              " is not a valid e-mail address; expected one like admin@example.com"});
    }
    if (acme.profile.size() > acme_profile_max || !consists_of(acme.profile, "._-")) {
        problems.push_back({"acme.profile", in_quotes(acme.profile) +
                                                " is not a valid profile; expected up to 64 letters, digits, \".\", "
                                                "\"_\" and \"-\", like shortlived"});
    }
    const ExternalAccount& account = acme.external_account;
    if (account.id.empty() != account.hmac_key.empty()) {
        problems.push_back(
            {account.id.empty() ? "acme.external_account.id" : "acme.external_account.hmac_key",
             "is missing: an external account needs both `id` and `hmac_key`, as the CA has issued them"});
    }
    if (account.id.size() > acme_external_max || !is_printable(account.id)) {
        problems.push_back({"acme.external_account.id", "must have up to " + std::to_string(acme_external_max) +
                                                            " bytes, without control characters"});
    }
    std::string_view key = account.hmac_key;
    key = key.substr(0, key.find_last_not_of('=') + 1);
    if (account.hmac_key.size() > acme_external_max || account.hmac_key.size() - key.size() > 2 ||
        (key.empty() && !account.hmac_key.empty()) || !consists_of(key, "-_")) {
        problems.push_back({"acme.external_account.hmac_key",
                            "is not base64url (letters, digits, \"-\" and \"_\"), as CAs issue such keys"});
    }
}

void check_dns(const Acme& acme, std::string& server, std::vector<Problem>& problems) {
    const std::string key = "acme.dns_command";
    const std::vector<std::string>& command = acme.dns_command;
    if (command.size() > acme_command_words_max) {
        problems.push_back({key, "has more than " + std::to_string(acme_command_words_max) + " words"});
    } else if (!command.empty() && !command.front().starts_with('/')) {
        problems.push_back({key, "the program " + in_quotes(command.front()) + " needs an absolute path"});
    } else if (!command.empty() && ::access(command.front().c_str(), X_OK) != 0) {
        problems.push_back({key, "cannot run the program " + in_quotes(command.front()) + ": " +
                                     std::generic_category().message(errno)});
    } else if (!command.empty() && std::ranges::find(acme.ways, acme::name_of(acme::Way::dns_01)) == acme.ways.end()) {
        problems.push_back({key, "has no meaning without dns-01 in `ways`"});
    }
    if (server.empty()) {
        return;
    }
    const auto place = net::parse_host_port(server, dns_port);
    if (!place || !runtime::SocketAddress::from_ip(*place) || place->host.empty() || place->port == 0) {
        problems.push_back(
            {"acme.dns_server", net::quoted_address_fault(server,
                                                          "is not a valid address of a DNS server; expected one like "
                                                          "192.0.2.53 or [2001:db8::53]:53")});
    } else {
        server = net::to_text(*place);
    }
}

// Why no way can prove this name.
std::string unprovable(const acme::Identifier& name) {
    const std::string what = in_quotes(name.value) + " cannot be proven by any of `ways` that is possible here: ";
    if (name.is_wildcard()) {
        return what + "a wildcard needs dns-persist-01, or dns-01 with dns_command";
    }
    return what +
           (name.type == acme::Identifier::Type::ip
                ? "an IP address needs tls-alpn-01, or http-01 with http_bind"
                : "a host needs tls-alpn-01, dns-persist-01, http-01 with http_bind, or dns-01 with dns_command");
}

void check_ways(const ServerSettings& settings, std::vector<Problem>& problems) {
    std::set<std::string_view> seen;
    bool all_known = true;
    for (const std::string& way : settings.acme.ways) {
        if (auto fault = way_fault(way)) {
            problems.push_back({"acme.ways", std::move(*fault)});
            all_known = false;
        } else if (!seen.insert(way).second) {
            problems.push_back({"acme.ways", "lists " + way + " twice"});
        }
    }
    if (all_known && possible_ways(settings).empty()) {
        problems.push_back({"acme.ways", settings.acme.ways.empty()
                                             ? "is empty; expected at least one challenge type, like tls-alpn-01"
                                             : "none of these is possible here: http-01 needs http_bind, dns-01 needs "
                                               "dns_command"});
    }
}

void check_names(const ServerSettings& settings, std::vector<Problem>& problems) {
    const std::vector<acme::Way> ways = possible_ways(settings);
    if (settings.acme.names.size() > acme_names_max) {
        problems.push_back({"acme.names", "has more than " + std::to_string(acme_names_max) + " names"});
        return;
    }
    for (const std::string& text : settings.acme.names) {
        const std::optional<acme::Identifier> name = acme::read_identifier(text);
        if (!name) {
            problems.push_back({"acme.names", in_quotes(text) +
                                                  " is not a name that a CA certifies; expected a host like "
                                                  "app.example.com, a wildcard like *.example.com, or an IP address"});
        } else if (!ways.empty() &&
                   std::ranges::none_of(ways, [&](acme::Way way) { return acme::can_prove(way, *name); })) {
            problems.push_back({"acme.names", unprovable(*name)});
        }
    }
}

// Without ACME, its settings must have their defaults.
void check_absence(const Acme& acme, std::vector<Problem>& problems) {
    const Acme initial;
    for (const auto& setting : acme_settings()) {
        if (!is_same(setting, acme, initial)) {
            problems.push_back({problem_path_of(acme_place, setting), "has no meaning without acme"});
        }
    }
}

}  // namespace

std::vector<acme::Way> possible_ways(const ServerValues& settings) {
    std::vector<acme::Way> ways;
    for (const std::string& name : settings.acme.ways) {
        const std::optional<acme::Way> way = acme::read_way(name);
        const bool is_possible = way && (way != acme::Way::http_01 || !settings.http_bind.empty()) &&
                                 (way != acme::Way::tls_alpn_01 || !settings.https_bind.empty()) &&
                                 (way != acme::Way::dns_01 || !settings.acme.dns_command.empty());
        if (is_possible) {
            ways.push_back(*way);
        }
    }
    return ways;
}

void check_acme(ServerSettings& settings, std::vector<Problem>& problems) {
    if (!settings.has_acme) {
        check_absence(settings.acme, problems);
        return;
    }
    if (settings.https_bind.empty()) {
        problems.push_back({"acme", "needs https_bind, the address where its certificates are presented"});
    }
    if (settings.state_dir.empty()) {
        problems.push_back(
            {"state_dir", "is missing: acme keeps its accounts and certificates there; expected a folder"});
    }
    check_bounds(acme_place, acme_settings(), settings.acme, problems);
    check_urls(settings.acme, problems);
    check_account(settings.acme, problems);
    check_dns(settings.acme, settings.acme.dns_server, problems);
    check_ways(settings, problems);
    check_names(settings, problems);
}

}  // namespace ferrotunnel::detail
