// Settings of cloudflared's process: what is of an account or of Cloudflare's network needs no equivalent.
#include <algorithm>
#include <array>

#include "client_metadata.hpp"
#include "cloudflared.hpp"

namespace ferrotunnel::cli::importing::cloudflared {
namespace {

constexpr std::string_view of_account =
    "it belongs to an account of Cloudflare; `ferrotunnel login` saves your server and its token instead";
constexpr std::string_view of_network = "it is about Cloudflare's servers; yours is `client.server`";
constexpr std::string_view no_updates = "the program does not update itself";

struct Needless {
    std::string_view key;
    std::string_view why;
};

constexpr std::array needless{
    Needless{"tunnel", of_account},
    Needless{"credentials-file", of_account},
    Needless{"cred-file", of_account},
    Needless{"credentials-contents", of_account},
    Needless{"token", of_account},
    Needless{"token-file", of_account},
    Needless{"origincert", of_account},
    Needless{"name", of_account},
    Needless{"account-id", of_account},
    Needless{"region", of_network},
    Needless{"edge", of_network},
    Needless{"edge-ip-version", "all addresses of the server are tried"},
    Needless{"cacert", of_network},
    Needless{"api-url", of_network},
    Needless{"management-hostname", of_network},
    Needless{"management-diagnostics", of_network},
    Needless{"features", of_network},
    Needless{"protocol", "clients connect with TLS over TCP"},
    Needless{"post-quantum", "the key exchange is chosen by TLS 1.3 of both sides"},
    Needless{"max-edge-addr-retries", of_network},
    Needless{"dial-edge-timeout", "the time limit for a login is `client.timing.handshake_timeout`"},
    Needless{"rpc-timeout", of_network},
    Needless{"no-prechecks", "`ferrotunnel check` checks a file"},
    Needless{"heartbeat-count", "the limit is `client.timing.dead_interval`"},
    Needless{"transport-loglevel", "there is one level for the whole log"},
    Needless{"proto-loglevel", "there is one level for the whole log"},
    Needless{"autoupdate-freq", no_updates},
    Needless{"no-autoupdate", no_updates},
    Needless{"is-autoupdated", no_updates},
    Needless{"quic-disable-pmtu-discovery", "there is no QUIC"},
    Needless{"quic-connection-level-flow-control-limit", "there is no QUIC"},
    Needless{"quic-stream-level-flow-control-limit", "there is no QUIC"},
    Needless{"metrics-update-freq", "metrics are always current"},
};

constexpr std::string_view no_dns = "there is no DNS server";
constexpr std::string_view private_networks = "private networks are reached address by address";
constexpr std::string_view use_exit = "offer a service with `local: exit` and a list `allow`: docs/exit.md";

constexpr std::array no_equivalent{
    NoEquivalent{"retries", "a client connects again until it succeeds",
                 "to end it instead, set `client.attempts` to this number"},
    NoEquivalent{"edge-bind-address", "the system chooses the address from which a client connects",
                 "set a route to the server"},
    NoEquivalent{"pidfile", "there is no file with the number of the process",
                 "use the unit ferrotunnel@.service, or `client.endpoint_file` to learn when services are ready"},
    NoEquivalent{"logfile", "the log is written to the standard error stream", "redirect it, as with `2>>FILE`"},
    NoEquivalent{"log-directory", "the log is written to the standard error stream", "redirect it, as with `2>>FILE`"},
    NoEquivalent{"trace-output", "there is no trace of the program"},
    NoEquivalent{"compression-quality", "the tunnel does not compress",
                 "add the plugin `compress` to `plugins.chain` of the server"},
    NoEquivalent{"max-active-flows", "the number of visitors is a right of a token",
                 "set `visitors` of the token in the server's file"},
    NoEquivalent{"write-stream-timeout", "the time limit is one for the tunnel connection",
                 "set `client.timing.write_timeout`"},
    NoEquivalent{"lb-pool", "there are no pools of an account",
                 "give the services of several clients the same `group`"},
    NoEquivalent{"disable-path-normalization", "paths are always normalized"},
    NoEquivalent{"icmpv4-src", "ping does not pass the tunnel"},
    NoEquivalent{"icmpv6-src", "ping does not pass the tunnel"},
    NoEquivalent{"proxy-dns", no_dns},
    NoEquivalent{"proxy-dns-port", no_dns},
    NoEquivalent{"proxy-dns-address", no_dns},
    NoEquivalent{"proxy-dns-upstream", no_dns},
    NoEquivalent{"dns-resolver-addrs", private_networks, use_exit},
    NoEquivalent{"warp-routing.connectTimeout", private_networks, use_exit},
    NoEquivalent{"warp-routing.maxActiveFlows", private_networks, use_exit},
    NoEquivalent{"warp-routing.tcpKeepAlive", private_networks, use_exit},
};

void read_log(Draft& draft, Keys& root) {
    if (const auto level = root.text("loglevel")) {
        const bool is_worst = *level == "fatal" || *level == "panic";
        draft.client_log.set("level", is_worst ? "error" : *level, root.origin("loglevel"));
    }
    if (const auto output = root.text("output")) {
        draft.client_log.set("format", *output == "json" ? "json" : "text", root.origin("output"));
    }
}

void read_heartbeat(Draft& draft, Keys& root) {
    const auto time = time_at(draft, root, "heartbeat-interval");
    if (!time) {
        return;
    }
    const Origin origin = root.origin("heartbeat-interval");
    draft.set(Side::client, "timing.ping_interval", text_of(*time), origin);
    constexpr std::chrono::milliseconds usual{45'000};
    if (3 * *time > usual) {
        draft.set(Side::client, "timing.dead_interval", text_of(3 * *time), origin);
    }
}

void read_metrics(Draft& draft, Keys& root) {
    const auto metrics = root.text("metrics");
    if (!metrics) {
        return;
    }
    const auto place = split_address(*metrics);
    if (!place) {
        root.lose(draft, "metrics", "the address has no port", "set `client.metrics`, like 127.0.0.1:7836");
        return;
    }
    draft.set(Side::client, "metrics", with_port(place->host.empty() ? "0.0.0.0" : place->host, place->port),
              root.origin("metrics"));
}

}  // namespace

void read_client(Draft& draft, Keys& root) {
    for (const Needless& row : needless) {
        root.skip(draft, row.key, row.why);
    }
    root.lose(draft, no_equivalent);
    root.lose_unless_off(draft, "warp-routing.enabled", private_networks, use_exit);
    read_log(draft, root);
    read_metrics(draft, root);
    if (const auto time = time_at(draft, root, "grace-period")) {
        draft.set(Side::client, "drain", text_of(*time), root.origin("grace-period"));
    }
    read_heartbeat(draft, root);
    if (const auto label = root.text("label")) {
        draft.set(Side::client, "name", valid_name(*label), root.origin("label"));
    }
    add_client_metadata(draft, root.origin("tag"), root.full("tag"), root.texts("tag"));
    constexpr long long most = 16;
    constexpr long long most_there = 1'000;
    if (const auto count = root.number(draft, "ha-connections", 1, most_there)) {
        draft.client.set("connections", std::min(*count, most), root.origin("ha-connections"));
        if (*count > most) {
            draft.ask(root.origin("ha-connections"), "a client has at most 16 connections");
        }
    }
}

}  // namespace ferrotunnel::cli::importing::cloudflared
