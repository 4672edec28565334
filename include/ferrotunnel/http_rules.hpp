// What the edge does to the requests and answers of one HTTP service, and how long it waits for them. Values: they can
// be compared. docs/http.md, "Rules of a service", has each in detail.
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

/// Applied in this order, so that `remove` with `add` replaces. Up to 32 in each direction, and 8 KiB of text in all.
/// Names are matched without case and without regard to `_` and `-`. Fields that frame a message, belong to a
/// connection or tell who the visitor is are the edge's own: rules that name them are refused.
struct HttpHeaderRules {
    /// All fields of these names.
    std::vector<std::string> remove{};
    /// One field instead of all of that name.
    std::vector<HttpField> set{};
    /// One more field, beside those of that name.
    std::vector<HttpField> add{};

    friend bool operator==(const HttpHeaderRules&, const HttpHeaderRules&) = default;
};

/// The edge answers by itself; the service needs no `local`.
struct HttpRedirect {
    /// "https://new.example.com" keeps the path; "https://new.example.com/app" and "/app" come in place of the prefix
    /// that `path` is. What is below the prefix, and the query, are kept.
    std::string to;
    /// 301, 302, 307 or 308. The last two keep the method and the body.
    std::uint16_t status = 302;

    friend bool operator==(const HttpRedirect&, const HttpRedirect&) = default;
};

/// For requests that came without TLS: to the same page over https.
struct HttpsRedirect {
    /// 301, 302, 307 or 308. 0: not redirected, not even where the server redirects every service.
    std::uint16_t status = 308;
    /// What visitors connect to. 0: where the server takes HTTPS visitors; 443 where it takes none.
    std::uint16_t port = 0;

    friend bool operator==(const HttpsRedirect&, const HttpsRedirect&) = default;
};

struct HttpRules {
    /// Replaces the prefix that the service's `path` is: with "/v2" the backend sees /v2/users for /api/users, with ""
    /// (strip) /users. Not with a path that is equal or an expression.
    std::optional<std::string> replace_prefix{};
    /// Which Host the backend sees. Empty: what the visitor asked for. "backend": the address of `local`, without a
    /// port that is the usual one. Anything else: that, a host with or without a port. (A backend that is called
    /// `backend` is written with its port.)
    std::string host_header{};
    /// Where prefix or host were rewritten, Location, Content-Location and the Path and Domain of cookies are mapped
    /// back to what the visitor sees.
    bool map_back = true;
    HttpHeaderRules request_headers{};
    HttpHeaderRules response_headers{};
    std::optional<HttpRedirect> redirect{};
    std::optional<HttpsRedirect> https_redirect{};
    /// In answers over TLS.
    std::optional<Hsts> hsts{};

    friend bool operator==(const HttpRules&, const HttpRules&) = default;
};

/// What a service wants otherwise than the server does it for all; the names are those of the server's settings. A
/// server refuses more than its operator allows. Times are above zero.
struct HttpLimits {
    /// How long the backend may take to accept a connection: then 502. At most 10 s.
    std::optional<std::chrono::milliseconds> backend_connect_timeout{};
    /// From when the backend has the request (or its last interim answer) to the first byte of its answer: then 504. At
    /// most an hour, unless the server says otherwise.
    std::optional<std::chrono::milliseconds> first_byte_timeout{};
    /// WebSockets and others after 101: closed after this long without a byte either way. At most a day, unless the
    /// server says otherwise.
    std::optional<std::chrono::milliseconds> upgraded_idle_timeout{};
    /// A visitor who sends a body more slowly than this, in bytes a second, gets 408; 0: as slowly as it likes. Up to 1
    /// GiB.
    std::optional<std::uint64_t> body_rate{};
    /// A body that is larger, in bytes, gets 413, and the backend is not asked where that is known beforehand. Where
    /// the server has a bound for all, the smaller one counts. 0: as large as the server takes.
    std::optional<std::uint64_t> body_max{};
    /// False: no WebSockets or other upgrades; such a request is passed on as an ordinary one.
    bool upgrades = true;

    friend bool operator==(const HttpLimits&, const HttpLimits&) = default;
};

}  // namespace ferrotunnel
