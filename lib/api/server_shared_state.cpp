#include "api/server_shared_state.hpp"

#include "api/engine_settings.hpp"
#include "api/server_tokens.hpp"
#include "api/statistics.hpp"
#include "api/tls_settings.hpp"
#include "ingress/tcp_port.hpp"
#include "ingress/udp_port.hpp"

namespace ferrotunnel::detail {

std::shared_ptr<session::ServerShared> make_server_shared(const ServerSettings& settings, runtime::WorkerGroup& workers,
                                                          Logger& log, Random& random) {
    auto shared = std::make_shared<session::ServerShared>();
    const login::AcceptedTokens tokens = accepted_tokens(settings, shared->tokens.get(), random);
    shared->tokens = tokens;
    shared->tokens.external()->set_ports(ports_of_every_token(settings));
    shared->service_tokens = service_tokens_of(settings);
    shared->services = std::make_shared<metrics::ServiceCounters>(writers_of(workers));
    const directory::Registry::Settings bounds = quotas_of(settings);
    shared->registry = std::make_shared<directory::Registry>(bounds);
    shared->ports = std::make_shared<directory::PortTable>(
        directory::PortTable::Limits{bounds.claims_per_session_max, bounds.ports_per_token_max});
    shared->ports->set_hold(settings.hold, &log);
    shared->brute_force = std::make_shared<login::BruteForceLimiter>();
    shared->instance = new_instance(random);
    shared->mux = mux_settings(mux::Role::server, settings);
    shared->memory = std::make_shared<trunk::MemoryGovernor>(memory_of(settings), token_count(settings));
    shared->handshake_deadline = settings.timing.handshake_timeout;
    shared->tls = make_tls(settings);
    shared->tcp_bind = *runtime::SocketAddress::from_ip(settings.tcp_bind, 0);
    shared->public_host = settings.public_host.empty() ? settings.tcp_bind : settings.public_host;
    shared->open_port = ingress::tcp_port_opener(proxies_of(settings), log);
    shared->open_udp = ingress::udp_port_opener(shared->datagrams, random, log);
    shared->domain = settings.domain;
    shared->http_bounds = http_bounds(settings.http);
    directory::HttpDirectory::Settings directory;
    directory.seed = random.next();
    shared->http = std::make_shared<directory::HttpDirectory>(directory);
    const auto rules =
        std::make_shared<const directory::RightRules>(*tokens, shared->domain, shared->tokens.external());
    shared->registry->set_rules(rules);
    shared->http->set_rules(rules);
    shared->audit = std::make_shared<audit::AuditLog>();
    shared->log = &log;
    shared->random = &random;
    return shared;
}

}  // namespace ferrotunnel::detail
