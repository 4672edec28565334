// A client's link to two servers: real sessions at both, without a cluster between them.
#include <catch2/catch.hpp>
#include <map>
#include <mutex>

#include "base/check.hpp"
#include "session/client_link.hpp"
#include "support/eventually.hpp"
#include "unit/session/server_rig.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::session;
using namespace ferrotunnel::session::test;
using namespace std::chrono_literals;
using ferrotunnel::test::eventually;
using NoticeKind = LinkNotice::Kind;

namespace {

/// A server with an address of its own, so that all can have one public port. It lives on the worker.
class Member {
public:
    Member(runtime::Worker& worker, const login::Token& token, unsigned number)
        : worker_(worker), shared(shared_by_sessions(token)) {
        shared->instance = {static_cast<std::uint8_t>(number)};
        shared->tcp_bind = *runtime::SocketAddress::from_ip("127.0.0." + std::to_string(number), 0);
        listen(0);
        address = {"127.0.0.1", acceptor_->address().port()};
    }
    void listen(std::uint16_t port) {
        std::error_code error;
        runtime::Fd listener = runtime::listen_on(*runtime::SocketAddress::from_ip("127.0.0.1", port), error);
        ferrotunnel::check(static_cast<bool>(listener), "the port of a member is free");
        acceptor_ = std::make_unique<runtime::Acceptor>(
            worker_, std::move(listener),
            runtime::Acceptor::Handlers{[this](runtime::Fd socket, const runtime::SocketAddress& from) {
                                            ++connections;
                                            auto session = std::make_shared<ServerSession>(worker_, from, shared,
                                                                                           ServerSession::Callbacks{});
                                            sessions.push_back(session);
                                            session->start(std::move(socket));
                                        },
                                        {}});
    }
    void kill() {
        acceptor_.reset();
        for (auto& session : std::exchange(sessions, {})) {
            session->end(wire::Code::internal, "killed");
            ended.push_back(session);
        }
    }
    void drain() {
        acceptor_.reset();
        for (auto& session : sessions) {
            session->drain();
        }
    }
    void abandon() {
        for (auto& session : sessions) {
            session->abandon();
        }
        shared->ports->end();
    }

private:
    runtime::Worker& worker_;
    std::unique_ptr<runtime::Acceptor> acceptor_;

public:
    const std::shared_ptr<ServerShared> shared;
    net::HostPort address;
    std::vector<std::shared_ptr<ServerSession>> sessions;
    std::vector<std::shared_ptr<ServerSession>> ended;
    int connections = 0;
};

/// Servers a, b, c ..., and a client that may be at two of them.
class TwoServersRig {
public:
    explicit TwoServersRig(std::size_t count, unsigned redundancy = 2, std::size_t trunks = 1) {
        servers_worker.start();
        client_worker.start();
        on(servers_worker, [&] {
            for (std::size_t i = 0; i < count; ++i) {
                servers.push_back(std::make_unique<Member>(servers_worker, token, static_cast<unsigned>(i + 1)));
            }
        });
        shared->token = token;
        shared->instance = {99};
        shared->log = &null_logger();
        shared->random = &runtime::system_random();
        settings.redundancy = redundancy;
        settings.backoff = {10ms, 50ms, 1h, 2};
        settings.trunk_workers.assign(redundancy * trunks, &client_worker);
        settings.on_servers = [this](const std::vector<net::HostPort>& servers_learned) { learned = servers_learned; };
    }
    ~TwoServersRig() {
        if (link) {
            on(client_worker, [&] { link->stop(); });
        }
        for (runtime::Worker* worker : {&client_worker, &servers_worker}) {
            worker->stop();
            worker->join();
        }
        for (auto& server : servers) {
            server->abandon();
        }
        link.reset();
    }

