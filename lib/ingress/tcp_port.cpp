#include "ingress/tcp_port.hpp"

#include <sys/socket.h>

#include <utility>

#include "ingress/preface.hpp"
#include "tunnel/socket_pump.hpp"
#include "tunnel/visitor_address.hpp"
#include "wire/ip_text.hpp"

namespace ferrotunnel::ingress {
namespace {

class TcpPort final : public tunnel::PublicPort {
public:
    TcpPort(runtime::Worker& worker, runtime::Fd listener, tunnel::VisitorHandler on_visitor)
        : descriptor_(listener.get()),
          acceptor_(worker, with_options(std::move(listener)), {std::move(on_visitor), {}}) {}

    runtime::SocketAddress address() const override { return acceptor_.address(); }
    // A listening socket that is shut down listens no more, but its descriptor stays what it is until it is closed.
    void refuse_visitors() noexcept override { ::shutdown(descriptor_, SHUT_RD); }

private:
    static runtime::Fd with_options(runtime::Fd listener) {
        tunnel::set_pumped_socket_options(listener.get());
        return listener;
    }

    const int descriptor_;
    runtime::Acceptor acceptor_;
};

// Reads what proxies say before their visitors are passed on.
class Reception {
public:
    Reception(runtime::Worker& worker, std::shared_ptr<const wire::IpNetworks> proxies, Logger& log,
              tunnel::VisitorHandler on_visitor)
        : proxies_(std::move(proxies)),
          on_visitor_(std::move(on_visitor)),
          wheel_(worker),
          prefaces_(worker, wheel_, log) {}

    void take(runtime::Fd socket, const runtime::SocketAddress& from) {
        PrefacePlan plan;
        plan.proxy_header = proxies_->contains(tunnel::visitor_address(from));
        if (plan.empty()) {
            on_visitor_(std::move(socket), from);
            return;
        }
        prefaces_.begin(std::move(socket), from, plan, [this](AcceptedVisitor visitor) {
            const auto said = runtime::SocketAddress::from_ip(wire::ip_text(visitor.from), visitor.from.port);
            on_visitor_(std::move(visitor.socket), said.value_or(runtime::SocketAddress()));
        });
    }

private:
    const std::shared_ptr<const wire::IpNetworks> proxies_;
    const tunnel::VisitorHandler on_visitor_;
    DeadlineWheel wheel_;
    Prefaces prefaces_;
};

}  // namespace

std::unique_ptr<tunnel::PublicPort> open_tcp_port(runtime::Worker& worker, runtime::Fd listener,
                                                  tunnel::VisitorHandler on_visitor) {
    return std::make_unique<TcpPort>(worker, std::move(listener), std::move(on_visitor));
}

tunnel::PortOpener tcp_port_opener(wire::IpNetworks proxies, Logger& log) {
    if (proxies.empty()) {
        return open_tcp_port;
    }
    return [shared = std::make_shared<const wire::IpNetworks>(std::move(proxies)), &log](
               runtime::Worker& worker, runtime::Fd listener, tunnel::VisitorHandler on_visitor) {
        auto reception = std::make_shared<Reception>(worker, shared, log, std::move(on_visitor));
        return open_tcp_port(worker, std::move(listener),
                             [reception](runtime::Fd socket, const runtime::SocketAddress& from) {
                                 reception->take(std::move(socket), from);
                             });
    };
}

}  // namespace ferrotunnel::ingress
