// Settings of ngrok's agent: what is of an account or of ngrok's network needs no equivalent.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "client_metadata.hpp"
#include "ngrok.hpp"

namespace ferrotunnel::cli::importing::ngrok {
namespace {

constexpr std::string_view of_account = "it belongs to an account of ngrok";
constexpr std::string_view of_network = "it is about ngrok's servers; yours is `client.server`";
constexpr std::string_view no_updates = "the program does not update itself";
constexpr std::string_view own_screen = "a client at a terminal shows its status by itself";

struct Needless {
    std::string_view key;
    std::string_view why;
};

constexpr std::array needless{
    Needless{"authtoken",
             "it belongs to an account of ngrok; `ferrotunnel login` saves your server and its token instead"},
    Needless{"api_key", of_account},
    Needless{"remote_management", of_account},
    Needless{"region", of_network},
    Needless{"server_addr", of_network},
    Needless{"connect_url", of_network},
    Needless{"root_cas", of_network},
    Needless{"connect_cas", of_network},
    Needless{"trust_host_root_certs", of_network},
    Needless{"crl_noverify", of_network},
    Needless{"update_channel", no_updates},
    Needless{"update_check", no_updates},
    Needless{"update", no_updates},
    Needless{"console_ui", own_screen},
    Needless{"console_ui_color", own_screen},
};

constexpr std::array no_equivalent{
    NoEquivalent{"connect_interface", "the system chooses the interface", "set a route to the server"},
    NoEquivalent{"dns_resolver_ips", "names are resolved as configured in the system",
                 "configure its resolver, or write the server's address in `client.server`"},
    NoEquivalent{"web_allow_hosts", "the dashboard admits users by their login, and not by the Host of a request",
                 "set `client.dashboard_token_file` for access from other machines"},
};

void read_times(Draft& draft, Keys& agent) {
    using std::chrono::milliseconds;
    if (const auto time = time_at(draft, agent, "connect_timeout")) {
        draft.set(Side::client, "timing.handshake_timeout", text_of(*time), agent.origin("connect_timeout"));
    }
    constexpr milliseconds usual_interval{10'000};
    constexpr milliseconds usual_tolerance{15'000};
    const auto interval = time_at(draft, agent, "heartbeat_interval");
    const auto tolerance = time_at(draft, agent, "heartbeat_tolerance");
    if (interval) {
        draft.set(Side::client, "timing.ping_interval", text_of(*interval), agent.origin("heartbeat_interval"));
    }
    if (interval || tolerance) {
        const milliseconds pings = interval.value_or(usual_interval);
        const milliseconds dead = std::max(3 * pings, pings + tolerance.value_or(usual_tolerance));
        draft.set(Side::client, "timing.dead_interval", text_of(dead),
                  agent.origin(tolerance ? "heartbeat_tolerance" : "heartbeat_interval"));
    }
}

void read_log(Draft& draft, Keys& agent) {
    if (const auto level = agent.text("log_level")) {
        draft.client_log.set("level", *level == "crit" ? "error" : *level, agent.origin("log_level"));
    }
    if (const auto format = agent.text("log_format")) {
        draft.client_log.set("format", *format == "json" ? "json" : "text", agent.origin("log_format"));
    }
    const auto log = agent.text("log");
    if (log == "false") {
        draft.client_log.set("level", "off", agent.origin("log"));
    } else if (log == "stderr") {
        agent.skip(draft, "log", "the log is written to the standard error stream");
    } else if (log) {
        agent.lose(draft, "log", "the log is written to the standard error stream",
                   "redirect it, as with `2>>FILE`, or let systemd keep it");
    }
}

void read_inspector(Draft& draft, Keys& agent) {
    constexpr long long least = 1'048'576;
    constexpr long long most = 1'000'000'000'000;
    if (const auto size = agent.number(draft, "inspect_db_size", -1, most)) {
        const Origin origin = agent.origin("inspect_db_size");
        if (*size < 0) {
            draft.client.set("inspect", false, origin);
        } else if (*size == 0) {
            agent.skip(draft, "inspect_db_size", "it is the default");
        } else {
            draft.client.set("inspect_memory", std::max(*size, least), origin);
            if (*size < least) {
                draft.ask(origin, fmt::format("`inspect_memory` is {} at least, and has this value now", least));
            }
        }
    }
    const std::string_view key = agent.has("web_addr") ? "web_addr" : "inspect_addr";
    const auto address = agent.text(key);
    if (!address) {
        return;
    }
    const auto place = split_address(*address);
    if (*address == "false") {
        draft.set(Side::client, "dashboard", "off", agent.origin(key));
    } else if (place && (place->host == "localhost" || place->host == "::1" || place->host.starts_with("127."))) {
        draft.set(Side::client, "dashboard", with_port(place->host, place->port), agent.origin(key));
    } else {
        agent.lose(draft, key, "other machines reach the dashboard with a login and TLS only",
                   "set `client.dashboard` with `dashboard_token_file`, `dashboard_tls_cert` and `dashboard_tls_key`");
    }
}

}  // namespace

void read_agent(Draft& draft, Keys& agent) {
    for (const Needless& row : needless) {
        agent.skip(draft, row.key, row.why);
    }
    agent.lose(draft, no_equivalent);
    if (const auto metadata = agent.text("metadata")) {
        add_client_metadata(draft, agent.origin("metadata"), agent.full("metadata"), "ngrok", *metadata);
    }
    read_times(draft, agent);
    read_log(draft, agent);
    read_inspector(draft, agent);
    for (const std::string_view key : {"proxy_url", "http_proxy", "socks5_proxy"}) {
        set_proxy(draft, agent, key);
    }
}

}  // namespace ferrotunnel::cli::importing::ngrok
