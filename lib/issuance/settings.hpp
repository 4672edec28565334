// Settings of certificates from CAs.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "acme/challenge.hpp"
#include "acme/identifier.hpp"
#include "acme/jws.hpp"

namespace ferrotunnel::issuance {

struct Settings {
    std::string email{};
    /// URLs of directories, the preferred first. At least one.
    std::vector<std::string> directories{};
    /// URL of the directory for trials after a failed validation; empty: acme::known_staging() of each.
    std::string staging{};
    std::string ca_file{};  // CAs that are trusted in connections to `directories`, PEM; empty: the system's
    std::string profile{};
    acme::ExternalAccount external{};  // for the first of `directories`
    std::vector<acme::Way> ways{acme::all_ways.begin(), acme::all_ways.end()};
    acme::Identifiers names{};  // without being registered by a client
    std::string domain{};       // empty: none
    /// Program and arguments for DNS-01; empty: none. Called with `add` or `remove`, the record's name and its value.
    std::vector<std::string> dns_command{};
    std::chrono::milliseconds dns_command_time{120'000};
    std::string dns_server{};  // an address with a port, for TXT records and addresses of names; empty: the system's
    std::uint16_t http_port = 80;  // where CAs connect for HTTP-01
    std::uint16_t tls_port = 443;  // for TLS-ALPN-01
    bool has_http = false;         // whether there is such a listener
    bool has_https = false;
    std::size_t orders_per_token = 50;
    std::filesystem::path folder{};  // the store

    friend bool operator==(const Settings&, const Settings&) = default;
};

}  // namespace ferrotunnel::issuance
