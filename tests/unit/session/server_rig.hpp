// A server without an accept loop, for tests of its sessions: each client is one end of a pair of sockets.
#pragma once

#include <catch2/catch.hpp>
#include <cstddef>
#include <deque>
#include <memory>
#include <utility>
#include <vector>

#include "session/server_session.hpp"
#include "unit/directory/plain_port.hpp"
#include "unit/runtime/loop.hpp"
#include "unit/session/wire_client.hpp"

namespace ferrotunnel::session::test {

using directory::test::error_at;
using directory::test::PlainPort;
using directory::test::visit;
using runtime::test::on;
using runtime::test::Signal;
using transport::test::listen_on_loopback;
using transport::test::loopback;
using transport::test::wait_for;

/// What the sessions of a test's server share: it accepts this token alone, and its ports are on the loopback.
inline std::shared_ptr<ServerShared> shared_by_sessions(const login::Token& token) {
    auto shared = std::make_shared<ServerShared>();
    shared->tokens = std::make_shared<std::vector<login::AcceptedToken>>(1, login::AcceptedToken{"one", token, {}});
    shared->registry = std::make_shared<directory::Registry>();
    shared->mux.role = mux::Role::server;
    shared->tcp_bind = loopback();
    shared->public_host = "tunnel.example.com";
    shared->open_port = PlainPort::open;
    shared->log = &null_logger();
    shared->random = &runtime::system_random();
    return shared;
}

class ServerRig {
public:
    /// The trunks of a tunnel are on these workers in turn.
    explicit ServerRig(std::size_t worker_count = 1) : workers(worker_count) {
        for (runtime::Worker& each : workers) {
            each.start();
        }
    }
    ~ServerRig() { stop(); }

    void stop() {
        if (std::exchange(stopped_, true)) {
            return;
        }
        for (runtime::Worker& each : workers) {
            each.stop();
            each.join();
        }
        for (auto& session : sessions) {
            session->abandon();
        }
        shared->ports->end();
    }

    WireClient connect(const Caller& caller = {}, const ServerSession::Callbacks& callbacks = {}) {
        return connect_with(token, caller, callbacks);
    }
    /// Connects a client whose login must succeed.
    WireClient log_in(const Caller& caller = {}) { return log_in_with(token, caller); }
    WireClient log_in_with(const login::Token& with, const Caller& caller = {}) {
        WireClient client = connect_with(with, caller, {});
        REQUIRE(client.log_in());
        return client;
    }

    const login::Token token = new_token();
    const std::shared_ptr<ServerShared> shared = shared_by_sessions(token);
    std::vector<std::shared_ptr<ServerSession>> sessions;
    std::deque<runtime::Worker> workers;
    runtime::Worker& worker = workers.front();

private:
    WireClient connect_with(const login::Token& with, const Caller& caller, const ServerSession::Callbacks& callbacks) {
        auto [near, far] = transport::test::tcp_pair();
        runtime::Worker& its_worker = workers[caller.trunk % workers.size()];
        on(its_worker, [&, socket = std::make_shared<runtime::Fd>(std::move(near))] {
            const auto from = runtime::peer_address(socket->get());
            auto session = std::make_shared<ServerSession>(its_worker, from, shared, callbacks);
            sessions.push_back(session);
            session->start(std::move(*socket));
        });
        return {std::move(far), with, caller};
    }

    bool stopped_ = false;
};

}  // namespace ferrotunnel::session::test
