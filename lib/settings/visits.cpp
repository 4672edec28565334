#include "settings/visits.hpp"

#include "base/limits.hpp"
#include "base/text.hpp"
#include "net/host_port.hpp"
#include "settings/listen_addresses.hpp"

namespace ferrotunnel::detail {

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
