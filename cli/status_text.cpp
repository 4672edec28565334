#include "status_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <set>

#include "acme_text.hpp"
#include "cluster_text.hpp"
#include "printable.hpp"
#include "service_rows.hpp"

namespace ferrotunnel::cli {
namespace {

using Rows = std::vector<std::vector<std::string>>;

const Json nothing = Json();
constexpr std::size_t top_visitors_of_status = 10;
constexpr std::size_t top_visitors_of_services = 10'000;

std::string or_dash(std::string text) {
    return text.empty() ? "-" : text;
}

std::string counted(std::int64_t count, std::string_view what) {
    return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

std::int64_t now_in_seconds() {
    using namespace std::chrono;
    return duration_cast<seconds>(system_clock::now().time_since_epoch()).count();
}

/// The time since an earlier status of the same program.
struct Pace {
    double seconds = 0;  // 0: unknown
    const Json& now;
    const Json& before;

    Pace(const Json& status, const Json& earlier) : now(status), before(earlier) {
        const std::int64_t passed = number_in(status, "uptime_ms") - number_in(earlier, "uptime_ms");
        if (earlier.is_object() && number_in(earlier, "pid") == number_in(status, "pid") && passed > 0) {
            seconds = static_cast<double>(passed) / 1'000;
        }
    }
    double of(const char* group, const char* key) const {
        const std::int64_t more = number_in(member_of(now, group), key) - number_in(member_of(before, group), key);
        return seconds > 0 ? static_cast<double>(std::max<std::int64_t>(more, 0)) / seconds : 0;
    }
    std::string bytes(const char* key) const {
        const std::string total = size_text(static_cast<double>(number_in(member_of(now, "traffic"), key)));
        return seconds > 0 ? fmt::format("{} ({}/s)", total, size_text(of("traffic", key))) : total;
    }
    std::string count(const char* group, const char* key, std::string_view what) const {
        const std::int64_t number = number_in(member_of(now, group), key);
        const std::string total = what.empty() ? std::to_string(number) : counted(number, what);
        return seconds > 0 ? fmt::format("{} ({:.1f}/s)", total, of(group, key)) : total;
    }
};

std::string first_line(const Json& status) {
    return fmt::format("{}, pid {}, up {}{}\n", text_in(status, "side"), number_in(status, "pid"),
                       duration_text(number_in(status, "uptime_ms") / 1'000),
                       member_of(status, "draining") == true ? ", ending: no new visitors" : "");
}

std::string traffic_lines(const Json& status, const Pace& pace) {
    const Json& traffic = member_of(status, "traffic");
    std::string text = fmt::format("  visitors     {} now, {} in all, {} refused\n", number_in(traffic, "streams"),
                                   pace.count("traffic", "streams_opened", ""), number_in(traffic, "streams_refused"));
    text +=
        fmt::format("  payload      {} received, {} sent\n", pace.bytes("bytes_received"), pace.bytes("bytes_sent"));
    if (number_in(member_of(status, "http"), "connections") > 0) {
        text += fmt::format("  HTTP         {}, {} connections now\n", pace.count("http", "requests", "request"),
                            number_in(member_of(status, "http"), "connections_now"));
    }
    return text;
}

std::string left_off(const Json& answer) {
    const std::int64_t rows = number_in(answer, "left_off");
    return rows > 0 ? fmt::format("  ... and {} more\n", rows) : "";
}

// For a service whose client is a member of a group, or whose backend is unhealthy.
std::string health_text(const Json& service) {
    std::string text;
    if (const Json& member = member_of(service, "member"); member.is_object()) {
        std::string state = text_in(member, "state");
        state = state == "takes_visitors" || state == "unhealthy" ? std::string() : ", " + state;
        text = fmt::format(", {} in all, group {}{}", number_in(member, "visitors"), text_in(member, "group"), state);
    } else if (member_of(service, "draining") == true) {
        text = ", draining";
    }
    return text + (service.contains("unhealthy") ? ", unhealthy: " + text_in(service, "unhealthy") : std::string());
}

// The present visitors, or requests, of a group's member; otherwise streams.
std::string visitors_text(const Json& service) {
    return std::to_string(visitors_now(service)) + health_text(service);
}

std::string rate_text(const ServiceRow& row) {
    return row.per_second ? fmt::format("{:.1f}", *row.per_second) : std::string("-");
}

// The visitors with the most traffic: at most three for a service, and `rows_max` in all. The members of a group share
// one list, so it is shown once.
std::string top_visitors_text(const std::vector<ServiceRow>& services, std::size_t rows_max) {
    constexpr std::size_t of_one_max = 3;
    Rows rows{{"TOP VISITOR", "SERVICE", "VISITS", "BYTES"}};
    std::set<std::string> told;
    for (const ServiceRow& row : services) {
        if (row.service != nullptr &&
            !told.insert(text_in(*row.service, "name") + ' ' + text_in(*row.service, "endpoint")).second) {
            continue;
        }
        std::size_t of_one = 0;
        for (const Json& visitor : member_of(row.service != nullptr ? *row.service : nothing, "top_visitors")) {
            if (++of_one > of_one_max || rows.size() > rows_max) {
                break;
            }
            rows.push_back({text_in(visitor, "address"), text_in(*row.service, "name"),
                            std::to_string(number_in(visitor, "visits")),
                            size_text(static_cast<double>(number_in(visitor, "bytes")))});
        }
    }
    return rows.size() > 1 ? "\n" + table(rows, 2) : std::string();
}

// "waiting to resume for 3 s", after `separator`; empty if none waits.
std::string waiting_text(const Json& waits, std::string_view separator) {
    const std::int64_t waiting = number_in(waits, "waiting");
    return waiting == 0 ? std::string()
                        : fmt::format("{}{} waiting to resume for {}", separator, waiting,
                                      duration_text(number_in(waits, "waiting_ms") / 1'000));
}

// Empty if `resume` is off, or no connection was lost yet.
std::string resume_line(const Json& status) {
    const Json& resume = member_of(status, "resume");
    if (number_in(resume, "waits") == 0) {
        return {};
    }
    return fmt::format("  resume       {} lost, {} resumed, {} abandoned{}\n",
                       counted(number_in(resume, "waits"), "connection"), number_in(resume, "resumed"),
                       number_in(resume, "given_up"), waiting_text(resume, "; "));
}

// The public endpoint of a service, and the number of its further hosts.
std::string public_text(const Json& service) {
    const std::size_t more = member_of(service, "more_hosts").size();
    return or_dash(text_in(service, "endpoint")) + (more == 0 ? "" : fmt::format(" (+{})", more));
}

std::string tunnels_text(const Json& status, const Pace& pace, const std::string& order) {
    Rows rows{{"ID", "NAME", "TOKEN", "ADDRESS", "SINCE", "CONNECTIONS", "SERVICE", "PUBLIC", "RATE/S", "VISITORS"}};
    const std::vector<ServiceRow> services = service_rows(status, pace.before, pace.seconds, order);
    const Json* client = nullptr;  // of the previous row
    for (const ServiceRow& row : services) {
        const Json& tunnel = *row.client;
        std::vector<std::string> cells(6);
        if (client != &tunnel) {
            client = &tunnel;
            cells = {std::to_string(number_in(tunnel, "id")),
                     or_dash(text_in(tunnel, "name")),
                     text_in(tunnel, "token"),
                     text_in(tunnel, "address"),
                     duration_text(now_in_seconds() - number_in(tunnel, "since")),
                     std::to_string(number_in(tunnel, "connections")) + waiting_text(tunnel, ", ")};
        }
        if (row.service != nullptr) {
            cells.insert(cells.end(), {text_in(*row.service, "name"), public_text(*row.service), rate_text(row),
                                       visitors_text(*row.service)});
        }
        rows.push_back(std::move(cells));
    }
    return (rows.size() > 1 ? "\n" + table(rows, 2) : std::string()) + left_off(status) +
           top_visitors_text(services, top_visitors_of_status);
}

// Clients with metadata, as KEY=VALUE. Both come from the clients; table() makes them printable.
std::string metadata_text(const Json& status) {
    Rows rows{{"ID", "NAME", "METADATA"}};
    for (const Json& client : member_of(status, "tunnels")) {
        std::string pairs;
        for (const auto& [key, value] : member_of(client, "metadata").items()) {
            pairs += (pairs.empty() ? "" : ", ") + key + '=' + (value.is_string() ? value.get<std::string>() : "");
        }
        if (!pairs.empty()) {
            rows.push_back({std::to_string(number_in(client, "id")), or_dash(text_in(client, "name")), pairs});
        }
    }
    return rows.size() > 1 ? "\n" + table(rows, 2) : std::string();
}

std::string kept_out_text(const Json& status) {
    Rows rows{{"REJECTED", "NAME", "TOKEN", "TIME LEFT"}};
    const bool has_members = status.contains("cluster");
    if (has_members) {
        rows.front().emplace_back("KICKED AT");
    }
    for (const Json& client : member_of(status, "kept_out")) {
        const std::int64_t id = number_in(client, "id");
        rows.push_back({id == 0 ? "-" : std::to_string(id), or_dash(text_in(client, "name")), text_in(client, "token"),
                        duration_text(number_in(client, "seconds"))});
        if (has_members) {
            const std::string member = text_in(client, "member");
            rows.back().push_back(member.empty() ? text_in(member_of(status, "cluster"), "member") : member);
        }
    }
    return rows.size() > 1 ? "\n" + table(rows, 2) : std::string();
}

std::string plugins_text(const Json& status) {
    Rows rows{{"PLUGIN", "MODE", "ASKED", "ANSWERED", "EDITS", "BODIES", "WAITS", "FAILURES", "LATE", "SLOW"}};
    for (const Json& plugin : member_of(status, "plugins")) {
        std::vector<std::string> row{text_in(plugin, "id"),
                                     member_of(plugin, "off") == true ? "off" : text_in(plugin, "mode")};
        for (const char* key : {"asked", "answered", "edits", "bodies", "waits", "failures", "late", "slow"}) {
            row.push_back(std::to_string(number_in(plugin, key)));
        }
        rows.push_back(std::move(row));
    }
    return rows.size() > 1 ? "\n" + table(rows, 2) : std::string();
}

// A CA of the server's own has to be trusted again everywhere.
std::int64_t soon_for(const std::string& use) {
    return std::int64_t{use == "authority" ? 60 : 30} * 24 * 3600;
}

// The certificate of a file that expires first, and all that expire soon.
std::string certificates_lines(const Json& certificates) {
    std::string text;
    for (const Json& one : certificates) {
        const std::int64_t left = number_in(one, "expires") - now_in_seconds();
        const std::string file = text_in(one, "file");
        if (left > soon_for(text_in(one, "use")) && (!text.empty() || file.empty())) {
            continue;
        }
        text += fmt::format("  certificate  {} for {}, {}{}\n", or_dash(printable(text_in(one, "name"))),
                            text_in(one, "use"), left > 0 ? "expires in " + duration_text(left) : "EXPIRED",
                            file.empty() ? "" : ": " + printable(file));
    }
    return text;
}

std::string server_text(const Json& status, const Pace& pace, const std::string& order) {
    const Json& endpoints = member_of(status, "endpoints");
    std::string text = fmt::format("  listens      {}", text_in(endpoints, "clients"));
    for (const char* key : {"http", "https"}) {
        const std::string at = text_in(endpoints, key);
        text += at.empty() ? "" : fmt::format(", {} {}", key, at);
    }
    text += fmt::format("\n  clients      {} on {}, {}; {}, {} refused\n", number_in(status, "clients"),
                        counted(number_in(status, "connections"), "connection"),
                        counted(number_in(status, "services"), "service"),
                        counted(number_in(status, "logins"), "login"), number_in(status, "logins_refused"));
    if (member_of(status, "logins_hybrid").is_number()) {  // an older server has no count
        text += fmt::format("  encryption   {} post-quantum, {} other\n",
                            counted(number_in(status, "logins_hybrid"), "login"), number_in(status, "logins_classic"));
    }
    text += certificates_lines(member_of(status, "certificates")) + acme_lines(member_of(status, "acme")) +
            cluster_lines(member_of(status, "cluster"));
    return text + resume_line(status) + traffic_lines(status, pace) + tunnels_text(status, pace, order) +
           metadata_text(status) + kept_out_text(status) + plugins_text(status);
}

std::string visits_text(const Json& status) {
    Rows rows{{"VISITS", "KIND", "AT", "SINCE", "OPEN", "TOTAL", "FAILED"}};
    for (const Json& visit : member_of(status, "visits")) {
        std::string failed = std::to_string(number_in(visit, "failed"));
        if (const std::string why = text_in(visit, "why"); !why.empty()) {
            failed += fmt::format(", {} ago: {}", duration_text(now_in_seconds() - number_in(visit, "failed_at")), why);
        }
        rows.push_back({text_in(visit, "name"), text_in(visit, "kind"), text_in(visit, "at"),
                        duration_text(now_in_seconds() - number_in(visit, "since")),
                        std::to_string(number_in(visit, "open")), std::to_string(number_in(visit, "opened")),
                        std::move(failed)});
    }
    return rows.size() > 1 ? "\n" + table(rows, 2) : std::string();
}

// Of open connections, each kind once: "TLSv1.3 TLS_AES_128_GCM_SHA256 X25519MLKEM768".
std::string encryption_lines(const Json& connections) {
    std::set<std::string> kinds;
    for (const Json& connection : connections) {
        if (std::string tls = text_in(connection, "tls"); !tls.empty()) {
            kinds.insert(std::move(tls));
        }
    }
    std::string text;
    for (const std::string& kind : kinds) {
        text += fmt::format("  encryption   {}\n", kind == "plain" ? "none" : printable(kind));
    }
    return text;
}

// The server, or a line for each of several.
std::string servers_lines(const Json& status) {
    const std::string name = text_in(status, "name");
    const std::string as = name.empty() ? "" : ", as " + name;
    const Json& servers = member_of(status, "servers");
    if (member_of(status, "connected") != true) {
        return fmt::format("  server       {}, not connected{}\n", text_in(status, "server"), as);
    }
    if (!servers.is_array() || servers.size() < 2) {  // an older client has no list
        const std::string server =
            servers.is_array() && !servers.empty() ? text_in(servers.front(), "address") : text_in(status, "server");
        return fmt::format("  server       {}, {}{}\n", server, counted(number_in(status, "connections"), "connection"),
                           as);
    }
    std::string text;
    for (const Json& server : servers) {
        const std::string member = text_in(server, "member");
        const std::int64_t connections = number_in(server, "connections");
        text += fmt::format("  server       {}{}, {}{}\n", text_in(server, "address"),
                            member.empty() ? "" : fmt::format(" ({})", member),
                            connections == 0 ? "not connected" : counted(connections, "connection"),
                            text.empty() ? as : "");
    }
    return text;
}

std::string client_text(const Json& status, const Pace& pace) {
    std::string text = servers_lines(status);
    text += fmt::format("  connections  {} made, {} lost, round trip {:.1f} ms\n", number_in(status, "connects"),
                        number_in(status, "losses"), static_cast<double>(number_in(status, "rtt_us")) / 1'000);
    text += encryption_lines(member_of(status, "trunks")) + certificates_lines(member_of(status, "certificates"));
    return text + resume_line(status) + traffic_lines(status, pace) + "\n" + services_text(status, nothing, 0, {}) +
           visits_text(status);
}

std::string list_text(const Json& list) {
    std::string text;
    for (const Json& item : list) {
        text += (text.empty() ? "" : ",") + (item.is_string() ? item.get<std::string>() : std::string());
    }
    return or_dash(std::move(text));
}

std::string rights_text(const Json& rights) {
    std::string text;
    const auto put = [&text](const std::string& what) { text += (text.empty() ? "" : "; ") + what; };
    for (const char* key : {"hosts", "ports", "kinds", "from"}) {
        if (const auto found = rights.find(key); found != rights.end()) {
            put(fmt::format("{} {}", key, found->is_array() ? list_text(*found) : text_in(rights, key)));
        }
    }
    if (rights.contains("expires")) {
        const std::int64_t left = number_in(rights, "expires") - now_in_seconds();
        put(left > 0 ? "expires in " + duration_text(left) : "EXPIRED");
    }
    return text.empty() ? "default rights" : text;
}

// Another member of the cluster may have removed the token.
std::string revoked_text(const Json& token) {
    const std::string member = text_in(member_of(token, "revoked"), "member");
    return member.empty() ? std::string() : "REVOKED at " + member + "; ";
}

std::string use_text(const Json& token, const char* used, const char* most) {
    const std::int64_t now = number_in(token, used);
    const Json& quotas = member_of(token, "quotas");
    return quotas.contains(most) ? fmt::format("{} of {}", now, number_in(quotas, most)) : std::to_string(now);
}

// The bytes of a service, counted by its name and address: those of all members if a group shares it.
std::string bytes_text(const Json& service) {
    const std::int64_t bytes = number_in(service, "bytes_received") + number_in(service, "bytes_sent");
    return size_text(static_cast<double>(bytes)) + (member_of(service, "member").is_object() ? " (group)" : "");
}

// When one of a token's secrets was last used, and its id in logs.
std::string secret_text(const Json& token, const char* which) {
    const Json& secret = member_of(member_of(token, "secrets"), which);
    if (!secret.is_object()) {
        return "-";
    }
    const std::string id = secret.contains("id") ? fmt::format(" (id {})", text_in(secret, "id")) : "";
    if (number_in(secret, "connections") > 0) {
        return "in use, " + text_in(secret, "from") + id;
    }
    return secret.contains("last_used")
               ? fmt::format("unused for {}, then {}", duration_text(now_in_seconds() - number_in(secret, "last_used")),
                             text_in(secret, "from")) +
                     id
               : "never used" + id;
}

std::string services_of_server_text(const Json& answer, const std::vector<ServiceRow>& services) {
    Rows rows{{"NAME", "PUBLIC", "CLIENT", "ID", "TOKEN", "RATE/S", "BYTES", "VISITORS"}};
    for (const ServiceRow& row : services) {
        const Json& service = *row.service;
        rows.push_back({text_in(service, "name"), public_text(service), or_dash(text_in(service, "client")),
                        std::to_string(number_in(service, "client_id")), text_in(service, "token"), rate_text(row),
                        bytes_text(service), visitors_text(service)});
    }
    return table(rows, 2) + left_off(answer) + top_visitors_text(services, top_visitors_of_services);
}

}  // namespace

std::string table(const std::vector<std::vector<std::string>>& rows, std::size_t indent) {
    Rows shown;
    std::vector<std::size_t> widths;
    for (const std::vector<std::string>& row : rows) {
        shown.emplace_back();
        for (const std::string& cell : row) {
            shown.back().push_back(printable(cell));
            widths.resize(std::max(widths.size(), shown.back().size()));
            std::size_t& width = widths[shown.back().size() - 1];
            width = std::max(width, shown.back().back().size());
        }
    }
    std::string text;
    for (const std::vector<std::string>& row : shown) {
        std::string line(indent, ' ');
        for (std::size_t i = 0; i < row.size(); ++i) {
            line += fmt::format("{:<{}}  ", row[i], widths[i]);
        }
        line.erase(line.find_last_not_of(' ') + 1);
        text += line + '\n';
    }
    return text;
}

std::string status_text(const Json& status, const Json& before, const std::string& order) {
    const Pace pace(status, before);
    std::string text = first_line(status);
    if (const auto left = status.find("trial_seconds"); left != status.end() && left->is_number()) {
        text +=
            fmt::format("  on trial     the reload is reverted in {:.0f} s, unless confirmed\n", left->get<double>());
    }
    text += text_in(status, "side") == "server" ? server_text(status, pace, order) : client_text(status, pace);
    return text;
}

std::string services_text(const Json& answer, const Json& before, double seconds, const std::string& order) {
    const Json& services = member_of(answer, "services");
    if (!services.empty() && services.front().contains("client_id")) {
        return services_of_server_text(answer, service_rows(answer, before, seconds, order));
    }
    Rows rows{{"NAME", "KIND", "PUBLIC", "LOCAL", "STATE"}};
    for (const Json& service : services) {
        const std::string by = text_in(service, "disabled_by");
        const std::string why = by.empty() ? text_in(service, "why") : "by " + by;
        rows.push_back({text_in(service, "name"), text_in(service, "kind"), public_text(service),
                        or_dash(text_in(service, "local")),
                        text_in(service, "state") + (why.empty() ? "" : ": " + why) + health_text(service)});
    }
    return (rows.size() > 1 ? table(rows, 2) : "  no services\n") + left_off(answer);
}

std::string route_text(const Json& answer) {
    const std::string found = text_in(answer, "found");
    if (found != "service") {
        return fmt::format("-> {}\n", printable(found == "away" ? "its client is disconnected" : found));
    }
    if (member_of(answer, "forwarded") == true) {
        return cluster_route_text(answer);
    }
    std::string text =
        fmt::format("-> the service {}, of token {}{}\n", printable(text_in(answer, "service")),
                    printable(text_in(answer, "token")), answer.contains("tls") ? ", by TLS passthrough" : "");
    text += cluster_route_text(answer);
    if (!member_of(answer, "members").is_array()) {
        return text;
    }
    Rows rows{{"MEMBER", "STATE", "WEIGHT", "VISITORS", "TOTAL", ""}};
    bool is_chosen = false;
    for (const Json& member : member_of(answer, "members")) {
        std::string state = text_in(member, "state");
        std::replace(state.begin(), state.end(), '_', ' ');
        const bool is_it = member_of(member, "chosen") == true;
        is_chosen = is_chosen || is_it;
        rows.push_back({text_in(member, "name"), state, std::to_string(number_in(member, "weight")),
                        std::to_string(number_in(member, "visitors_now")),
                        std::to_string(number_in(member, "visitors")), is_it ? "<- this visitor" : ""});
    }
    text += table(rows, 2);
    if (is_chosen) {
        return text;
    }
    const std::string sticky = text_in(answer, "sticky");
    return text + (sticky == "address" ? "--visitor ADDRESS shows the member for a visitor from that address\n"
                   : sticky == "cookie"
                       ? "-H 'Cookie: ...' shows the member for a visitor with that cookie\n"
                       : "no fixed member: the group's `balance` setting selects one for each new visitor\n");
}

std::string tokens_text(const Json& answer) {
    Rows rows{{"NAME", "CLIENTS", "CONNECTIONS", "SERVICES", "PORTS", "VISITORS", "SECRET", "ALSO", "RIGHTS"}};
    for (const Json& token : member_of(answer, "tokens")) {
        rows.push_back({text_in(token, "name"), std::to_string(number_in(token, "clients")),
                        use_text(token, "connections", "connections"), use_text(token, "services", "services"),
                        std::to_string(number_in(token, "ports")), use_text(token, "streams", "visitors"),
                        secret_text(token, "secret"), secret_text(token, "also"),
                        revoked_text(token) + rights_text(member_of(token, "rights"))});
    }
    return table(rows, 2) + left_off(answer);
}

std::string size_text(double bytes) {
    static constexpr std::array units{"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
    std::size_t unit = 0;
    while (bytes >= 1'024 && unit + 1 < units.size()) {
        bytes /= 1'024;
        ++unit;
    }
    return unit == 0 ? fmt::format("{:.0f} {}", bytes, units[unit]) : fmt::format("{:.1f} {}", bytes, units[unit]);
}

std::string duration_text(std::int64_t seconds) {
    seconds = std::max<std::int64_t>(seconds, 0);
    if (seconds >= 86'400) {
        return fmt::format("{}d {}h", seconds / 86'400, seconds % 86'400 / 3'600);
    }
    if (seconds >= 3'600) {
        return fmt::format("{}h {}m", seconds / 3'600, seconds % 3'600 / 60);
    }
    return seconds >= 60 ? fmt::format("{}m {}s", seconds / 60, seconds % 60) : fmt::format("{}s", seconds);
}

const Json& member_of(const Json& object, const char* key) {
    const auto found = object.is_object() ? object.find(key) : object.end();
    return found != object.end() ? *found : nothing;
}

std::string text_in(const Json& object, const char* key) {
    const Json& member = member_of(object, key);
    return member.is_string() ? printable(member.get_ref<const std::string&>()) : std::string();
}

std::string raw_text_in(const Json& object, const char* key) {
    const Json& member = member_of(object, key);
    return member.is_string() ? member.get<std::string>() : std::string();
}

std::int64_t number_in(const Json& object, const char* key) {
    const Json& member = member_of(object, key);
    return member.is_number() ? member.get<std::int64_t>() : 0;
}

}  // namespace ferrotunnel::cli
