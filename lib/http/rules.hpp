// Rules of a service for its requests and responses: values that a configuration fills, that can be compared, and that
// are checked once (check_rules). Functions in rewrite.hpp, header_rules.hpp and redirect.hpp apply them.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "http/host_pattern.hpp"
#include "http/path_match.hpp"

namespace ferrotunnel::http {

/// Replaces the prefix that the route matched: "/v2" turns /api/users into /v2/users, "" (strip) into /users.
struct PrefixRewrite {
    std::string to;  // begins with '/', or is empty; no slash at its end

    bool operator==(const PrefixRewrite&) const = default;
};

struct HeaderRule {
    enum class Action : std::uint8_t {
        add,     // one more field, in addition to those of that name
        set,     // replaces those of that name
        remove,  // removes all of that name
    };

    Action action = Action::set;
    std::string name;
    std::string value;  // empty for `remove`

    bool operator==(const HeaderRule&) const = default;
};

/// A response by the edge itself; the backend is not contacted.
struct Redirect {
    std::uint16_t status = 302;  // 301, 302, 307, 308
    /// The target: "https://new.example.com" or "/new". A path in it replaces the prefix that the route matched;
    /// without one, scheme and host change and the path stays. The part below the prefix, and the query, are kept.
    std::string to;

    bool operator==(const Redirect&) const = default;
};

/// The redirect to HTTPS, for requests that arrive without TLS.
struct HttpsRedirect {
    std::uint16_t status = 308;  // 0: none; they are served as they are, even if the edge redirects
    std::uint16_t public_port =
        0;  // the port that visitors connect to, which may differ from the one that the edge listens on; 0: 443

    bool operator==(const HttpsRedirect&) const = default;
};

/// Strict-Transport-Security, in responses over TLS only.
struct Hsts {
    std::chrono::seconds max_age{31'536'000};
    bool include_subdomains = false;
    bool preload = false;

    bool operator==(const Hsts&) const = default;
};

struct Rules {
    std::optional<PrefixRewrite> prefix;
    std::string host;  // the Host that the backend gets, possibly with a port; empty: the visitor's
    std::vector<HeaderRule> request_headers;
    std::vector<HeaderRule> response_headers;
    std::optional<Redirect> redirect;
    std::optional<HttpsRedirect> https_redirect;
    std::optional<Hsts> hsts;
    /// Location, Content-Location and Set-Cookie are mapped back to the visitor's view, if the host or the prefix was
    /// rewritten.
    bool map_back = true;

    bool operator==(const Rules&) const = default;
};

/// What is wrong with the setting at `key` ("request_headers[1].name"), in words that follow the key.
struct RuleProblem {
    std::string key;
    std::string text;

    bool operator==(const RuleProblem&) const = default;
};

/// All problems of the rules, empty if they can be applied. `path` is the rule for the path that they belong to: a
/// prefix can be rewritten only if there is one.
std::vector<RuleProblem> check_rules(const Rules& rules, const PathRule& path);

}  // namespace ferrotunnel::http
