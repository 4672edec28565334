// The simplest public port, for servers in tests: what ingress/ has, without that folder.
#pragma once

#include <sys/socket.h>

#include <memory>
#include <utility>

#include "directory/shared_port.hpp"
#include "runtime/acceptor.hpp"

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

}  // namespace ferrotunnel::directory::test
