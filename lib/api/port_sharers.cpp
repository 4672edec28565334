#include "api/port_sharers.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "ingress/preface.hpp"
#include "net/ip_text.hpp"
#include "settings/listen_addresses.hpp"
#include "transport/tls_context.hpp"

namespace ferrotunnel::detail {

std::shared_ptr<ingress::PortSharing> PortSharers::sharing(bool with_clients) {
    auto made = std::make_shared<ingress::PortSharing>();
    made->take = [this, with_clients](ingress::AcceptedVisitor& visitor) { return take(with_clients, visitor); };
    made->silence = [this]() -> std::optional<Duration> {
        return services_.get()->silent.empty() ? std::nullopt : std::optional<Duration>(silent_after);
    };
    return made;
}

// Takes a connection that is not for the edge. The connection of a visitor whose service does not exist is reset.
bool PortSharers::take(bool with_clients, ingress::AcceptedVisitor& visitor) {
    if (with_clients && visitor.hello && std::ranges::count(visitor.hello->protocols, transport::tls_alpn) != 0) {
        take_client(visitor);
        return true;
    }
    const auto services = services_.get();
    const std::string place = visitor.opening == ingress::FirstProtocol::ssh       ? services->ssh
                              : visitor.opening == ingress::FirstProtocol::silence ? services->silent
                                                                                   : std::string();
    if (place.empty()) {
        return false;
    }
    const NamedTake to = needs_.carriers.at(place);
    const auto from = runtime::SocketAddress::from_ip(net::ip_text(visitor.from), visitor.from.port);
    if (!to || !from) {
        static constexpr LogCategory away{"named_service_away"};
        if (needs_.log.may_write(LogLevel::info, away, Clock::now())) {
            needs_.log.info("a visitor was rejected", {{"visitor", net::ip_text(visitor.from)},
                                                       {"service", place},
                                                       {"why", "the client of this service is not connected"}});
        }
        runtime::reset_close(std::move(visitor.socket));
        return true;
    }
    to(std::move(visitor.socket), *from);
    return true;
}

void PortSharers::take_client(ingress::AcceptedVisitor& visitor) {
    const auto from = runtime::SocketAddress::from_ip(net::ip_text(visitor.from), visitor.from.port);
    if (!from) {
        return;  // not an IP address: no visitor arrives this way
    }
    needs_.on_client(std::move(visitor.socket), *from);
}

}  // namespace ferrotunnel::detail
