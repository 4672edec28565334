// A public UDP port that has its address, and no visitors.
#pragma once

#include <utility>

#include "directory/shared_port.hpp"
#include "runtime/datagram_socket.hpp"
#include "runtime/socket.hpp"

namespace ferrotunnel::session::test {

// A UDP port of which the test says who its visitors are.
class StubPort final : public directory::PublicPort {
public:
    explicit StubPort(runtime::Fd socket) : socket_(std::move(socket)) {}
    runtime::SocketAddress address() const override { return runtime::local_address(socket_.get()); }
    void set_paused(bool) noexcept override {}
    void refuse_visitors() noexcept override { runtime::free_datagram_address(socket_.get()); }

private:
    const runtime::Fd socket_;
};

}  // namespace ferrotunnel::session::test
