// The requests of the control API that have a path of their own, each declared once: its method and path, its members
// with their bounds, and the refusal of a side that cannot answer it. Control writes them; answer_to() reads them, from
// the control socket and from the dashboard. docs/control.md describes what they do, docs/extending.md what a new one
// needs.
#pragma once

#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "admin/answer.hpp"
#include "admin/limits.hpp"
#include "admin/query.hpp"
#include "base/percent.hpp"
#include "base/result.hpp"

namespace ferrotunnel::admin {

/// A request that was read, or a sentence for people about what is wrong with it.
template <typename Request>
using Read = Result<Request, std::string>;

/// A number of the body. Empty if it is missing, not a number, or out of bounds.
inline std::optional<double> bounded_number(const Json& body, const char* key, double min, double max) {
    const bool is_number = body.contains(key) && body.at(key).is_number();
    const double number = is_number ? body.at(key).get<double>() : min - 1;
    return number >= min && number <= max ? std::optional(number) : std::nullopt;
}

inline std::chrono::milliseconds time_of_seconds(double seconds) {
    return std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1'000));
}

/// Everything that `ferrotunnel status` shows.
struct StatusRequest {
    static constexpr std::string_view method = "GET";
    static constexpr std::string_view path = "/v1/status";
};

struct TunnelsRequest {
    static constexpr std::string_view method = "GET";
    static constexpr std::string_view path = "/v1/tunnels";
    static constexpr std::string_view not_here = "A client has no list of tunnels. Ask its server.";
};

struct TokensRequest {
    static constexpr std::string_view method = "GET";
    static constexpr std::string_view path = "/v1/tokens";
    static constexpr std::string_view not_here = "A client has no list of tokens. Ask its server.";
};

/// The name of a token in a request that changes it. Empty: it is not valid.
inline std::string token_name_in(const Json& body) {
    const auto name = body.find("name");
    return name != body.end() && name->is_string() ? name->get<std::string>() : std::string();
}

/// The rights in a request that changes a token: an object; none: no rights beyond those of every token. False: it is
/// not valid.
inline bool read_rights_of_token(const Json& body, Json& rights) {
    rights = body.value("rights", Json::object());
    return rights.is_object();
}

/// Adds a token that all servers of the cluster accept.
struct TokenAddRequest {
    static constexpr std::string_view method = "POST";
    static constexpr std::string_view path = "/v1/tokens/add";
    static constexpr std::string_view not_here = TokensRequest::not_here;

    std::string name;
    std::string secret{};  // empty: a new one
    Json rights = Json::object();

    Json to_json() const {
        Json json{{"name", name}, {"rights", rights}};
        if (!secret.empty()) {
            json["secret"] = secret;
        }
        return json;
    }
    static Read<TokenAddRequest> from_json(const Json& body) {
        TokenAddRequest request;
        request.name = token_name_in(body);
        const auto secret = body.find("secret");
        const bool has_secret = secret != body.end();
        const std::size_t known = 1 + (has_secret ? 1 : 0) + (body.contains("rights") ? 1 : 0);
        if (request.name.empty() || body.size() != known || (has_secret && !secret->is_string()) ||
            !read_rights_of_token(body, request.rights)) {
            return std::string(R"(Expected {"name": ..., "secret": ..., "rights": {...}}; only `name` is needed.)");
        }
        request.secret = has_secret ? secret->get<std::string>() : std::string();
        return request;
    }
};

/// Replaces the rights of a token of the cluster.
struct TokenRightsRequest {
    static constexpr std::string_view method = "POST";
    static constexpr std::string_view path = "/v1/tokens/rights";
    static constexpr std::string_view not_here = TokensRequest::not_here;

    std::string name;
    Json rights = Json::object();

