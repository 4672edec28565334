#include "ingress/tcp_port.hpp"

namespace ferrotunnel::ingress {
namespace {

class TcpPort final : public tunnel::PublicPort {
public:
    TcpPort(runtime::Worker& worker, runtime::Fd listener, tunnel::VisitorHandler on_visitor)
        : acceptor_(worker, std::move(listener), {std::move(on_visitor), {}}) {}

    runtime::SocketAddress address() const override { return acceptor_.address(); }
    runtime::Fd release() override { return acceptor_.release(); }

private:
    runtime::Acceptor acceptor_;
};

}  // namespace

std::unique_ptr<tunnel::PublicPort> open_tcp_port(runtime::Worker& worker, runtime::Fd listener,
                                                  tunnel::VisitorHandler on_visitor) {
    return std::make_unique<TcpPort>(worker, std::move(listener), std::move(on_visitor));
}

}  // namespace ferrotunnel::ingress
