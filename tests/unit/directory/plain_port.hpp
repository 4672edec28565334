// The simplest public port, for servers in tests: what ingress/ has, without that folder. And visitors of public ports.
#pragma once

#include <sys/socket.h>

#include <cerrno>
#include <cstdint>
#include <memory>
#include <system_error>
#include <utility>

#include "directory/shared_port.hpp"
#include "runtime/acceptor.hpp"
#include "unit/transport/pipes.hpp"

namespace ferrotunnel::directory::test {

class PlainPort final : public PublicPort {
public:
    PlainPort(runtime::Worker& worker, runtime::Fd listener, VisitorHandler on_visitor)
        : descriptor_(listener.get()), acceptor_(worker, std::move(listener), {std::move(on_visitor), {}}) {}
    runtime::SocketAddress address() const override { return acceptor_.address(); }
    void set_paused(bool paused) noexcept override { paused ? acceptor_.pause() : acceptor_.resume(); }
    void refuse_visitors() noexcept override { ::shutdown(descriptor_, SHUT_RD); }

    static std::unique_ptr<PublicPort> open(runtime::Worker& worker, runtime::Fd listener, VisitorHandler on_visitor) {
        return std::make_unique<PlainPort>(worker, std::move(listener), std::move(on_visitor));
    }

private:
    const int descriptor_;
    runtime::Acceptor acceptor_;
};

/// A visitor of this port; nothing if there was an error.
inline runtime::Fd visit(std::uint16_t port, std::error_code& error) {
    runtime::Fd fd = runtime::start_connect(transport::test::loopback(port), error);
    if (fd) {
        transport::test::wait_for(fd.get(), POLLOUT);
        error = runtime::socket_error(fd.get());
    }
    return error ? runtime::Fd() : std::move(fd);
}
inline runtime::Fd visit(std::uint16_t port) {
    std::error_code error;
    return visit(port, error);
}

/// Waits until the visitor hears something; 0 if that is no error.
inline int error_at(const runtime::Fd& visitor) {
    transport::test::wait_for(visitor.get(), POLLIN);
    char byte = 0;
    return ::recv(visitor.get(), &byte, 1, 0) < 0 ? errno : 0;
}

/// Whether a visitor of the port is reset: at once, so that connecting tells it, or a little later.
inline bool is_reset(std::uint16_t port) {
    std::error_code error;
    const runtime::Fd visitor = visit(port, error);
    return error ? error == std::errc::connection_reset : error_at(visitor) == ECONNRESET;
}

}  // namespace ferrotunnel::directory::test
