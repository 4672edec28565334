#include "ingress/tcp_port.hpp"

#include <sys/socket.h>

#include "tunnel/socket_pump.hpp"

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

}  // namespace

std::unique_ptr<tunnel::PublicPort> open_tcp_port(runtime::Worker& worker, runtime::Fd listener,
                                                  tunnel::VisitorHandler on_visitor) {
    return std::make_unique<TcpPort>(worker, std::move(listener), std::move(on_visitor));
}

}  // namespace ferrotunnel::ingress
