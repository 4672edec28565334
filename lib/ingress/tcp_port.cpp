#include "ingress/tcp_port.hpp"

#include "tunnel/socket_pump.hpp"

namespace ferrotunnel::ingress {
namespace {

class TcpPort final : public tunnel::PublicPort {
public:
    TcpPort(runtime::Worker& worker, runtime::Fd listener, tunnel::VisitorHandler on_visitor)
        : acceptor_(worker, with_options(std::move(listener)), {std::move(on_visitor), {}}) {}

    runtime::SocketAddress address() const override { return acceptor_.address(); }
    runtime::Fd release() override { return acceptor_.release(); }

private:
    static runtime::Fd with_options(runtime::Fd listener) {
        tunnel::set_pumped_socket_options(listener.get());
        return listener;
    }

    runtime::Acceptor acceptor_;
};

}  // namespace

std::unique_ptr<tunnel::PublicPort> open_tcp_port(runtime::Worker& worker, runtime::Fd listener,
                                                  tunnel::VisitorHandler on_visitor) {
    return std::make_unique<TcpPort>(worker, std::move(listener), std::move(on_visitor));
}

}  // namespace ferrotunnel::ingress