    /// The servers are members of a cluster, and each names the addresses of all others.
    void join() {
        for (std::size_t own = 0; own < servers.size(); ++own) {
            wire::ClusterPart part{name(own), {}};
            for (std::size_t other = 0; other < servers.size(); ++other) {
                if (other != own) {
                    part.others.push_back({name(other), net::to_text(servers[other]->address)});
                }
            }
            servers[own]->shared->cluster_part = std::make_shared<const wire::ClusterPart>(part);
        }
    }
    static std::string name(std::size_t i) { return std::string(1, static_cast<char>('a' + i)); }
    void start(std::initializer_list<std::size_t> configured) {
        for (const std::size_t i : configured) {
            shared->servers.push_back(servers[i]->address);
        }
        on(client_worker, [&] {
            link = std::make_unique<ClientLink>(client_worker, shared, settings,
                                                [this](const LinkNotice& notice) { receive(notice); });
            backend::ClientService service;
            service.id = 1;
            service.name = "web";
            service.backend.place.at = {"127.0.0.1", 1};
            link->add(std::move(service));
            link->start();
        });
    }
    void receive(const LinkNotice& notice) {
        const std::lock_guard lock(mutex);
        kinds.push_back(notice.kind);
        members.push_back(notice.member);
        open_trunks = notice.trunks;
        if (notice.kind == NoticeKind::registered) {
            port = notice.port;
            endpoint = notice.endpoint;
        }
        last_code = notice.code;
    }
    /// How often the server carries the service.
    std::size_t carried(std::size_t server) {
        return on(servers_worker, [&] {
            std::size_t count = 0;
            for (const auto& session : servers[server]->sessions) {
                const auto view = session->view();
                count += view.connected ? view.services.size() : 0;
            }
            return count;
        });
    }
    bool is_carried(std::size_t server, std::size_t times = 1) {
        return eventually([&] { return carried(server) == times; });
    }
    bool has(NoticeKind kind) {
        const std::lock_guard lock(mutex);
        return std::ranges::find(kinds, kind) != kinds.end();
    }
    std::uint16_t public_port() {
        const std::lock_guard lock(mutex);
        return port;
    }

    runtime::Worker servers_worker;
    runtime::Worker client_worker;
    const login::Token token = new_token();
    std::vector<std::unique_ptr<Member>> servers;
    const std::shared_ptr<ClientShared> shared = std::make_shared<ClientShared>();
    ClientLink::Settings settings;
    std::unique_ptr<ClientLink> link;
    std::vector<net::HostPort> learned;
    std::mutex mutex;
    std::vector<NoticeKind> kinds;
    std::vector<std::string> members;
    unsigned open_trunks = 0;
    std::uint16_t port = 0;
    std::string endpoint;
    wire::Code last_code = wire::Code::none;
};

// A visitor may be reset before this looks: the client's backend is not there.
bool accepts(unsigned number, std::uint16_t port) {
    std::error_code error;
    const runtime::Fd fd =
        runtime::start_connect(*runtime::SocketAddress::from_ip("127.0.0." + std::to_string(number), port), error);
    if (fd) {
        wait_for(fd.get(), POLLOUT);
        error = runtime::socket_error(fd.get());
    }
    return fd && (!error || error == std::errc::connection_reset);
}

}  // namespace

TEST_CASE("two servers: a service is at both members, with the same assigned port, and stays when one dies") {
    const std::size_t trunks = GENERATE(1, 2);
    TwoServersRig rig(3, 2, trunks);
    rig.join();
    rig.start({0});  // the others are learned, since they have the same host
    REQUIRE(rig.is_carried(0, trunks));
    REQUIRE(eventually([&] { return rig.carried(1) + rig.carried(2) == trunks; }));
    const std::size_t second = rig.carried(1) > 0 ? 1 : 2;
    const std::size_t third = 3 - second;
    REQUIRE(eventually([&] { return rig.public_port() != 0; }));
    CHECK(accepts(1, rig.public_port()));
    CHECK(accepts(static_cast<unsigned>(second + 1), rig.public_port()));

    on(rig.servers_worker, [&] { rig.servers[0]->kill(); });
    REQUIRE(rig.is_carried(third, trunks));  // the side goes to the next server
    CHECK(rig.carried(second) == trunks);
    CHECK(accepts(static_cast<unsigned>(second + 1), rig.public_port()));
    CHECK_FALSE(rig.has(NoticeKind::lost));
    CHECK(rig.has(NoticeKind::degraded));
    CHECK(on(rig.client_worker, [&] { return rig.learned.size(); }) == 2);
}

TEST_CASE("two servers: the link is down only when both are, and comes back at either") {
    TwoServersRig rig(2);
    rig.join();
    rig.start({0, 1});
    REQUIRE(rig.is_carried(0));
    REQUIRE(rig.is_carried(1));
    std::uint16_t port = rig.servers[1]->address.port;
    on(rig.servers_worker, [&] { rig.servers[0]->kill(); });
    REQUIRE(eventually([&] { return rig.has(NoticeKind::degraded); }));
    CHECK_FALSE(rig.has(NoticeKind::lost));
    on(rig.servers_worker, [&] { rig.servers[1]->kill(); });
    REQUIRE(eventually([&] { return rig.has(NoticeKind::reconnecting); }));
    on(rig.servers_worker, [&] { rig.servers[1]->listen(port); });
    REQUIRE(rig.is_carried(1));
    port = rig.servers[0]->address.port;
    on(rig.servers_worker, [&] { rig.servers[0]->listen(port); });
    REQUIRE(rig.is_carried(0));
}

