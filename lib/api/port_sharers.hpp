// Other users of an edge's port: clients, SSH, and visitors that wait for the server to speak.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "api/named_carriers.hpp"
#include "api/sink_logger.hpp"
#include "base/published.hpp"
#include "ingress/http_front.hpp"
#include "ingress/preface.hpp"
#include "runtime/address.hpp"
#include "runtime/socket.hpp"

namespace ferrotunnel::detail {

/// Thread-safe.
class PortSharers {
public:
    struct Needs {
        const NamedCarriers& carriers;
        SinkLogger& log;
        /// A client's connection; on any worker.
        std::function<void(runtime::Fd, const runtime::SocketAddress& from)> on_client;
    };
    explicit PortSharers(Needs needs) : needs_(std::move(needs)) {}
    PortSharers(const PortSharers&) = delete;
    PortSharers& operator=(const PortSharers&) = delete;

    /// The services for visitors that speak SSH and for silent ones. Empty: none.
    void set_services(std::string ssh, std::string silent) {
        services_ = std::make_shared<const Services>(Services{std::move(ssh), std::move(silent)});
    }
    /// For a listener of the edge; this object outlives it. `with_clients`: clients use the port, too.
    std::shared_ptr<ingress::PortSharing> sharing(bool with_clients);

private:
    struct Services {
        std::string ssh;
        std::string silent;
    };

    bool take(bool with_clients, ingress::AcceptedVisitor& visitor);
    void take_client(ingress::AcceptedVisitor& visitor);

    const Needs needs_;
    Published<std::shared_ptr<const Services>> services_{std::make_shared<const Services>()};  // never null
};

}  // namespace ferrotunnel::detail
