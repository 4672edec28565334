#include "session/server_session.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "support/recording_logger.hpp"
#include "unit/session/server_rig.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::session;
using namespace ferrotunnel::session::test;
using namespace std::chrono_literals;

TEST_CASE("a client that continues talking while its refusal is on the way harms only itself") {
    ServerRig rig;
    WireClient newer = rig.log_in({.epoch = 5});

    WireClient overtaken = rig.connect({.epoch = 4});
    auto both = WireClient::frame_of(overtaken.prepare_auth());
    auto more = WireClient::frame_of(wire::encode_control(wire::Unregister{{1}}));
    both.insert(both.end(), more.begin(), more.end());
    overtaken.send(both);
    while (overtaken.receive()) {
    }
    WireClient other = rig.connect({.instance = 2});
    CHECK(other.log_in());
}

TEST_CASE("an overtaken client is refused as superseded") {
    ServerRig rig;
    WireClient newer = rig.log_in({.epoch = 5});
    WireClient overtaken = rig.connect({.epoch = 4});
    CHECK_FALSE(overtaken.log_in());
    CHECK(overtaken.failure().code == wire::Code::superseded);
}

TEST_CASE("the ports of a client that drains are free for others at once") {
    ServerRig rig;
    WireClient first = rig.log_in();
    std::uint16_t port = first.obtain_port(1);

    WireClient second = rig.log_in({.instance = 2});
    first.send_goaway(wire::Code::going_away);
    // These are two connections: when the answer to this is there, the first one's GOAWAY has been read.
    first.register_port(2, 0);
    REQUIRE(first.receive_control());
    CHECK(second.obtain_port(1, port) == port);
}

TEST_CASE("five contested ports at once do not end the session that holds them") {
    ServerRig rig;
    WireClient holder = rig.log_in();
    std::vector<std::uint16_t> ports;
    for (std::uint32_t id = 1; id <= 20; ++id) {
        ports.push_back(holder.obtain_port(id));
    }
    WireClient newcomer = rig.log_in({.instance = 2});
    std::vector<wire::Service> wanted;
    for (std::uint16_t port : ports) {
        wire::Service& service = wanted.emplace_back();
        service.id = static_cast<std::uint32_t>(wanted.size());
        service.remote_port = port;
    }
    newcomer.register_services(wanted);
    // Reads what the holder is asked at once, before it answers anything.
    holder.answer_pings = false;
    auto first = holder.receive();
    REQUIRE(first);
    CHECK(first->header.type == wire::FrameType::ping);
    std::size_t pings = 1;
    holder.send_ping(0xfeed, false);
    for (bool answered = false; !answered;) {
        auto frame = holder.receive();
        REQUIRE(frame);
        bool ping = frame->header.type == wire::FrameType::ping;
        answered = ping && frame->header.flags != 0;
        pings += ping && !answered ? 1U : 0U;
    }
    CHECK(pings <= limits::pongs_pending_max);
    for (std::size_t i = 0; i < ports.size(); ++i) {
        CHECK(newcomer.refused().code == wire::Code::port_taken);
    }
}

TEST_CASE("a probe in whose round the answers to earlier pings come finds the peer alive") {
    ServerRig rig;
    WireClient holder = rig.log_in();
    holder.register_port(1, 0);
    REQUIRE(holder.receive_control());
    holder.answer_pings = false;
    std::shared_ptr<ServerSession> session = on(rig.worker, [&] { return rig.sessions.front(); });
    Signal answered;
    std::atomic<int> alive{0};
    auto count = [&](bool lives) {
        alive += lives ? 1 : 0;
        answered.tell();
    };
    constexpr int early = 3;  // as many pings as may wait for an answer
    for (int i = 0; i < early; ++i) {
        session->probe(count);
    }
    std::vector<std::uint8_t> answers;
    while (answers.size() < early * wire::ping_frame_bytes) {
        auto ping = holder.receive();
        REQUIRE(ping);
        std::uint8_t answer[wire::ping_frame_bytes];
        wire::encode_ping(*wire::decode_ping(ping->payload), true, answer);
        answers.insert(answers.end(), std::begin(answer), std::end(answer));
    }
    // Both come in one round: the probe begins, and then the answers are there when that round looks at its sockets.
    on(rig.worker, [&] {
        session->probe(count);
        rig.worker.post([&] { holder.send(answers); });
    });
    REQUIRE(answered.wait(early + 1));
    CHECK(alive.load() == early + 1);
}

TEST_CASE("a probe of a server that has stood still finds the peer alive whose answer lies in the socket") {
    ServerRig rig;
    WireClient holder = rig.log_in();
    holder.answer_pings = false;
    std::shared_ptr<ServerSession> session = on(rig.worker, [&] { return rig.sessions.front(); });
    Signal answered;
    std::atomic<bool> alive{false};
    on(rig.worker, [&] {
        session->probe([&](bool lives) {
            alive = lives;
            answered.tell();
        });
    });
    auto ping = holder.receive();
    REQUIRE(ping);
    Signal stands;
    Signal sent;
    rig.worker.post([&] {
        stands.tell();
        std::this_thread::sleep_for(limits::takeover_silence + 200ms);
        (void)sent.wait();  // also where this test's thread stands still
    });
    REQUIRE(stands.wait());
    holder.send_ping(*wire::decode_ping(ping->payload), true);
    sent.tell();
    REQUIRE(answered.wait());
    CHECK(alive);
}

