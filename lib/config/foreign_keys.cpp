#include "config/foreign_keys.hpp"

#include <algorithm>
#include <array>

namespace ferrotunnel::config {
namespace {

struct Foreign {
    std::string_view key;
    std::string_view here;
};

constexpr std::string_view server_address =
    "the server's address is `server` in `client:`, like tunnel.example.com:7835";
constexpr std::string_view secret = "the shared secret is `token`, like `token: file:PATH`";
constexpr std::string_view kind =
    "what kind a service is, its first key says: `tcp: PORT`, `http: HOST` or `tls: HOST`";
constexpr std::string_view local = "where visitors are connected to is `local`, like `local: 127.0.0.1:22`";
constexpr std::string_view port = "the public port is the value of `tcp`, like `tcp: 2222`";
constexpr std::string_view host = "the host is the value of `http`, like `http: app.example.com`, or of `tls`";
constexpr std::string_view services = "what is offered is the list `services` in `client:`";
constexpr std::string_view bind =
    "where the server listens for clients is `bind` in `server:`, like `bind: 0.0.0.0:7835`";
constexpr std::string_view http_bind = "where HTTP visitors come in is `http_bind` in `server:`, by TLS `https_bind`";
constexpr std::string_view secret_tcp =
    "the nearest to it is `tcp: private`: without a public port, for programs that embed the server";
constexpr std::string_view no_udp = "UDP is not carried";

constexpr std::array<Foreign, 53> foreign_keys{{
    {"serverAddr", server_address},
    {"server_addr", server_address},
    {"serverPort", server_address},
    {"server_port", server_address},
    {"remote_addr", server_address},
    {"auth", secret},
    {"authtoken", secret},
    {"default_token", secret},
    {"credentials-file", secret},
    {"credentials_file", secret},
    {"type", kind},
    {"proto", kind},
    {"protocol", kind},
    {"localIP", local},
    {"local_ip", local},
    {"localPort", local},
    {"local_port", local},
    {"local_addr", local},
    {"localAddr", local},
    {"addr", local},
    {"service", local},
    {"upstream", local},
    {"remotePort", port},
    {"remote_port", port},
    {"customDomains", host},
    {"custom_domains", host},
    {"subdomain", host},
    {"hostname", host},
    {"domains", host},
    {"host_name", host},
    {"url", host},
    {"proxies", services},
    {"tunnels", services},
    {"endpoints", services},
    {"ingress", services},
    {"tunnel", services},
    {"bindAddr", bind},
    {"bind_addr", bind},
    {"bindPort", bind},
    {"bind_port", bind},
    {"vhostHTTPPort", http_bind},
    {"vhost_http_port", http_bind},
    {"vhostHTTPSPort", http_bind},
    {"vhost_https_port", http_bind},
    {"subDomainHost", "the name that hosts are assigned below is `domain` in `server:`"},
    {"subdomain_host", "the name that hosts are assigned below is `domain` in `server:`"},
    {"allowPorts", "the ports that clients may have are `allow_ports` in `server:`"},
    {"locations", "the path of an HTTP service is `path`, one a service"},
    {"hostHeaderRewrite", "what the backend sees as Host is `host_header`"},
    {"stcp", secret_tcp},
    {"xtcp", secret_tcp},
    {"sudp", no_udp},
    {"udp", no_udp},
}};

}  // namespace

std::string_view foreign_key(std::string_view key) noexcept {
    const auto found = std::ranges::find(foreign_keys, key, &Foreign::key);
    return found == foreign_keys.end() ? std::string_view() : found->here;
}

}  // namespace ferrotunnel::config
