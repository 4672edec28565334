// Rules for the requests and responses of one HTTP service, and its timeouts and limits. These are values that can be
// compared. docs/http.md, "Rules of a service", describes each in detail.
//
//    ferrotunnel::Http web("app.example.com", "127.0.0.1:3000");
//    web.path = "/api";
//    web.rules.replace_prefix = "";  // the backend sees /users for /api/users
//    web.rules.host_header = "backend";
//    web.rules.request_headers.set.push_back({"X-Env", "staging"});
//    web.limits.first_byte_timeout = 10min;  // long polls
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ferrotunnel/https.hpp"

namespace ferrotunnel {

/// A header field of a message, "X-Env: staging".
struct HttpField {
    std::string name;
    std::string value;

    friend bool operator==(const HttpField&, const HttpField&) = default;
};

/// Changes to the header fields of a message, applied in this order, so that `remove` with `add` replaces a field. Up
/// to 32 in each direction, and 8 KiB of text in all. Names are matched as programs behind the edge may interpret them:
/// ignoring case, with any other punctuation for `-`, and without punctuation at the end (X_User and x.user- match
/// X-User). Fields that frame a message, belong to a connection or carry the visitor's address are reserved for the
/// edge: rules that name them are refused.
struct HttpHeaderRules {
    /// Removes all fields of these names.
    std::vector<std::string> remove{};
    /// Replaces all fields of that name by one.
    std::vector<HttpField> set{};
    /// Adds a field to those of that name.
    std::vector<HttpField> add{};

    friend bool operator==(const HttpHeaderRules&, const HttpHeaderRules&) = default;
};

/// A redirect that the edge sends; the service then needs no `local`.
struct HttpRedirect {
    /// The target: "https://new.example.com" keeps the path; "https://new.example.com/app" and "/app" replace the
    /// service's `path` as prefix. The rest of the path, and the query, are kept.
    std::string to;
    /// 301, 302, 307 or 308. The last two keep the method and the body.
    std::uint16_t status = 302;

    friend bool operator==(const HttpRedirect&, const HttpRedirect&) = default;
};

/// A redirect of requests without TLS to the same URL over https.
struct HttpsRedirect {
    /// 301, 302, 307 or 308. 0: requests are not redirected, even if the server redirects every service.
    std::uint16_t status = 308;
    /// The port for visitors. 0: the server's HTTPS port, or 443 if it has none.
    std::uint16_t port = 0;

    friend bool operator==(const HttpsRedirect&, const HttpsRedirect&) = default;
};

struct HttpRules {
    /// Replaces the service's `path` ("/api") as prefix: with "/v2" the backend receives /v2/users for /api/users, with
    /// "" (strip) /users. Not allowed if `path` is a single path ("= ...") or an expression ("~ ...").
    std::optional<std::string> replace_prefix{};
    /// The Host that the backend receives. Empty: the one that the visitor requested. "backend": the address of
    /// `local`, without a default port; with `backend_tls.server_name` as the host for https, if it is set; "localhost"
    /// for a unix socket. Anything else is used as it is: a host with or without a port. (For a backend that is named
    /// `backend`, write its port too.)
    std::string host_header{};
    /// Whether Location, Content-Location and the Path and Domain of cookies are mapped back to the visitor's view if
    /// prefix or host were rewritten.
    bool map_back = true;
    HttpHeaderRules request_headers{};
    HttpHeaderRules response_headers{};
    std::optional<HttpRedirect> redirect{};
    std::optional<HttpsRedirect> https_redirect{};
    /// Strict-Transport-Security in responses over TLS.
    std::optional<Hsts> hsts{};

    friend bool operator==(const HttpRules&, const HttpRules&) = default;
};

/// Limits of one service that differ from the server's limits for all services, with the names of the server's
/// settings. A server refuses values beyond those that its operator allows. Times must be above zero.
struct HttpLimits {
    /// How long the backend may take to accept a connection; 502 when exceeded. At most 10 s.
    std::optional<std::chrono::milliseconds> backend_connect_timeout{};
    /// How long the backend may take until the first byte of its response, from the end of the request or from its last
    /// interim response; 504 when exceeded. At most an hour, unless the server's limit differs.
    std::optional<std::chrono::milliseconds> first_byte_timeout{};
    /// How long a WebSocket, or another connection after 101, may be idle in both directions before it is closed. At
    /// most a day, unless the server's limit differs.
    std::optional<std::chrono::milliseconds> upgraded_idle_timeout{};
    /// The minimum average rate of a request's body, in bytes per second; a slower visitor gets 408. 0: no minimum. Up
    /// to 1 GiB.
    std::optional<std::uint64_t> body_rate{};
    /// The maximum size of a request's body, in bytes; a larger one gets 413, without contacting the backend if the
    /// size is known beforehand. If the server has a limit for all services, the smaller one applies. 0: the server's
    /// limit.
    std::optional<std::uint64_t> body_max{};
    /// Whether WebSockets and other upgrades are allowed; if not, such a request is forwarded as an ordinary one.
    bool upgrades = true;

    friend bool operator==(const HttpLimits&, const HttpLimits&) = default;
};

}  // namespace ferrotunnel
