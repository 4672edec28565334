// Settings of builders that programs need to examine what is around them, as `ferrotunnel doctor` does.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ferrotunnel/client.hpp"
#include "ferrotunnel/export.hpp"
#include "ferrotunnel/server.hpp"

namespace ferrotunnel::detail {

/// A server of a client's settings, how it is verified, and the proxy that leads to it.
struct ServerPlace {
    std::string host;  ///< without brackets
    std::uint16_t port = 0;
    bool tls = true;
    std::string tls_ca;   ///< as set
    std::string tls_pin;  ///< likewise
    std::string proxy;    ///< "http://proxy.example.com:3128", without user and password; empty: none
    std::string proxy_host;
    std::uint16_t proxy_port = 0;
    bool proxy_connects = false;  ///< by HTTP CONNECT; otherwise by SOCKS5
    std::string proxy_login;      ///< "user:password"; empty: none
};

/// All of them, in their order. Empty if one or a proxy is not valid; the builder's check() has the reason.
FERROTUNNEL_EXPORT std::vector<ServerPlace> server_places(const Client::Builder& builder);

/// The certificate file for tunnel connections; empty if the server makes its own.
FERROTUNNEL_EXPORT std::string tls_certificate_file(const Server::Builder& builder);

/// The types of shipped plugins that clients may request for their services.
FERROTUNNEL_EXPORT std::vector<std::string> client_plugin_types(const Server::Builder& builder);

}  // namespace ferrotunnel::detail
