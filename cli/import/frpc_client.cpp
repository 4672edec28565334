// The file of an frp client, without its proxies.
#include <fmt/format.h>

#include <algorithm>

#include "client_metadata.hpp"
#include "frp.hpp"
#include "guards.hpp"
#include "mapping.hpp"

namespace ferrotunnel::cli::importing::frp {
namespace {

constexpr NoEquivalent not_of_clients[] = {
    {"dnsServer", "names are resolved as this machine resolves them", "set the DNS server in /etc/resolv.conf"},
    {"virtualNet.address", "there is no virtual network"},
    {"featureGates.*", "there are no experimental features"},
    {"store.*", "services are not kept by the client",
     "list them in the file, or add them with `ferrotunnel services`"},
    {"transport.connectServerLocalIP", "the system chooses the address from which the client connects"},
    {"transport.connectServerInterface", "the system chooses the address from which the client connects"},
    {"transport.tls.certFile", "clients are identified by their token, not by a certificate"},
    {"transport.tls.keyFile", "clients are identified by their token, not by a certificate"},
    {"transport.auto.*", "there is one transport, TLS over TCP"},
};

void read_address(Keys& root, Draft& draft) {
    const std::string host = root.text("serverAddr").value_or("127.0.0.1");
    const std::string port = port_at(root, "serverPort", draft).value_or("7000");
    const bool is_any = host == "0.0.0.0" || host == "::";
    draft.set(Side::client, "server", with_port(is_any ? "127.0.0.1" : host, port),
              root.origin(root.has("serverAddr") ? "serverAddr" : "serverPort"));
    if (is_any) {
        draft.ask(root.origin("serverAddr"), fmt::format("{} stood for this machine, and 127.0.0.1 does now", host));
    }
    draft.ask(root.origin("serverPort"),
              fmt::format("a FerroTunnel server has to listen at port {}: frps cannot serve this client", port));
}

/// A proxy with a password is not copied: `client.proxy` cannot be read from a file.
void read_forward_proxy(Keys& transport, Draft& draft) {
    const auto url = transport.text("proxyURL");
    if (!url) {
        return;
    }
    const Origin origin = transport.origin("proxyURL");
    const bool is_known = url->starts_with("http://") || url->starts_with("socks5://") || !env_name(*url).empty();
    if (!is_known) {
        draft.lose(origin, transport.full("proxyURL"), "proxies are HTTP or SOCKS5",
                   "set `client.proxy` to another proxy");
    } else if (url->find('@') != std::string::npos) {
        draft.set(Side::client, "proxy", "env", origin);
        draft.lose(origin, transport.full("proxyURL"), "the URL has a password, which is not copied into the file",
                   "set the variable HTTPS_PROXY (or ALL_PROXY) to it for this client");
    } else {
        draft.set(Side::client, "proxy", *url, origin);
    }
}

void read_transport(Keys& root, Draft& draft) {
    Keys transport = root.map("transport");
    const std::string protocol = transport.text("protocol").value_or("tcp");
    if (protocol == "tcp") {
        transport.skip(draft, "protocol", "the transport is TLS over TCP");
    } else {
        transport.lose(draft, "protocol", fmt::format("there is no transport {}", protocol),
                       "use TLS over TCP, the default");
    }
    transport.skip(draft, "wireProtocol", "there is one protocol");
    if (const auto seconds = transport.digits(draft, "dialServerTimeout", 0, day_in_seconds);
        seconds && *seconds != "0") {
        draft.set(Side::client, "timing.handshake_timeout", *seconds + "s", transport.origin("dialServerTimeout"));
    }
    read_forward_proxy(transport, draft);
    Keys tls = transport.map("tls");
    tls.skip(draft, "enable", "the connection to the server is always encrypted");
    tls.skip(draft, "disableCustomTLSFirstByte", "the connection to the server is always encrypted");
    if (const auto ca = tls.text("trustedCaFile")) {
        draft.set(Side::client, "tls_ca", *ca, tls.origin("trustedCaFile"));
        draft.ask(tls.origin("trustedCaFile"), "the server needs `tls_cert` and `tls_key` that this CA has signed");
        ask_about_relative_path(draft, tls.origin("trustedCaFile"), *ca);
    }
    if (const auto name = tls.text("serverName")) {
        const bool is_address = root.text("serverAddr") == name;
        is_address ? draft.skip(tls.origin("serverName"), tls.full("serverName"), "it is the address of the server")
                   : draft.lose(tls.origin("serverName"), tls.full("serverName"),
                                "the certificate is verified for the host of `client.server`",
                                "use this name in `client.server`, or `tls_pin`");
    }
}

void read_name(Keys& root, Draft& draft) {
    if (const auto user = root.text("user")) {
        draft.set(Side::client, "name", valid_name(*user), root.origin("user"));
    }
    if (const auto id = root.text("clientID")) {
        draft.set(Side::client, "identity", *id, root.origin("clientID"));
    }
}

void read_metadata(Keys& root, Draft& draft) {
    Keys metadata = root.map("metadatas");
    for (const std::string& name : metadata.names()) {
        if (const auto value = metadata.text(name)) {
            add_client_metadata(draft, metadata.origin(name), metadata.full(name), name, *value);
        }
    }
}

void read_proxies(Keys& root, Reading& reading) {
    for (Keys& proxy : root.maps("proxies")) {
        read_proxy(proxy, reading);
    }
    for (Keys& visitor : root.maps("visitors")) {
        read_visitor(visitor, reading);
    }
}

}  // namespace

void read_client(const Source& source, Reading& reading) {
    Draft& draft = reading.draft;
    Keys root(source, source.root);
    read_address(root, draft);
    read_auth(root, Side::client, draft);
    read_name(root, draft);
    read_metadata(root, draft);
    read_transport(root, draft);
    read_web_server(root, Side::client, draft);
    read_log(root, Side::client, draft);
    read_timing(root, Side::client, draft);
    if (const auto exits = root.boolean(draft, "loginFailExit")) {
        const Origin origin = root.origin("loginFailExit");
        *exits ? draft.lose(origin, "loginFailExit", "the client keeps trying to log in",
                            "set `client.attempts` to give up after so many failures")
               : draft.skip(origin, "loginFailExit", "the client keeps trying to log in");
    }
    root.skip(draft, "udpPacketSize", "datagrams of every size pass");
    root.skip(draft, "natHoleStunServer", "there is no hole punching");
    root.skip(draft, "version", "it is the version of frp's format");
    root.skip(draft, "includes", "the included files are read with this one");
    root.lose(draft, not_of_clients);
    reading.is_start_lost = !is_null(root, "start") && lose_unreadable(draft, root, "start", Form::texts);
    for (std::string& name : root.texts("start")) {
        reading.start.insert(std::move(name));
    }
    reading.start_origin = root.origin("start");
    read_proxies(root, reading);
    root.lose_rest(draft);
}

void read_included(const Source& source, Reading& reading) {
    Keys root(source, source.root);
    read_proxies(root, reading);
    root.lose_rest(reading.draft, "included files have proxies and visitors only");
}

}  // namespace ferrotunnel::cli::importing::frp