    Json to_json() const { return Json{{"name", name}, {"rights", rights}}; }
    static Read<TokenRightsRequest> from_json(const Json& body) {
        TokenRightsRequest request;
        request.name = token_name_in(body);
        if (request.name.empty() || body.size() != 2 || !body.contains("rights") ||
            !read_rights_of_token(body, request.rights)) {
            return std::string(R"(Expected {"name": ..., "rights": {...}}.)");
        }
        return request;
    }
};

/// Removes a token of the cluster.
struct TokenRemoveRequest {
    static constexpr std::string_view method = "POST";
    static constexpr std::string_view path = "/v1/tokens/remove";
    static constexpr std::string_view not_here = TokensRequest::not_here;

    std::string name;

    Json to_json() const { return Json{{"name", name}}; }
    static Read<TokenRemoveRequest> from_json(const Json& body) {
        TokenRemoveRequest request;
        request.name = token_name_in(body);
        if (request.name.empty() || body.size() != 1) {
            return std::string(R"(Expected {"name": ...}.)");
        }
        return request;
    }
};

/// The service that the described visitor reaches, with the members of its group.
struct RouteRequest {
    static constexpr std::string_view method = "GET";
    static constexpr std::string_view path = "/v1/route";
    static constexpr std::string_view not_here = "A client does not route visitors. Ask its server.";

    std::string url;
    std::string visitor{};  // its IP address; empty: any
    std::string cookie{};   // value of the field; empty: none

    std::string to_query() const {
        return "?url=" + percent_encoded(url) + (visitor.empty() ? "" : "&visitor=" + percent_encoded(visitor)) +
               (cookie.empty() ? "" : "&cookie=" + percent_encoded(cookie));
    }
    static Read<RouteRequest> from_query(std::string_view query) {
        RouteRequest request;
        std::string unknown;
        for_each_parameter(query, [&](const std::string& name, const std::string& value) {
            std::string& to = name == "url"       ? request.url
                              : name == "visitor" ? request.visitor
                              : name == "cookie"  ? request.cookie
                                                  : unknown;
            to = &to == &unknown ? name : value;
        });
        if (request.url.empty() || !unknown.empty()) {
            return std::string("Expected ?url=, and optionally visitor and cookie, all percent-encoded.");
        }
        return request;
    }
};

/// The values in effect and the present configuration, compared.
struct ConfigDiffRequest {
    static constexpr std::string_view method = "GET";
    static constexpr std::string_view path = "/v1/config/diff";
};

/// The last applied configuration, as text without secrets, in addition to the comparison.
struct ConfigRequest {
    static constexpr std::string_view method = "GET";
    static constexpr std::string_view path = "/v1/config";
};

/// Reloads. With a time: undoes the changes when it is over. `confirm`: does not reload; the changes on trial stay.
struct ReloadRequest {
    static constexpr std::string_view method = "POST";
    static constexpr std::string_view path = "/v1/reload";

    std::optional<double> try_seconds{};
    bool confirm = false;

    std::optional<std::chrono::milliseconds> time() const {
        return try_seconds ? std::optional(time_of_seconds(*try_seconds)) : std::nullopt;
    }
    Json to_json() const {
        return confirm ? Json{{"confirm", true}} : try_seconds ? Json{{"try_seconds", *try_seconds}} : Json::object();
    }
    static Read<ReloadRequest> from_json(const Json& body) {
        ReloadRequest request;
        request.confirm = body.size() == 1 && body.contains("confirm") && body.at("confirm") == Json(true);
        request.try_seconds = bounded_number(body, "try_seconds", static_cast<double>(limits::admin_trial_min.count()),
                                             static_cast<double>(limits::admin_trial_max.count()));
        if (!body.empty() && !request.confirm && (body.size() != 1 || !request.try_seconds)) {
            return std::string(R"(Expected an empty body, {"try_seconds": 1 to 86400} or {"confirm": true}.)");
        }
        return request;
    }
};

/// Ends the process once its visitors have finished.
struct DrainRequest {
    static constexpr std::string_view method = "POST";
    static constexpr std::string_view path = "/v1/drain";
    static constexpr double seconds_max = 10'000'000;

