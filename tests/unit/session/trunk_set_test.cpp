// Several trunks of one tunnel on the server, on two workers: who carries whose visitors, and what the loss of one
// does.
#include <poll.h>
#include <sys/socket.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <map>
#include <memory>
#include <stop_token>
#include <thread>
#include <vector>

#include "session/server_session.hpp"
#include "unit/directory/plain_port.hpp"
#include "unit/runtime/loop.hpp"
#include "unit/session/wire_client.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::directory;
using namespace ferrotunnel::login;
using namespace ferrotunnel::session;
using namespace ferrotunnel::directory::test;
using namespace ferrotunnel::session::test;
using namespace std::chrono_literals;
using runtime::test::on;
using runtime::test::Signal;

namespace {

using Kind = ServerNotice::Kind;

class Rig {
public:
    Rig() {
        shared->registry = std::make_shared<Registry>();
        shared->tokens = std::make_shared<std::vector<AcceptedToken>>(1, AcceptedToken{"test", token, {}});
        shared->mux.role = mux::Role::server;
        shared->tcp_bind = *runtime::SocketAddress::from_ip("127.0.0.1", 0);
        shared->public_host = "127.0.0.1";
        shared->open_port = PlainPort::open;
        shared->notify = [this](const ServerNotice& notice) {
            std::lock_guard lock(mutex_);
            notices_.push_back(notice);
        };
        shared->log = &null_logger();
        shared->random = &runtime::system_random();
        for (runtime::Worker& worker : workers) {
            worker.start();
        }
    }
    ~Rig() {
        for (runtime::Worker& worker : workers) {
            worker.stop();
            worker.join();
        }
        for (auto& session : sessions) {
            session->abandon();
        }
        shared->ports->end();
    }

    /// Connects trunk k of n; the workers take turns.
    WireClient connect(std::uint32_t trunk, std::uint32_t trunks, std::uint8_t instance = 1, std::uint64_t epoch = 1) {
        auto [near, far] = transport::test::tcp_pair();
        runtime::Worker& worker = workers[trunk % 2];
        on(worker, [&, socket = std::make_shared<runtime::Fd>(std::move(near))] {
            ServerSession::Callbacks callbacks;
            callbacks.ended = [this] { ended.tell(); };
            auto session = std::make_shared<ServerSession>(worker, runtime::peer_address(socket->get()), shared,
                                                           std::move(callbacks));
            sessions.push_back(session);
            session->start(std::move(*socket));
        });
        return {std::move(far), token, {instance}, epoch, trunk, trunks};
    }

    std::vector<Kind> told() {
        std::lock_guard lock(mutex_);
        std::vector<Kind> kinds;
        for (const ServerNotice& notice : notices_) {
            kinds.push_back(notice.kind);
        }
        return kinds;
    }