TEST_CASE("two servers: a side leaves a server that drains, and the other one has the service meanwhile") {
    TwoServersRig rig(3);
    rig.join();
    rig.start({0, 1, 2});
    REQUIRE(rig.is_carried(0));
    REQUIRE(rig.is_carried(1));
    on(rig.servers_worker, [&] { rig.servers[0]->drain(); });
    REQUIRE(rig.is_carried(2));
    CHECK(rig.carried(1) == 1);
    CHECK(rig.has(NoticeKind::draining));
    CHECK_FALSE(rig.has(NoticeKind::lost));
}

TEST_CASE("two servers: a second address of the same server is left before the login") {
    TwoServersRig rig(2);
    rig.join();
    on(rig.servers_worker, [&] { rig.servers[1]->shared->instance = rig.servers[0]->shared->instance; });
    rig.start({0, 1});
    REQUIRE(rig.is_carried(0));
    REQUIRE(eventually([&] { return on(rig.servers_worker, [&] { return rig.servers[1]->connections > 0; }); }));
    CHECK(rig.carried(1) == 0);
    CHECK(rig.carried(0) == 1);
    CHECK_FALSE(rig.has(NoticeKind::lost));
    CHECK_FALSE(rig.has(NoticeKind::joined));
}

TEST_CASE("two servers: a server of another cluster, or of none, gets no service") {
    TwoServersRig rig(3);
    rig.join();
    const bool in_another = GENERATE(false, true);
    const auto another = std::make_shared<const wire::ClusterPart>(wire::ClusterPart{"x", {{"y", ""}}});
    rig.servers[1]->shared->cluster_part = in_another ? another : nullptr;
    rig.start({0, 1, 2});
    REQUIRE(rig.is_carried(0));
    REQUIRE(rig.is_carried(2));
    CHECK(rig.carried(1) == 0);
    CHECK(on(rig.servers_worker, [&] { return rig.servers[1]->connections; }) == 1);
}

TEST_CASE("two servers: a verdict of one ends no link that is open at the other") {
    TwoServersRig rig(2);
    rig.join();
    on(rig.servers_worker, [&] {
        rig.servers[1]->shared->tokens =
            std::make_shared<std::vector<login::AcceptedToken>>(1, login::AcceptedToken{"other", new_token(), {}});
    });
    rig.start({0, 1});
    REQUIRE(rig.is_carried(0));
    REQUIRE(eventually([&] { return on(rig.servers_worker, [&] { return rig.servers[1]->connections > 1; }); }));
    CHECK(rig.carried(0) == 1);
    CHECK_FALSE(rig.has(NoticeKind::stopped));
    CHECK_FALSE(rig.has(NoticeKind::lost));

    on(rig.servers_worker, [&] {  // as one that another client has replaced
        rig.servers[1]->shared->tokens =
            std::make_shared<std::vector<login::AcceptedToken>>(1, login::AcceptedToken{"one", rig.token, {}});
    });
    REQUIRE(rig.is_carried(1));
    on(rig.servers_worker, [&] {
        for (auto& session : rig.servers[1]->sessions) {
            session->end(wire::Code::superseded, "replaced");
        }
    });
    REQUIRE(rig.is_carried(1));
    CHECK_FALSE(rig.has(NoticeKind::stopped));
}

TEST_CASE("a list without a cluster: the next server is tried when one is away, drains, or cannot be reached") {
    TwoServersRig rig(2, 1);
    rig.start({0, 1});
    REQUIRE(rig.is_carried(0));
    CHECK(rig.carried(1) == 0);
    std::uint16_t port = rig.servers[0]->address.port;
    on(rig.servers_worker, [&] { rig.servers[0]->kill(); });
    REQUIRE(rig.is_carried(1));
    on(rig.servers_worker, [&] {
        rig.servers[0]->listen(port);
        rig.servers[1]->drain();
    });
    REQUIRE(rig.is_carried(0));
}

TEST_CASE("a list without a cluster: an attempt is one at all servers") {
    TwoServersRig rig(2, 1);
    rig.settings.attempts = 2;
    on(rig.servers_worker, [&] {
        rig.servers[0]->kill();
        rig.servers[1]->kill();
    });
    rig.start({0, 1});
    REQUIRE(eventually([&] { return rig.has(NoticeKind::stopped); }));
    const std::lock_guard lock(rig.mutex);
    CHECK(std::ranges::count(rig.kinds, NoticeKind::lost) == 4);
}

TEST_CASE("without a cluster a client of two servers is at one") {
    TwoServersRig rig(2);
    rig.start({0, 1});
    REQUIRE(rig.is_carried(0));
    CHECK(on(rig.servers_worker, [&] { return rig.servers[1]->connections; }) == 0);
}