    std::optional<double> seconds{};  // how long visitors may take to finish; empty: the program's setting

    std::optional<std::chrono::milliseconds> time() const {
        return seconds ? std::optional(time_of_seconds(*seconds)) : std::nullopt;
    }
    Json to_json() const { return seconds ? Json{{"seconds", *seconds}} : Json::object(); }
    static Read<DrainRequest> from_json(const Json& body) {
        const DrainRequest request{bounded_number(body, "seconds", 0, seconds_max)};
        if (!body.empty() && (body.size() != 1 || !request.seconds)) {
            return std::string(
                R"(Expected {"seconds": ...}, the time that visitors have to finish, or an empty body.)");
        }
        return request;
    }
};

/// Ends the sessions of the clients with this id, or otherwise of all those with this name.
struct KickRequest {
    static constexpr std::string_view method = "POST";
    static constexpr std::string_view path = "/v1/kick";
    static constexpr std::string_view not_here = "A client cannot disconnect clients. Ask its server.";
    static constexpr double seconds_max = 2'592'000;

    std::string client;
    std::optional<double> seconds{};  // how long they are refused; empty: they may reconnect at once

    std::chrono::milliseconds time() const { return time_of_seconds(seconds.value_or(0)); }
    Json to_json() const {
        Json body{{"client", client}};
        if (seconds) {
            body["seconds"] = *seconds;
        }
        return body;
    }
    static Read<KickRequest> from_json(const Json& body) {
        const bool has_time = body.contains("seconds");
        if (!body.contains("client") || body.size() != (has_time ? 2U : 1U)) {
            return std::string(
                R"(Expected {"client": ...}, with the name or the id of a client, and "seconds" to keep it out.)");
        }
        const Json& client = body.at("client");
        const KickRequest request{client.is_number_unsigned() ? std::to_string(client.get<std::uint64_t>())
                                  : client.is_string()        ? client.get<std::string>()
                                                              : std::string(),
                                  bounded_number(body, "seconds", 1, seconds_max)};
        if (has_time && !request.seconds) {
            return std::string("`seconds` must be from 1 to 2592000 (30 days): how long the client is kept out.");
        }
        if (request.client.empty()) {
            return std::string("`client` must be a name or an id.");
        }
        return request;
    }
};

/// The connected clients of this name.
struct ClientsRequest {
    static constexpr std::string_view method = "GET";
    static constexpr std::string_view path = "/v1/clients";
    static constexpr std::string_view not_here = "A client has no clients. Ask its server.";

    std::string name;

    std::string to_query() const { return "?name=" + percent_encoded(name); }
    static Read<ClientsRequest> from_query(std::string_view query) {
        ClientsRequest request;
        bool is_valid = true;
        for_each_parameter(query, [&](const std::string& key, const std::string& value) {
            is_valid = is_valid && key == "name";
            request.name = value;
        });
        if (!is_valid || request.name.empty()) {
            return std::string("Expected ?name=, with the name of a client.");
        }
        return request;
    }
};

/// The longest name of a certificate in a request: that of a host, and "*.".
inline constexpr std::size_t certificate_name_max = 256;

/// Reads a parameter with the name of a certificate. False if it is not valid.
inline bool read_certificate_name(const std::string& value, std::string& to) {
    to = value;
    return !value.empty() && value.size() <= certificate_name_max;
}

/// The names that have certificates from CAs, or wait for them, and the accounts.
struct AcmeRequest {
    static constexpr std::string_view method = "GET";
    static constexpr std::string_view path = "/v1/acme";
    static constexpr std::string_view not_here = "A client orders no certificates. Ask its server.";

    std::string name{};  // only this one; empty: all

