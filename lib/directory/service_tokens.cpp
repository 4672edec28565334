#include "directory/service_tokens.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "directory/host_order.hpp"
#include "http/host_pattern.hpp"
#include "login/proof.hpp"

namespace ferrotunnel::directory {
namespace {

// A range makes services of one name, "web:20000"; `tcp+udp` makes "web" and "web/udp".
bool is_called(std::string_view name, std::string_view wanted) noexcept {
    constexpr std::string_view digits = "0123456789";
    if (!name.starts_with(wanted)) {
        return false;
    }
    std::string_view rest = name.substr(wanted.size());
    if (rest.ends_with("/udp")) {
        rest.remove_suffix(4);
    }
    return rest.empty() ||
           (rest.size() > 1 && rest.front() == ':' && rest.find_first_not_of(digits, 1) == std::string_view::npos);
}

bool needs(const ReachedBy& service, const GuardedService& guarded) {
    if (is_called(service.name, guarded.name)) {
        return true;
    }
    if (std::any_of(guarded.ports.begin(), guarded.ports.end(), [&](const login::PortRange& range) {
            return service.port >= range.first && service.port <= range.last;
        })) {
        return true;
    }
    return std::any_of(service.hosts.begin(), service.hosts.end(), [&](const std::string& host) {
        return std::any_of(guarded.hosts.begin(), guarded.hosts.end(), [&](const std::string& pattern) {
            return covers_host(pattern, host) || covers_host(host, pattern);
        });
    });
}

std::string shown(const ReachedBy& service) {
    return service.name.empty() ? std::string("The service") : "The service \"" + printable(service.name, 64) + '"';
}

}  // namespace

ReachedBy reached_by(const wire::Service& service) {
    ReachedBy reached{service.name, service.remote_port};
    const auto& hosts = service.kind == wire::ServiceKind::tls ? service.tls.hosts : service.http.hosts;
    for (const std::string& text : hosts) {
        if (const auto pattern = http::parse_host_pattern(text)) {
            reached.hosts.push_back(pattern->text());
        }
    }
    return reached;
}

std::optional<Refusal> ServiceTokens::refuse(const ReachedBy& service, const std::optional<wire::Proof>& proof,
                                             Bytes client_proof, bool knows) const {
    for (const GuardedService& guarded : services_) {
        if (!needs(service, guarded)) {
            continue;
        }
        const std::string demands = shown(service) + " needs its own token on this server, in addition to the client's";
        if (!knows) {
            return Refusal{wire::Code::unsupported,
                           demands + ", which this client cannot prove: its version is older than the server's."};
        }
        if (!proof) {
            return Refusal{wire::Code::unauthorized, demands + ". Set `token` of the service."};
        }
        const bool proved = std::any_of(guarded.keys.begin(), guarded.keys.end(), [&](const login::Key& key) {
            return login::equal_constant_time(login::make_service_proof(key, client_proof, service.name), *proof);
        });
        if (!proved) {
            return Refusal{wire::Code::unauthorized,
                           demands + ", and its `token` is not the one that the server expects."};
        }
    }
    return std::nullopt;
}

}  // namespace ferrotunnel::directory