TEST_CASE("a probe before the welcome finds the peer alive, and does not disturb the login") {
    ServerRig rig;
    WireClient client = rig.connect();
    client.answer_pings = false;
    const wire::ControlPayload proof = client.prepare_auth();
    std::shared_ptr<ServerSession> session = on(rig.worker, [&] { return rig.sessions.front(); });
    Signal answered;
    std::atomic<bool> alive{false};
    session->probe([&](bool lives) {
        alive = lives;
        answered.tell();
    });
    REQUIRE(answered.wait());
    CHECK(alive);
    client.send_control(proof);
    auto next = client.receive();
    REQUIRE(next);
    CHECK(next->header.type == wire::FrameType::control);
}

TEST_CASE("a client may narrow where its port listens, and not widen it") {
    struct Case {
        const char* server;
        const char* client;
        bool granted;
    };
    const auto [server, wanted, granted] = GENERATE(values<Case>({
        {"0.0.0.0", "0.0.0.0", true},
        {"0.0.0.0", "127.0.0.1", true},
        {"0.0.0.0", "127.0.0.2", true},
        {"0.0.0.0", "::", false},
        {"0.0.0.0", "::1", false},
        {"127.0.0.1", "127.0.0.1", true},
        {"127.0.0.1", "0.0.0.0", false},
        {"127.0.0.1", "::1", false},
        {"::", "127.0.0.1", true},
        {"::", "::1", true},
        {"::", "0.0.0.0", true},
        {"::1", "::", false},
        {"127.0.0.1", "nonsense", false},
    }));
    CAPTURE(server, wanted);
    ServerRig rig;
    rig.shared->tcp_bind = *runtime::SocketAddress::from_ip(server, 0);
    WireClient client = rig.log_in();
    client.register_port(1, 0, wanted);
    const auto answer = client.answer();
    CHECK(std::holds_alternative<wire::RegisteredService>(answer) == granted);
    if (!granted) {
        REQUIRE(std::holds_alternative<wire::Refused>(answer));
        CHECK(std::get<wire::Refused>(answer).code == wire::Code::port_forbidden);
    }
}

TEST_CASE("a client that is refused again and again does not fill the log") {
    ferrotunnel::test::RecordingLogger log;
    std::atomic<std::uint32_t> told{0};
    ServerRig rig;
    rig.shared->log = &log;
    rig.shared->notify = [&told](const ServerNotice& notice) {
        told += notice.kind == ServerNotice::Kind::refused ? 1 : 0;
    };
    WireClient client = rig.log_in();
    client.obtain_port(1);
    const TimePoint began = Clock::now();
    for (std::uint32_t i = 0; i < 10 * limits::refusal_events_per_second; ++i) {
        client.register_port(1, 0);
        CHECK(client.refused().code == wire::Code::protocol);  // the client hears of each refusal
    }
    const auto seconds = static_cast<std::uint32_t>((Clock::now() - began) / 1s) + 2;  // the seconds that have begun
    const std::uint32_t lines = static_cast<std::uint32_t>(log.count("a service was refused"));
    CHECK(lines >= limits::refusal_events_per_second);
    CHECK(lines <= limits::refusal_events_per_second * seconds);
    CHECK(told == lines);
}

TEST_CASE("limit: so many services are registered at once and a second on a connection, whether or not they stay") {
    ServerRig rig;
    WireClient client = rig.log_in();
    wire::Service service;
    service.id = 1;
    service.kind = wire::ServiceKind::private_tcp;
    service.name = "database";
    const TimePoint began = Clock::now();
    std::uint32_t registered = 0;
    std::optional<wire::Refused> refused;
    for (; !refused && registered < 2 * limits::registrations_at_once_max; registered += refused ? 0 : 1) {
        client.register_services({&service, 1});
        client.unregister(1);
        const auto answer = client.answer();
        if (std::holds_alternative<wire::Refused>(answer)) {
            refused = std::get<wire::Refused>(answer);
        }
    }
    const auto seconds = static_cast<std::uint32_t>((Clock::now() - began) / 1s) + 1;
    REQUIRE(refused);
    CHECK(refused->code == wire::Code::busy);
    CHECK(registered >= limits::registrations_at_once_max);
    CHECK(registered <= limits::registrations_at_once_max + limits::registrations_per_second_max * seconds);

    std::this_thread::sleep_for(100ms);  // time enough for some more
    client.register_services({&service, 1});
    CHECK(std::holds_alternative<wire::RegisteredService>(client.answer()));
}

TEST_CASE("an id that is in use is refused, and its service stays") {
    ServerRig rig;
    WireClient client = rig.log_in();
    std::uint16_t port = client.obtain_port(7);
    client.register_port(7, 0);
    CHECK(client.refused().code == wire::Code::protocol);
    CHECK(rig.shared->registry->holder_of(port).has_value());
}