    std::string to_query() const { return name.empty() ? "" : "?name=" + percent_encoded(name); }
    static Read<AcmeRequest> from_query(std::string_view query) {
        AcmeRequest request;
        bool is_valid = true;
        for_each_parameter(query, [&](const std::string& key, const std::string& value) {
            is_valid = is_valid && key == "name" && read_certificate_name(value, request.name);
        });
        if (!is_valid) {
            return std::string("Expected no query, or ?name=HOST, with the name of a certificate.");
        }
        return request;
    }
};

/// Orders a certificate again now, or all that wait after a failure.
struct AcmeRenewRequest {
    static constexpr std::string_view method = "POST";
    static constexpr std::string_view path = "/v1/acme/renew";
    static constexpr std::string_view not_here = AcmeRequest::not_here;
    static constexpr std::size_t name_max = certificate_name_max;

    std::string name{};  // empty: all that wait

    Json to_json() const { return name.empty() ? Json::object() : Json{{"name", name}}; }
    static Read<AcmeRenewRequest> from_json(const Json& body) {
        AcmeRenewRequest request;
        if (body.size() == 1 && body.contains("name") && body.at("name").is_string()) {
            request.name = body.at("name").get<std::string>();
        }
        if (request.name.size() > name_max || (!body.empty() && request.name.empty())) {
            return std::string(R"(Expected {"name": ...}, with the name of a certificate, or an empty body.)");
        }
        return request;
    }
};

/// The TXT records for DNS-PERSIST-01. `check`: looks them up.
struct AcmeRecordsRequest {
    static constexpr std::string_view method = "GET";
    static constexpr std::string_view path = "/v1/acme/records";
    static constexpr std::string_view not_here = AcmeRequest::not_here;

    bool check = false;
    std::string name{};  // a host or a wildcard; empty: `domain` and the wildcards of the settings

    std::string to_query() const {
        return std::string(check ? "?check=1" : "?check=0") + (name.empty() ? "" : "&name=" + percent_encoded(name));
    }
    static Read<AcmeRecordsRequest> from_query(std::string_view query) {
        AcmeRecordsRequest request;
        bool is_valid = true;
        for_each_parameter(query, [&](const std::string& key, const std::string& value) {
            const bool is_check = key == "check" && (value == "0" || value == "1");
            request.check = is_check ? value == "1" : request.check;
            is_valid = is_valid && (is_check || (key == "name" && read_certificate_name(value, request.name)));
        });
        if (!is_valid) {
            return std::string(
                "Expected no query, ?check=1 to look the records up, or name=HOST for the record of one host.");
        }
        return request;
    }
};

/// Replaces the key of the account at each CA.
struct AcmeKeysRequest {
    static constexpr std::string_view method = "POST";
    static constexpr std::string_view path = "/v1/acme/change-keys";
    static constexpr std::string_view not_here = AcmeRequest::not_here;
};

/// The certificate of the server's own CA, and where it is.
struct OwnAuthorityRequest {
    static constexpr std::string_view method = "GET";
    static constexpr std::string_view path = "/v1/https-self";
    static constexpr std::string_view not_here = "A client has no CA of its own. Ask its server.";
};

/// The longest name of a member of a cluster in a request; valid ones are shorter.
inline constexpr std::size_t member_name_max = 64;

/// This member of a cluster, and the others.
struct ClusterRequest {
    static constexpr std::string_view method = "GET";
    static constexpr std::string_view path = "/v1/cluster";
    static constexpr std::string_view not_here = "A client is not a member of a cluster. Ask its server.";
};

/// The names of all members' clients, in pages.
struct ClusterNamesRequest {
    static constexpr std::string_view method = "GET";
    static constexpr std::string_view path = "/v1/cluster/names";
    static constexpr std::string_view not_here = ClusterRequest::not_here;

    std::uint64_t from = 0;

