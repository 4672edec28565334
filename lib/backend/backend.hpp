// What is behind a service of a client: where it is, and how it is spoken to.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "net/proxy_protocol.hpp"
#include "runtime/address.hpp"
#include "wire/frame.hpp"

namespace ferrotunnel::transport {
class TlsContext;
}

namespace ferrotunnel::backend {

/// As the `local` of a service says it.
struct BackendPlace {
    runtime::HostPort at;   // of TCP
    std::string unix_path;  // of a unix socket; empty: TCP
    bool tls = false;

    friend bool operator==(const BackendPlace&, const BackendPlace&) = default;
};

/// "127.0.0.1:22", ":22" and "22" (this machine), "unix:/run/app.sock"; of HTTP services "https://host" and
/// "https://host:port", of TCP services "tls://host:port". The words of an error follow the text.
Result<BackendPlace, std::string> parse_backend_place(std::string_view text, wire::ServiceKind kind);
/// The reverse, in full.
std::string to_text(const BackendPlace& place, wire::ServiceKind kind);

struct Backend {
    std::string text;  // for logs
    BackendPlace place;
    std::shared_ptr<transport::TlsContext> tls;  // null: plain
    std::optional<net::ProxyVersion> proxy;      // the header that goes before the first byte
};

}  // namespace ferrotunnel::backend
