#include "session/client_shared.hpp"

#include <array>

namespace ferrotunnel::session {

ServerTarget target_of(const ClientShared& shared, const net::HostPort& server) {
    return {server, shared.access ? shared.access(server) : ServerAccess{std::nullopt, shared.tls}};
}

login::ClientHandshake::Settings login_settings(const ClientShared& shared, const ClientLogin& login,
                                                transport::Pipe& pipe) {
    login::ClientHandshake::Settings settings{.token = *shared.token.get()};
    std::array<std::uint8_t, 32> exporter;
    if (pipe.exporter(exporter)) {
        settings.exporter.assign(exporter.begin(), exporter.end());
    }
    const bool resumes = shared.mux.resume > Duration::zero();
    settings.features = wire::feature::announced | (resumes ? wire::feature::resume : 0U);
    settings.name = shared.name;
    settings.identity = shared.identity;
    settings.metadata = shared.metadata;
    settings.replaces = login.replaces;
    settings.instance = shared.instance;
    settings.epoch = login.epoch;
    settings.attempt = login.attempt;
    settings.trunk = login.trunk;
    settings.trunks = login.trunks;
    settings.limits.first_window = shared.mux.first_window;
    settings.limits.streams_max = shared.mux.streams_max;
    settings.limits.opens_max = shared.mux.opens_max;
    return settings;
}

}  // namespace ferrotunnel::session
