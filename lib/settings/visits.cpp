#include "settings/visits.hpp"

#include <algorithm>
#include <utility>

#include "base/limits.hpp"
#include "base/text.hpp"
#include "ferrotunnel/error.hpp"
#include "net/host_port.hpp"
#include "settings/listen_addresses.hpp"
#include "settings/secret.hpp"
#include "settings/section_reader.hpp"

namespace ferrotunnel::detail {
namespace {

using config::Value;

constexpr Choice visit_kinds[] = {
    {"tcp", static_cast<std::uint64_t>(Visit::Kind::tcp)},
    {"udp", static_cast<std::uint64_t>(Visit::Kind::udp)},
};
constexpr SettingFacts of_visit[] = {
    {.key = "name",
     .type = "service of another client",
     .help = "Name of the service at its client: `db`, or `db@alice` for a client with another token, which the server "
             "calls alice.",
     .is_required = true},
    {.key = "local",
     .type = "port, or IP address with port",
     .help = "Listen address for connections to the service: `5432` (on this machine only), `127.0.0.1:5432`; port 0: "
             "any free port.",
     .is_required = true},
    {.key = "key", .type = "token", .help = "The key of the service, which its client has too.", .is_required = true},
    {.key = "kind",
     .form = Form::choice,
     .choices = visit_kinds,
     .help = "Kind of the service. With `udp`, each address that sends to `local` has a visit of its own, until it has "
             "been silent for 60 s. Default: `tcp`."},
};

// Reads one visit. Empty if a problem was reported.
std::optional<Visit> read_visit(const Value& item, ConfigReading& reading) {
    if (!item.is_group()) {
        item.unexpected("a visit, like {name: db, local: 5432, key: file:db.key}");
        return std::nullopt;
    }
    config::Section section = section_of(item, visit_keys());
    const auto name = section.find("name");
    const auto local = section.find("local");
    const auto key = section.find("key");
    const std::optional<std::uint64_t> kind = read_key(section, visit_keys(), "kind");
    section.finish();
    if (!name || !local || !key) {
        item.problem("a visit needs a `name`, a `local` and a `key`");
    }
    Visit visit;
    config::assign(visit.kind, kind);
    const auto service = name ? name->word() : std::nullopt;
    const auto place = local ? local->word() : std::nullopt;
    const bool has_key = key && read_visit_key(*key, reading, visit.key);
    visit.service = service.value_or("");
    visit.local = place.value_or("");
    std::vector<Problem> problems;
    check_visit(visit, problems);
    bool is_right = service && place && has_key;
    for (const Problem& problem : problems) {
        const bool is_of_service = problem.key == "service";
        if (is_of_service ? service.has_value() : problem.key == "local" && place) {
            (is_of_service ? *name : *local).problem(problem.text);
            is_right = false;
        }
    }
    return is_right ? std::optional(std::move(visit)) : std::nullopt;
}

}  // namespace

std::span<const SettingFacts> visit_keys() noexcept {
    return of_visit;
}

bool read_visit_key(const Value& value, ConfigReading& reading, VisitKey& into) {
    const std::optional<Secret> secret = read_token(value, reading);
    if (!secret) {
        return false;
    }
    try {
        into = VisitKey(*secret);
        return true;
    } catch (const config_error& error) {
        value.problem(error.problems().front().text);
        return false;
    }
}

void read_visits(const Value& list, ConfigReading& reading, std::vector<Visit>& visits) {
    const std::vector<Value> items = list.items();
    if (items.size() > visits_max) {
        list.problem("a client can have at most " + std::to_string(visits_max));
        return;
    }
    for (const Value& item : items) {
        std::optional<Visit> visit = read_visit(item, reading);
        if (!visit) {
            continue;
        }
        const bool is_taken = std::any_of(visits.begin(), visits.end(), [&](const Visit& earlier) {
            return listens_at_same_address(earlier, *visit);
        });
        if (is_taken) {
            item.problem("a second visit listens at " + in_quotes(visit->local));
        } else {
            visits.push_back(std::move(*visit));
        }
    }
}

std::optional<runtime::SocketAddress> listen_address_of_visit(const std::string& local) {
    const bool is_port = !local.empty() && local.find_first_not_of("0123456789") == std::string::npos;
    std::optional<net::HostPort> place = net::parse_host_port(is_port ? ':' + local : local);
    if (!place) {
        return std::nullopt;
    }
    if (place->host.empty() || place->host == "localhost") {
        place->host = "127.0.0.1";
    }
    return runtime::SocketAddress::from_ip(place->host, place->port);
}

void check_visit(const Visit& visit, std::vector<Problem>& problems) {
    const std::size_t at = visit.service.find('@');
    const bool has_token = at == std::string::npos || at + 1 < visit.service.size();
    if (visit.service.empty() || at == 0 || !has_token || visit.service.size() > limits::open_host_max ||
        !is_printable(visit.service)) {
        problems.push_back(
            {"service", "\"" + printable(visit.service, 100) +
                            "\" is not a valid service name; expected one like db, or db@alice for a client with "
                            "another token"});
    }
    if (!listen_address_of_visit(visit.local)) {
        problems.push_back(
            {"local",
             net::quoted_address_fault(printable(visit.local, 100),
                                       "is not a valid address to listen on; expected a port (5432), or an IP address "
                                       "and a port (127.0.0.1:5432)")});
    }
    if (visit.key.empty()) {
        problems.push_back({"key", "is missing: the same one as at the service's client"});
    }
}

bool listens_at_same_address(const Visit& a, const Visit& b) {
    const std::optional<runtime::SocketAddress> one = listen_address_of_visit(a.local);
    const std::optional<runtime::SocketAddress> other = listen_address_of_visit(b.local);
    return a.kind == b.kind && one && other && overlap(*one, *other);
}

void check_visits(const std::vector<Visit>& visits, std::vector<Problem>& problems) {
    if (visits.size() > visits_max) {
        problems.push_back({"visits", "a client can have at most " + std::to_string(visits_max)});
        return;
    }
    for (auto visit = visits.begin(); visit != visits.end(); ++visit) {
        std::vector<Problem> found;
        check_visit(*visit, found);
        for (const Problem& problem : found) {
            problems.push_back({"visits", problem.key + ' ' + problem.text});
        }
        for (auto earlier = visits.begin(); earlier != visit; ++earlier) {
            if (listens_at_same_address(*earlier, *visit)) {
                problems.push_back({"visits", "two visits listen at " + in_quotes(visit->local)});
            }
        }
    }
}

}  // namespace ferrotunnel::detail