    std::string to_query() const { return from == 0 ? "" : "?from=" + std::to_string(from); }
    static Read<ClusterNamesRequest> from_query(std::string_view query) {
        ClusterNamesRequest request;
        bool is_valid = true;
        for_each_parameter(query, [&](const std::string& key, const std::string& value) {
            const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), request.from);
            is_valid = is_valid && key == "from" && error == std::errc() && end == value.data() + value.size();
        });
        if (!is_valid) {
            return std::string("Expected no query, or ?from=, with `next` of the page before.");
        }
        return request;
    }
};

/// Ends the claims of a member that does not return.
struct ClusterForgetRequest {
    static constexpr std::string_view method = "POST";
    static constexpr std::string_view path = "/v1/cluster/forget";
    static constexpr std::string_view not_here = ClusterRequest::not_here;

    std::string member;

    Json to_json() const { return Json{{"member", member}}; }
    static Read<ClusterForgetRequest> from_json(const Json& body) {
        ClusterForgetRequest request;
        if (body.size() == 1 && body.contains("member") && body.at("member").is_string()) {
            request.member = body.at("member").get<std::string>();
        }
        if (request.member.empty() || request.member.size() > member_name_max) {
            return std::string(R"(Expected {"member": ...}, with the name of another member of the cluster.)");
        }
        return request;
    }
};

/// What the members of a cluster share and a dump keeps, sealed, in pages.
struct ClusterValuesRequest {
    static constexpr std::string_view method = "GET";
    static constexpr std::string_view path = "/v1/cluster/values";
    static constexpr std::string_view not_here = ClusterRequest::not_here;

    std::string after{};  // `next` of the page before

    std::string to_query() const { return after.empty() ? "" : "?after=" + percent_encoded(after); }
    static Read<ClusterValuesRequest> from_query(std::string_view query) {
        ClusterValuesRequest request;
        bool is_valid = true;
        for_each_parameter(query, [&](const std::string& key, const std::string& value) {
            is_valid = is_valid && key == "after";
            request.after = value;
        });
        if (!is_valid) {
            return std::string("Expected no query, or ?after=, with `next` of the page before.");
        }
        return request;
    }
};

/// Restores values of a dump.
struct ClusterRestoreRequest {
    static constexpr std::string_view method = "POST";
    static constexpr std::string_view path = "/v1/cluster/restore";
    static constexpr std::string_view not_here = ClusterRequest::not_here;

    std::vector<std::pair<std::string, std::string>> values;  // keys, and their sealed values in base64

    static Read<ClusterRestoreRequest> from_json(const Json& body) {
        ClusterRestoreRequest request;
        const Json list = body.size() == 1 ? body.value("values", Json()) : Json();
        bool is_valid = list.is_array() && !list.empty();
        for (const Json& one : list) {
            is_valid = is_valid && one.is_object() && one.size() == 2 && one.value("key", Json()).is_string() &&
                       one.value("sealed", Json()).is_string();
            if (is_valid) {
                request.values.emplace_back(one["key"].get<std::string>(), one["sealed"].get<std::string>());
            }
        }
        if (!is_valid) {
            return std::string(R"(Expected {"values": [{"key": ..., "sealed": ...}, ...]}, with items of a dump.)");
        }
        return request;
    }
};

template <typename... Request>
struct RequestList {};

/// All of them. A request without `not_here` must be answered by servers and clients, or they do not compile.
using Requests =
    RequestList<StatusRequest, TunnelsRequest, TokensRequest, TokenAddRequest, TokenRightsRequest, TokenRemoveRequest,
                RouteRequest, ConfigDiffRequest, ConfigRequest, ReloadRequest, DrainRequest, KickRequest,
                ClientsRequest, AcmeRequest, AcmeRenewRequest, AcmeRecordsRequest, AcmeKeysRequest, OwnAuthorityRequest,
                ClusterRequest, ClusterNamesRequest, ClusterForgetRequest, ClusterValuesRequest, ClusterRestoreRequest>;

}  // namespace ferrotunnel::admin