    Token token = parse_token(make_token(runtime::system_random())).value();
    std::shared_ptr<ServerShared> shared = std::make_shared<ServerShared>();
    std::vector<std::shared_ptr<ServerSession>> sessions;
    Signal ended;
    runtime::Worker workers[2];

private:
    std::mutex mutex_;
    std::vector<ServerNotice> notices_;
};

std::uint16_t port_in(const std::variant<std::uint16_t, wire::Code>& answer) {
    REQUIRE(std::holds_alternative<std::uint16_t>(answer));
    return std::get<std::uint16_t>(answer);
}

runtime::Fd visit(std::uint16_t port, std::error_code& error) {
    runtime::Fd fd = runtime::start_connect(*runtime::SocketAddress::from_ip("127.0.0.1", port), error);
    if (fd) {
        transport::test::wait_for(fd.get(), POLLOUT);
        error = runtime::socket_error(fd.get());
    }
    return error ? runtime::Fd() : std::move(fd);
}

runtime::Fd visit(std::uint16_t port) {
    std::error_code error;
    return visit(port, error);
}

/// Waits until one of them gets an OPEN; other frames are skipped.
bool one_is_opened(std::vector<WireClient>& clients) {
    std::vector<pollfd> look;
    for (WireClient& client : clients) {
        client.answer_pings = false;  // each ping is a frame like others here
        look.push_back({client.fd(), POLLIN, 0});
    }
    while (::poll(look.data(), look.size(), 30'000) > 0) {
        for (std::size_t i = 0; i < look.size(); ++i) {
            if (look[i].revents != 0) {
                const auto frame = clients[i].receive();
                REQUIRE(frame);
                if (frame->header.type == wire::FrameType::open) {
                    return true;
                }
            }
        }
    }
    return false;
}

/// True when it was reset.
bool is_reset(const runtime::Fd& visitor) {
    transport::test::wait_for(visitor.get(), POLLIN);
    char byte = 0;
    return ::recv(visitor.get(), &byte, 1, 0) < 0 && errno == ECONNRESET;
}

}  // namespace

TEST_CASE("two trunks of a tunnel carry the visitors of one port in turn", "[threads]") {
    Rig rig;
    WireClient first = rig.connect(1, 2);
    WireClient second = rig.connect(2, 2);
    REQUIRE(first.log_in());
    REQUIRE(second.log_in());
    first.register_port(7, 0);
    const std::uint16_t port = port_in(first.answer());
    SECTION("which the second one asks for") {
        second.register_port(7, port);
    }
    SECTION("which the server knows by the service's id") {
        second.register_port(7, 0);
    }
    CHECK(port_in(second.answer()) == port);
    CHECK(rig.told() == std::vector{Kind::connected, Kind::joined, Kind::registered});

    std::vector<runtime::Fd> visitors;
    for (int i = 0; i < 4; ++i) {
        visitors.push_back(visit(port));
        REQUIRE(visitors.back());
    }
    for (int i = 0; i < 2; ++i) {
        CHECK(first.opened() == 7);
        CHECK(second.opened() == 7);
    }
}

TEST_CASE("the loss of one trunk costs its own visitors; the port goes with the last", "[threads]") {
    Rig rig;
    std::vector<WireClient> trunks;
    std::uint16_t port = 0;
    for (std::uint32_t k = 1; k <= 3; ++k) {
        trunks.push_back(rig.connect(k, 3));
        REQUIRE(trunks.back().log_in());
        trunks.back().register_port(1, port);
        port = port_in(trunks.back().answer());
    }
    std::vector<runtime::Fd> visitors;
    for (int i = 0; i < 3; ++i) {
        visitors.push_back(visit(port));
    }
    for (WireClient& trunk : trunks) {
        CHECK(trunk.opened() == 1);
    }
    // The first trunk's worker has the listening socket.
    trunks[0].close();
    REQUIRE(rig.ended.wait(1));
    CHECK(rig.told().back() == Kind::degraded);
    visitors.push_back(visit(port));
    visitors.push_back(visit(port));
    CHECK(trunks[1].opened() == 1);
    CHECK(trunks[2].opened() == 1);
    trunks[2].close();
    REQUIRE(rig.ended.wait(2));
    visitors.push_back(visit(port));
    CHECK(trunks[1].opened() == 1);
    trunks[1].close();
    REQUIRE(rig.ended.wait(3));
    CHECK(rig.told().back() == Kind::lost);
    CHECK_FALSE(visit(port));
    for (const runtime::Fd& visitor : visitors) {
        CHECK(is_reset(visitor));
    }
    CHECK_FALSE(rig.shared->registry->holder_of(port));
    auto losses = rig.told();
    CHECK(std::count(losses.begin(), losses.end(), Kind::lost) == 1);
}

TEST_CASE("a trunk that comes back takes the place of its ghost, and the others stay", "[threads]") {
    Rig rig;
    WireClient first = rig.connect(1, 2);
    WireClient second = rig.connect(2, 2);
    REQUIRE(first.log_in());
    REQUIRE(second.log_in());
    first.register_port(1, 0);
    const std::uint16_t port = port_in(first.answer());
    second.register_port(1, port);
    REQUIRE(port_in(second.answer()) == port);

    WireClient again = rig.connect(2, 2);
    REQUIRE(again.log_in());
    again.register_port(1, port);
    CHECK(port_in(again.answer()) == port);
    runtime::Fd visitors[2] = {visit(port), visit(port)};
    CHECK(first.opened() == 1);
    CHECK(again.opened() == 1);
    while (second.receive()) {
    }
}

TEST_CASE("a higher epoch replaces all trunks", "[threads]") {
    Rig rig;
    WireClient first = rig.connect(1, 2);
    WireClient second = rig.connect(2, 2);
    REQUIRE(first.log_in());
    REQUIRE(second.log_in());
    first.register_port(1, 0);
    const std::uint16_t port = port_in(first.answer());
    second.register_port(1, port);
    REQUIRE(port_in(second.answer()) == port);

    WireClient fresh = rig.connect(1, 2, 1, 2);
    REQUIRE(fresh.log_in());
    fresh.register_port(1, port);
    CHECK(port_in(fresh.answer()) == port);
    while (first.receive()) {
    }
    while (second.receive()) {
    }
    CHECK(rig.shared->registry->session_count() == 1);
    runtime::Fd visitor = visit(port);
    CHECK(fresh.opened() == 1);
    CHECK(rig.told() == std::vector{Kind::connected, Kind::joined, Kind::registered, Kind::degraded, Kind::lost,
                                    Kind::connected, Kind::registered});
}

TEST_CASE("a trunk that drains leaves its ports to the others", "[threads]") {
    Rig rig;
    WireClient first = rig.connect(1, 2);
    WireClient second = rig.connect(2, 2);
    REQUIRE(first.log_in());
    REQUIRE(second.log_in());
    first.register_port(1, 0);
    const std::uint16_t port = port_in(first.answer());
    second.register_port(1, port);
    REQUIRE(port_in(second.answer()) == port);
    first.send_goaway(wire::Code::going_away);
    first.register_port(2, 0);
    CHECK(first.answer() == std::variant<std::uint16_t, wire::Code>(wire::Code::going_away));
    first.register_port(1, port);  // no visitor of the other trunk may come to this one any more
    CHECK(first.answer() == std::variant<std::uint16_t, wire::Code>(wire::Code::going_away));
    runtime::Fd visitors[2] = {visit(port), visit(port)};
    CHECK(second.opened() == 1);
    CHECK(second.opened() == 1);
}

TEST_CASE("visitors whom a full trunk has no room for come to the others", "[threads]") {
    Rig rig;
    std::vector<WireClient> trunks;
    std::uint16_t port = 0;
    const bool answers = GENERATE(true, false);
    auto& room = answers ? rig.shared->mux.opens_max : rig.shared->mux.streams_max;
    for (std::uint32_t k = 1; k <= 3; ++k) {
        room = k == 2 ? 4 : 1;  // for this trunk
        trunks.push_back(rig.connect(k, 3));
        REQUIRE(trunks.back().log_in());
        trunks.back().register_port(1, port);
        port = port_in(trunks.back().answer());
    }
    std::vector<runtime::Fd> visitors;
    for (int i = 0; i < 6; ++i) {
        visitors.push_back(visit(port));
        REQUIRE(visitors.back());
    }
    CHECK(trunks[0].opened() == 1);
    CHECK(trunks[2].opened() == 1);
    for (int i = 0; i < 4; ++i) {
        CHECK(trunks[1].opened() == 1);
    }
    CHECK(rig.shared->counters->visitors_refused == 0);
    if (answers) {  // the next visitor waits for an answer, in whichever line
        runtime::Fd one_more = visit(port);
        REQUIRE(one_more);
        std::uint8_t frame[wire::opened_frame_bytes];
        for (WireClient& trunk : trunks) {
            trunk.send({frame, wire::encode_opened(1, 0, frame)});
        }
        CHECK(one_is_opened(trunks));
        CHECK(rig.shared->counters->visitors_refused == 0);
        return;
    }
    std::error_code error;
    runtime::Fd one_more = visit(port, error);
    CHECK((error == std::errc::connection_reset || is_reset(one_more)));
    CHECK(rig.shared->counters->visitors_refused == 1);
}

TEST_CASE("a service that is unregistered on one trunk is gone on all, and its port free at once", "[threads]") {
    Rig rig;
    WireClient first = rig.connect(1, 2);
    WireClient second = rig.connect(2, 2);
    REQUIRE(first.log_in());
    REQUIRE(second.log_in());
    first.register_port(1, 0);
    const std::uint16_t port = port_in(first.answer());
    second.register_port(1, port);
    REQUIRE(port_in(second.answer()) == port);
    for (std::uint32_t id = 2; id < 20; ++id) {
        first.send_control(wire::encode_control(wire::Unregister{{id - 1}}));
        first.register_port(id, port);
        CHECK(port_in(first.answer()) == port);
        second.send_control(wire::encode_control(wire::Unregister{{id - 1}}));
        second.register_port(id, port);
        CHECK(port_in(second.answer()) == port);
        runtime::Fd visitors[2] = {visit(port), visit(port)};
        CHECK(first.opened() == id);
        CHECK(second.opened() == id);
    }
}

TEST_CASE("a service too many does not take the port of another one of the same client") {
    Rig rig;
    std::error_code error;
    const std::uint16_t only =
        runtime::local_address(runtime::listen_on(rig.shared->tcp_bind, error).get()).port();  // free now
    rig.shared->tokens =
        std::make_shared<std::vector<AcceptedToken>>(1, AcceptedToken{"test", rig.token, PortPolicy({{only, only}})});
    WireClient first = rig.connect(1, 2);
    WireClient second = rig.connect(2, 2);
    REQUIRE(first.log_in());
    REQUIRE(second.log_in());
    first.register_port(1, 0);
    REQUIRE(port_in(first.answer()) == only);
    second.register_port(1, 0);
    CHECK(port_in(second.answer()) == only);
    for (WireClient* trunk : {&first, &second}) {
        trunk->register_port(2, 0);
        CHECK(std::get<wire::Code>(trunk->answer()) == wire::Code::port_taken);
        trunk->register_port(3, only);
        CHECK(std::get<wire::Code>(trunk->answer()) == wire::Code::port_taken);
    }
    runtime::Fd visitors[2] = {visit(only), visit(only)};
    CHECK(first.opened() == 1);
    CHECK(second.opened() == 1);
}

TEST_CASE("one trunk more than a tunnel may have is refused", "[threads]") {
    Rig rig;
    const std::uint32_t most = limits::trunks_per_tunnel_max;
    std::vector<WireClient> trunks;
    for (std::uint32_t k = 1; k <= most; ++k) {
        trunks.push_back(rig.connect(k, most + 1));
        REQUIRE(trunks.back().log_in());
    }
    WireClient one_more = rig.connect(most + 1, most + 1);
    CHECK_FALSE(one_more.log_in());
    CHECK(one_more.failure().code == wire::Code::limit);
}

TEST_CASE("visitors come while trunks go and come", "[threads]") {
    Rig rig;
    WireClient steady = rig.connect(1, 3);
    REQUIRE(steady.log_in());
    steady.register_port(1, 0);
    const std::uint16_t port = port_in(steady.answer());
    std::atomic<int> refused{0};
    std::jthread visiting([&](const std::stop_token& stop) {
        while (!stop.stop_requested()) {
            std::error_code error;
            (void)visit(port, error);  // perhaps reset at once, by a trunk that goes, but never refused
            refused += error == std::errc::connection_refused ? 1 : 0;
        }
    });
    std::jthread reading([&](const std::stop_token& stop) {
        const std::stop_callback hang_up(stop, [&] { ::shutdown(steady.fd(), SHUT_RDWR); });
        while (const auto frame = steady.receive()) {  // answers pings
            if (frame->header.type == wire::FrameType::open) {
                steady.send_abort(frame->header.stream);  // visitors that wait for an answer would take all descriptors
            }
        }
    });
    for (int round = 0; round < 30; ++round) {
        WireClient other = rig.connect(2, 3);
        REQUIRE(other.log_in());
        other.register_port(1, port);
        REQUIRE(port_in(other.answer()) == port);
        other.opened();
    }
    visiting.request_stop();
    visiting.join();
    CHECK(refused == 0);
}
