// What the edge does to the requests and answers of one HTTP service, and how long it waits for them. These are values
// that can be compared. docs/http.md, "Rules of a service", has each in detail.
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

/// A field of a message's head, "X-Env: staging".
struct HttpField {
    std::string name;
    std::string value;

    friend bool operator==(const HttpField&, const HttpField&) = default;
};

/// Changes to the fields of a message's head, applied in this order, so that `remove` with `add` replaces a field. Up
/// to 32 in each direction, and 8 KiB of text in all. Names are matched as programs behind the edge may take them:
/// without regard to case, with any other mark for `-`, and without marks at the end (X_User and x.user- are X-User).
/// Fields that frame a message, belong to a connection or tell who the visitor is are the edge's own: rules that name
/// them are refused.
struct HttpHeaderRules {
    /// Removes all fields of these names.
    std::vector<std::string> remove{};
    /// Puts one field in place of all fields of that name.
    std::vector<HttpField> set{};
    /// Adds one more field, beside those of that name.
    std::vector<HttpField> add{};

    friend bool operator==(const HttpHeaderRules&, const HttpHeaderRules&) = default;
};

/// A redirect with which the edge answers by itself; the service then needs no `local`.
struct HttpRedirect {
    /// Where to: "https://new.example.com" keeps the path; "https://new.example.com/app" and "/app" replace the prefix
    /// that the service's `path` is. What is below the prefix, and the query, are kept.
    std::string to;
    /// 301, 302, 307 or 308. The last two keep the method and the body.
    std::uint16_t status = 302;

    friend bool operator==(const HttpRedirect&, const HttpRedirect&) = default;
};

/// A redirect of requests that came without TLS, to the same page over https.
struct HttpsRedirect {
    /// 301, 302, 307 or 308. 0: requests are not redirected, not even where the server redirects every service.
    std::uint16_t status = 308;
    /// The port that visitors connect to. 0: the one where the server takes HTTPS visitors; 443 where it takes none.
    std::uint16_t port = 0;

    friend bool operator==(const HttpsRedirect&, const HttpsRedirect&) = default;
};

struct HttpRules {
    /// Replaces the prefix that the service's `path` is ("/api"): with "/v2" the backend sees /v2/users for /api/users,
    /// with "" (strip) /users. Not allowed where `path` is a single path ("= ...") or an expression ("~ ...").
    std::optional<std::string> replace_prefix{};
    /// The Host that the backend sees. Empty: the one that the visitor asked for. "backend": the address of `local`,
    /// without its port if that is the usual one; with `backend_tls.server_name` as the host for https, if it is set;
    /// "localhost" for a unix socket. Anything else is taken as it is: a host with or without a port. (For a backend
    /// that is called `backend`, write its port too.)
    std::string host_header{};
    /// Whether Location, Content-Location and the Path and Domain of cookies are mapped back to what the visitor sees,
    /// where prefix or host were rewritten.
    bool map_back = true;
    HttpHeaderRules request_headers{};
    HttpHeaderRules response_headers{};
    std::optional<HttpRedirect> redirect{};
    std::optional<HttpsRedirect> https_redirect{};
    /// Strict-Transport-Security in answers over TLS.
    std::optional<Hsts> hsts{};

    friend bool operator==(const HttpRules&, const HttpRules&) = default;
};

/// Limits of one service, where they differ from the server's for all services; the names are those of the server's
/// settings. A server refuses more than its operator allows. Times are above zero.
struct HttpLimits {
    /// How long the backend may take to accept a connection; then the visitor gets 502. At most 10 s.
    std::optional<std::chrono::milliseconds> backend_connect_timeout{};
    /// How long the backend may take to the first byte of its answer, from when it has the request or from its last
    /// interim answer; then the visitor gets 504. At most an hour, unless the server says otherwise.
    std::optional<std::chrono::milliseconds> first_byte_timeout{};
    /// How long a WebSocket, or another connection after 101, may be without a byte either way; then it is closed. At
    /// most a day, unless the server says otherwise.
    std::optional<std::chrono::milliseconds> upgraded_idle_timeout{};
    /// The lowest average rate of a request's body, in bytes a second; a visitor who sends more slowly gets 408. 0: any
    /// rate. Up to 1 GiB.
    std::optional<std::uint64_t> body_rate{};
    /// The largest body of a request, in bytes; a larger one gets 413, and the backend is not asked where the size is
    /// known beforehand. Where the server has a bound for all, the smaller one counts. 0: as large as the server takes.
    std::optional<std::uint64_t> body_max{};
    /// Whether WebSockets and other upgrades are allowed; if not, such a request is passed on as an ordinary one.
    bool upgrades = true;

    friend bool operator==(const HttpLimits&, const HttpLimits&) = default;
};

}  // namespace ferrotunnel
