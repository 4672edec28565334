// Several trunks of one tunnel on the server, on two workers: who carries whose visitors, and what the loss of one
// does.
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

#include "support/lasting_port.hpp"
#include "unit/session/server_rig.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::session;
using namespace ferrotunnel::session::test;

namespace {

using ServerKind = ServerNotice::Kind;

/// A server on two workers that remembers what it was told.
class TrunkSetRig : public ServerRig {
public:
    TrunkSetRig() : ServerRig(2) {
        shared->notify = [this](const ServerNotice& notice) {
            std::lock_guard lock(mutex_);
            kinds_.push_back(notice.kind);
        };
    }
    ~TrunkSetRig() { stop(); }

    /// Trunk k of n; its end is told to `ended`.
    WireClient connect(std::uint32_t trunk, std::uint32_t trunks, std::uint64_t epoch = 1) {
        ServerSession::Callbacks callbacks;
        callbacks.ended = [this] { ended.tell(); };
        return ServerRig::connect({.epoch = epoch, .trunk = trunk, .trunks = trunks}, callbacks);
    }
    WireClient log_in(std::uint32_t trunk, std::uint32_t trunks, std::uint64_t epoch = 1) {
        WireClient client = connect(trunk, trunks, epoch);
        REQUIRE(client.log_in());
        return client;
    }

    std::vector<ServerKind> told() {
        std::lock_guard lock(mutex_);
        return kinds_;
    }

    Signal ended;

private:
    std::mutex mutex_;
    std::vector<ServerKind> kinds_;
};

/// A server and both trunks of a tunnel, which carry one port for their service 1.
struct TwoTrunks : TrunkSetRig {
    TwoTrunks() { REQUIRE(second.obtain_port(1, port) == port); }

    WireClient first = log_in(1, 2);
    WireClient second = log_in(2, 2);
    const std::uint16_t port = first.obtain_port(1);
};

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

}  // namespace

