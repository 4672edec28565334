#include "session/service_kind.hpp"

#include "session/limits.hpp"
#include "session/server_shared.hpp"

namespace ferrotunnel::session {

std::uint8_t redraws_max(const ServerShared& shared) noexcept {
    return shared.claims ? limits::assigned_draws_max - 1 : 1;
}

std::optional<directory::Refusal> ServiceKind::refuse_claim(const SessionService&, const ServicePlace&) const {
    return std::nullopt;
}

bool ServiceKind::choose_again(SessionService&, ServicePlace&, std::optional<Refusal>&) const {
    return false;
}

std::optional<directory::Refusal> ServiceKind::assign(SessionService&, ServicePlace) {
    return std::nullopt;
}

ServiceKinds::ServiceKinds(const ServiceKindNeeds& needs)
    : needs_(needs),
      tcp_(make_tcp_kind(needs_)),
      udp_(make_udp_kind(needs_)),
      http_(make_http_kind(needs_)),
      tls_(make_tls_kind(needs_)),
      private_(make_private_kind(needs_)) {}

ServiceKind* ServiceKinds::find(wire::ServiceKind kind) const noexcept {
    switch (kind) {
        case wire::ServiceKind::tcp:
            return tcp_.get();
        case wire::ServiceKind::udp:
            return udp_.get();
        case wire::ServiceKind::http:
            return http_.get();
        case wire::ServiceKind::tls:
            return tls_.get();
        case wire::ServiceKind::private_tcp:
            return private_.get();
    }
    return nullptr;
}

}  // namespace ferrotunnel::session
