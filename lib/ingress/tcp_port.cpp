#include "ingress/tcp_port.hpp"

namespace ferrotunnel::ingress {
namespace {

class TcpPort final : public tunnel::PublicPort {
public:
    TcpPort(runtime::Worker& worker, runtime::Fd listener, tunnel::VisitorHandler on_visitor)
        : acceptor_(worker, std::move(listener), {std::move(on_visitor), {}}) {}

    runtime::SocketAddress address() const override { return acceptor_.address(); }

private:
    runtime::Acceptor acceptor_;
};

}  // namespace

std::unique_ptr<tunnel::PublicPort> open_tcp_port(runtime::Worker& worker, const runtime::SocketAddress& at,
                                                  tunnel::VisitorHandler on_visitor, std::error_code& error) {
    runtime::Fd listener = runtime::listen_on(at, error);
    if (!listener) {
        return nullptr;
    }
    return std::make_unique<TcpPort>(worker, std::move(listener), std::move(on_visitor));
}

}  // namespace ferrotunnel::ingress