TEST_CASE("two trunks of a tunnel carry the visitors of one port in turn", "[threads]") {
    TrunkSetRig rig;
    WireClient first = rig.log_in(1, 2);
    WireClient second = rig.log_in(2, 2);
    const std::uint16_t port = first.obtain_port(7);
    SECTION("which the second one asks for") {
        second.register_port(7, port);
    }
    SECTION("which the server knows by the service's id") {
        second.register_port(7, 0);
    }
    CHECK(second.registered().port == port);
    CHECK(rig.told() == std::vector{ServerKind::connected, ServerKind::joined, ServerKind::registered});

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
    TrunkSetRig rig;
    std::vector<WireClient> trunks;
    std::uint16_t port = 0;
    for (std::uint32_t k = 1; k <= 3; ++k) {
        trunks.push_back(rig.log_in(k, 3));
        port = trunks.back().obtain_port(1, port);
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
    CHECK(rig.told().back() == ServerKind::degraded);
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
    CHECK(rig.told().back() == ServerKind::lost);
    CHECK_FALSE(visit(port));
    for (const runtime::Fd& visitor : visitors) {
        CHECK(error_at(visitor) == ECONNRESET);
    }
    CHECK_FALSE(rig.shared->registry->holder_of(port));
    auto losses = rig.told();
    CHECK(std::count(losses.begin(), losses.end(), ServerKind::lost) == 1);
}

TEST_CASE("a trunk that comes back takes the place of its ghost, and the others stay", "[threads]") {
    TwoTrunks rig;
    WireClient again = rig.log_in(2, 2);
    CHECK(again.obtain_port(1, rig.port) == rig.port);
    runtime::Fd visitors[2] = {visit(rig.port), visit(rig.port)};
    CHECK(rig.first.opened() == 1);
    CHECK(again.opened() == 1);
    while (rig.second.receive()) {
    }
}

TEST_CASE("a higher epoch replaces all trunks", "[threads]") {
    TwoTrunks rig;
    WireClient fresh = rig.log_in(1, 2, 2);
    CHECK(fresh.obtain_port(1, rig.port) == rig.port);
    while (rig.first.receive()) {
    }
    while (rig.second.receive()) {
    }
    CHECK(rig.shared->registry->session_count() == 1);
    runtime::Fd visitor = visit(rig.port);
    CHECK(fresh.opened() == 1);
    CHECK(rig.told() == std::vector{ServerKind::connected, ServerKind::joined, ServerKind::registered,
                                    ServerKind::degraded, ServerKind::lost, ServerKind::connected,
                                    ServerKind::registered});
}

TEST_CASE("a trunk that drains leaves its ports to the others", "[threads]") {
    TwoTrunks rig;
    rig.first.send_goaway(wire::Code::going_away);
    rig.first.register_port(2, 0);
    CHECK(rig.first.refused().code == wire::Code::going_away);
    rig.first.register_port(1, rig.port);  // no visitor of the other trunk may come to this one any more
    CHECK(rig.first.refused().code == wire::Code::going_away);
    runtime::Fd visitors[2] = {visit(rig.port), visit(rig.port)};
    CHECK(rig.second.opened() == 1);
    CHECK(rig.second.opened() == 1);
}

TEST_CASE("visitors whom a full trunk has no room for come to the others", "[threads]") {
    TrunkSetRig rig;
    std::vector<WireClient> trunks;
    std::uint16_t port = 0;
    const bool answers = GENERATE(true, false);
    auto& room = answers ? rig.shared->mux.opens_max : rig.shared->mux.streams_max;
    for (std::uint32_t k = 1; k <= 3; ++k) {
        room = k == 2 ? 4 : 1;  // for this trunk
        trunks.push_back(rig.log_in(k, 3));
        port = trunks.back().obtain_port(1, port);
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
        for (WireClient& trunk : trunks) {
            trunk.send_opened(1);
        }
        CHECK(one_is_opened(trunks));
        CHECK(rig.shared->counters->visitors_refused == 0);
        return;
    }
    std::error_code error;
    runtime::Fd one_more = visit(port, error);
    CHECK((error == std::errc::connection_reset || error_at(one_more) == ECONNRESET));
    CHECK(rig.shared->counters->visitors_refused == 1);
}

TEST_CASE("a service that is unregistered on one trunk is gone on all, and its port free at once", "[threads]") {
    TwoTrunks rig;
    for (std::uint32_t id = 2; id < 20; ++id) {
        rig.first.unregister(id - 1);
        CHECK(rig.first.obtain_port(id, rig.port) == rig.port);
        rig.second.unregister(id - 1);
        CHECK(rig.second.obtain_port(id, rig.port) == rig.port);
        runtime::Fd visitors[2] = {visit(rig.port), visit(rig.port)};
        CHECK(rig.first.opened() == id);
        CHECK(rig.second.opened() == id);
    }
}

TEST_CASE("a registration that crosses the service's end on another trunk does not bring it back", "[threads]") {
    TwoTrunks rig;
    const std::uint16_t port = rig.first.obtain_port(2);
    rig.first.unregister(2);
    rig.first.obtain_port(3);           // so that the server has read it
    rig.second.register_port(2, port);  // as a client does that has not yet come to say so here
    CHECK(rig.second.refused().code == wire::Code::going_away);
    CHECK(rig.first.obtain_port(4, port) == port);
    // Nobody is told of such a refusal, since nobody waits for the service.
    const std::vector<ServerKind> told = rig.told();
    CHECK(std::count(told.begin(), told.end(), ServerKind::refused) == 0);

    rig.second.unregister(2);
    CHECK(rig.second.obtain_port(4, port) == port);
    rig.second.obtain_port(2);  // from here on the id may be used again
    rig.first.obtain_port(2);
}

TEST_CASE("a service too many does not take the port of another one of the same client") {
    TrunkSetRig rig;
    const std::uint16_t only = ferrotunnel::test::lasting_port();
    rig.shared->tokens = std::make_shared<std::vector<login::AcceptedToken>>(
        1, login::AcceptedToken{"one", rig.token, login::PortPolicy({{only, only}})});
    WireClient first = rig.log_in(1, 2);
    WireClient second = rig.log_in(2, 2);
    REQUIRE(first.obtain_port(1) == only);
    CHECK(second.obtain_port(1) == only);
    for (WireClient* trunk : {&first, &second}) {
        trunk->register_port(2, 0);
        CHECK(trunk->refused().code == wire::Code::port_taken);
        trunk->register_port(3, only);
        CHECK(trunk->refused().code == wire::Code::port_taken);
    }
    runtime::Fd visitors[2] = {visit(only), visit(only)};
    CHECK(first.opened() == 1);
    CHECK(second.opened() == 1);
}

TEST_CASE("one trunk more than a tunnel may have is refused", "[threads]") {
    TrunkSetRig rig;
    const std::uint32_t most = limits::trunks_per_tunnel_max;
    std::vector<WireClient> trunks;
    for (std::uint32_t k = 1; k <= most; ++k) {
        trunks.push_back(rig.log_in(k, most + 1));
    }
    WireClient one_more = rig.connect(most + 1, most + 1);
    CHECK_FALSE(one_more.log_in());
    CHECK(one_more.failure().code == wire::Code::limit);
}

TEST_CASE("visitors come while trunks go and come", "[threads]") {
    TrunkSetRig rig;
    WireClient steady = rig.log_in(1, 3);
    const std::uint16_t port = steady.obtain_port(1);
    std::atomic<int> refused{0};
    constexpr std::size_t present_max = 16;  // visitors that stay, so that a new trunk is the one with the least load
    std::jthread visiting([&](const std::stop_token& stop) {
        std::deque<runtime::Fd> present;
        while (!stop.stop_requested()) {
            std::error_code error;
            present.push_back(visit(port, error));  // perhaps reset at once, by a trunk that goes, but never refused
            refused += error == std::errc::connection_refused ? 1 : 0;
            if (present.size() > present_max) {
                present.pop_front();
            }
            // Without a pause, a slow server falls further behind with each visitor.
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
    });
    std::jthread reading([&](const std::stop_token& stop) {
        const std::stop_callback hang_up(stop, [&] { ::shutdown(steady.fd(), SHUT_RDWR); });
        std::deque<std::uint32_t> open;
        while (const auto frame = steady.receive()) {  // answers pings
            if (frame->header.type == wire::FrameType::open) {
                open.push_back(frame->header.stream);
            }
            if (open.size() > present_max) {
                steady.send_abort(open.front());  // visitors that wait for an answer would take all descriptors
                open.pop_front();
            }
        }
    });
    for (int round = 0; round < 30; ++round) {
        WireClient other = rig.log_in(2, 3);
        REQUIRE(other.obtain_port(1, port) == port);
        other.opened();
    }
    visiting.request_stop();
    visiting.join();
    CHECK(refused == 0);
}
