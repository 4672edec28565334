#include "session/server_session.hpp"

#include <poll.h>

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <memory>
#include <vector>

#include "support/count_allocations.hpp"
#include "support/log_book.hpp"
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

namespace {

/// A server without an accept loop: each client is one end of a pair of sockets.
class Rig {
public:
    Rig() {
        shared->registry = std::make_shared<Registry>();
        shared->tokens = std::make_shared<std::vector<AcceptedToken>>(1, AcceptedToken{"test", token, {}});
        shared->mux.role = mux::Role::server;
        shared->tcp_bind = *runtime::SocketAddress::from_ip("127.0.0.1", 0);
        shared->public_host = "127.0.0.1";
        shared->open_port = PlainPort::open;
        shared->log = &null_logger();
        shared->random = &runtime::system_random();
        worker.start();
    }
    ~Rig() {
        worker.stop();
        worker.join();
        for (auto& session : sessions) {
            session->abandon();
        }
        shared->ports->end();
    }

    WireClient connect(std::uint8_t instance, std::uint64_t epoch = 1, ServerSession::Callbacks callbacks = {}) {
        auto [near, far] = transport::test::tcp_pair();
        on(worker, [&, socket = std::make_shared<runtime::Fd>(std::move(near))] {
            auto from = runtime::peer_address(socket->get());
            auto session = std::make_shared<ServerSession>(worker, from, shared, callbacks);
            sessions.push_back(session);
            session->start(std::move(*socket));
        });
        return {std::move(far), token, {instance}, epoch};
    }

    Token token = parse_token(make_token(runtime::system_random())).value();
    std::shared_ptr<ServerShared> shared = std::make_shared<ServerShared>();
    std::vector<std::shared_ptr<ServerSession>> sessions;
    runtime::Worker worker;
};

std::uint16_t port_in(const std::variant<std::uint16_t, wire::Code>& answer) {
    REQUIRE(std::holds_alternative<std::uint16_t>(answer));
    return std::get<std::uint16_t>(answer);
}

wire::Code code_in(const std::variant<std::uint16_t, wire::Code>& answer) {
    REQUIRE(std::holds_alternative<wire::Code>(answer));
    return std::get<wire::Code>(answer);
}

}  // namespace

TEST_CASE("a client that goes on talking while its refusal is on the way harms only itself") {
    Rig rig;
    WireClient newer = rig.connect(1, 5);
    REQUIRE(newer.log_in());

    WireClient overtaken = rig.connect(1, 4);
    auto both = WireClient::frame_of(overtaken.prepare_auth());
    auto more = WireClient::frame_of(wire::encode_control(wire::Unregister{{1}}));
    both.insert(both.end(), more.begin(), more.end());
    overtaken.send(both);
    while (overtaken.receive()) {
    }
    WireClient other = rig.connect(2);
    CHECK(other.log_in());
}

TEST_CASE("an overtaken client is refused as superseded") {
    Rig rig;
    WireClient newer = rig.connect(1, 5);
    REQUIRE(newer.log_in());
    WireClient overtaken = rig.connect(1, 4);
    CHECK_FALSE(overtaken.log_in());
    CHECK(overtaken.failure().code == wire::Code::superseded);
}

TEST_CASE("the ports of a client that drains are free for others at once") {
    Rig rig;
    WireClient first = rig.connect(1);
    REQUIRE(first.log_in());
    first.register_port(1, 0);
    std::uint16_t port = port_in(first.answer());

    WireClient second = rig.connect(2);
    REQUIRE(second.log_in());
    first.send_goaway(wire::Code::going_away);
    // These are two connections: when the answer to this is there, the first one's GOAWAY has been read.
    first.register_port(2, 0);
    REQUIRE(first.receive_control());
    second.register_port(1, port);
    CHECK(port_in(second.answer()) == port);
}

TEST_CASE("five contested ports at once do not end the session that holds them") {
    Rig rig;
    WireClient holder = rig.connect(1);
    REQUIRE(holder.log_in());
    std::vector<std::uint16_t> ports;
    for (std::uint32_t id = 1; id <= 20; ++id) {
        holder.register_port(id, 0);
        ports.push_back(port_in(holder.answer()));
    }
    WireClient newcomer = rig.connect(2);
    REQUIRE(newcomer.log_in());
    std::vector<wire::Service> wanted;
    for (std::uint16_t port : ports) {
        wire::Service& service = wanted.emplace_back();
        service.id = static_cast<std::uint32_t>(wanted.size());
        service.remote_port = port;
    }
    for (const wire::ControlPayload& payload : wire::encode_register(1, wanted)) {
        newcomer.send_control(payload);
    }
    // Reads what the holder is asked at once, before it answers anything.
    holder.answer_pings = false;
    auto first = holder.receive();
    REQUIRE(first);
    CHECK(first->header.type == wire::FrameType::ping);
    std::size_t pings = 1;
    std::uint8_t probe[wire::ping_frame_bytes];
    holder.send({probe, wire::encode_ping(0xfeed, false, probe)});
    for (bool answered = false; !answered;) {
        auto frame = holder.receive();
        REQUIRE(frame);
        bool ping = frame->header.type == wire::FrameType::ping;
        answered = ping && frame->header.flags != 0;
        pings += ping && !answered ? 1U : 0U;
    }
    CHECK(pings <= limits::pongs_pending_max);
    for (std::size_t i = 0; i < ports.size(); ++i) {
        CHECK(code_in(newcomer.answer()) == wire::Code::port_taken);
    }
}

TEST_CASE("a probe in whose round the answers to earlier pings come finds the peer alive") {
    Rig rig;
    WireClient holder = rig.connect(1);
    REQUIRE(holder.log_in());
    holder.register_port(1, 0);
    REQUIRE(holder.receive_control());
    holder.answer_pings = false;
    std::shared_ptr<ServerSession> session = on(rig.worker, [&] { return rig.sessions.front(); });
    runtime::test::Signal answered;
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
    Rig rig;
    WireClient holder = rig.connect(1);
    REQUIRE(holder.log_in());
    holder.answer_pings = false;
    std::shared_ptr<ServerSession> session = on(rig.worker, [&] { return rig.sessions.front(); });
    runtime::test::Signal answered;
    std::atomic<bool> alive{false};
    on(rig.worker, [&] {
        session->probe([&](bool lives) {
            alive = lives;
            answered.tell();
        });
    });
    auto ping = holder.receive();
    REQUIRE(ping);
    runtime::test::Signal stands;
    rig.worker.post([&] {
        stands.tell();
        std::this_thread::sleep_for(limits::takeover_silence + 200ms);
    });
    REQUIRE(stands.wait());
    std::uint8_t answer[wire::ping_frame_bytes];
    holder.send({answer, wire::encode_ping(*wire::decode_ping(ping->payload), true, answer)});
    REQUIRE(answered.wait());
    CHECK(alive);
}

TEST_CASE("a probe before the welcome finds the peer alive, and does not disturb the login") {
    Rig rig;
    WireClient client = rig.connect(1);
    client.answer_pings = false;
    const wire::ControlPayload proof = client.prepare_auth();
    std::shared_ptr<ServerSession> session = on(rig.worker, [&] { return rig.sessions.front(); });
    runtime::test::Signal answered;
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
    Rig rig;
    rig.shared->tcp_bind = *runtime::SocketAddress::from_ip(server, 0);
    WireClient client = rig.connect(1);
    REQUIRE(client.log_in());
    client.register_port(1, 0, wanted);
    const auto answer = client.answer();
    CHECK(std::holds_alternative<std::uint16_t>(answer) == granted);
    if (!granted) {
        CHECK(code_in(answer) == wire::Code::port_forbidden);
    }
}

TEST_CASE("a client that is refused again and again does not fill the log") {
    ferrotunnel::test::LogBook log;
    std::atomic<std::uint32_t> told{0};
    Rig rig;
    rig.shared->log = &log;
    rig.shared->notify = [&told](const ServerNotice& notice) {
        told += notice.kind == ServerNotice::Kind::refused ? 1 : 0;
    };
    WireClient client = rig.connect(1);
    REQUIRE(client.log_in());
    client.register_port(1, 0);
    port_in(client.answer());
    const TimePoint began = Clock::now();
    for (std::uint32_t i = 0; i < 10 * limits::refusals_told_per_second; ++i) {
        client.register_port(1, 0);
        CHECK(code_in(client.answer()) == wire::Code::protocol);  // the client hears of each refusal
    }
    const auto seconds = static_cast<std::uint32_t>((Clock::now() - began) / 1s) + 2;  // the seconds that have begun
    const std::uint32_t lines = static_cast<std::uint32_t>(log.count("a service was refused"));
    CHECK(lines >= limits::refusals_told_per_second);
    CHECK(lines <= limits::refusals_told_per_second * seconds);
    CHECK(told == lines);
}

TEST_CASE("an id that is in use is refused, and its service stays") {
    Rig rig;
    WireClient client = rig.connect(1);
    REQUIRE(client.log_in());
    client.register_port(7, 0);
    std::uint16_t port = port_in(client.answer());
    client.register_port(7, 0);
    CHECK(code_in(client.answer()) == wire::Code::protocol);
    CHECK(rig.shared->registry->holder_of(port).has_value());
}

namespace {

std::vector<runtime::Fd> visitors_of(std::uint16_t port, std::size_t count) {
    std::vector<runtime::Fd> visitors;
    for (std::size_t i = 0; i < count; ++i) {
        std::error_code error;
        visitors.push_back(runtime::start_connect(*runtime::SocketAddress::from_ip("127.0.0.1", port), error));
        REQUIRE(visitors.back());
    }
    return visitors;
}

wire::StreamId next_open(WireClient& client) {
    while (auto frame = client.receive()) {
        if (frame->header.type == wire::FrameType::reset) {
            FAIL("a stream was reset");
        }
        if (frame->header.type == wire::FrameType::open) {
            return frame->header.stream;
        }
    }
    FAIL("the server has closed");
    return 0;
}

void answer_open(WireClient& client, wire::StreamId id) {
    std::uint8_t frame[wire::opened_frame_bytes];
    client.send({frame, wire::encode_opened(id, 0, frame)});
}

bool was_reset(const runtime::Fd& visitor) {
    pollfd look{visitor.get(), POLLIN, 0};
    (void)::poll(&look, 1, 0);
    return (look.revents & (POLLERR | POLLHUP)) != 0;
}

}  // namespace

TEST_CASE("limit: of a burst of visitors those beyond what a client may have to answer wait, and none is lost") {
    constexpr std::size_t burst = limits::opens_unanswered_per_service_max + 44;
    Rig rig;
    WireClient client = rig.connect(1);
    REQUIRE(client.log_in());
    client.register_port(1, 0);
    const std::uint16_t port = port_in(client.answer());
    const auto visitors = visitors_of(port, burst);
    std::vector<wire::StreamId> opens;
    while (opens.size() < limits::opens_unanswered_per_service_max) {
        opens.push_back(next_open(client));
    }
    // One more stream is opened for each answer, in the order in which the visitors came.
    for (std::size_t i = 0; opens.size() < burst; ++i) {
        answer_open(client, opens[i]);
        opens.push_back(next_open(client));
    }
    CHECK(rig.shared->counters->visitors_refused.load() == 0);
    CHECK(std::none_of(visitors.begin(), visitors.end(), was_reset));
}

TEST_CASE("visitors who wait are reset when their service goes, and not before") {
    Rig rig;
    WireClient client = rig.connect(1);
    REQUIRE(client.log_in());
    client.register_port(1, 0);
    const auto visitors = visitors_of(port_in(client.answer()), limits::opens_unanswered_per_service_max + 10);
    for (std::size_t i = 0; i < limits::opens_unanswered_per_service_max; ++i) {
        next_open(client);
    }
    CHECK(std::none_of(visitors.begin(), visitors.end(), was_reset));
    client.close();
    for (const runtime::Fd& visitor : visitors) {
        transport::test::wait_for(visitor.get(), POLLIN);
    }
    CHECK(std::all_of(visitors.begin(), visitors.end(), was_reset));
}

namespace {

/// A trunk that has no memory for the visitors that it is given.
class Forgetful final : public VisitorCarrier {
public:
    std::uint64_t load() const noexcept override { return UINT32_MAX; }
    void take(Visitor, std::uint32_t) override { throw std::bad_alloc(); }
    void dropped(const std::shared_ptr<SharedPort>&) noexcept override {}
};

/// Takes every line, and keeps none.
class EveryLine final : public Logger {
public:
    bool enabled(LogLevel) const noexcept override { return true; }
    void write(LogLevel, std::string_view, std::initializer_list<LogField>) noexcept override {}
};

}  // namespace

TEST_CASE("visitors who are lost for want of memory on the way to another trunk harm nobody else") {
    constexpr std::size_t lost = 10;
    Rig rig;
    WireClient client = rig.connect(1);
    REQUIRE(client.log_in());
    client.register_port(1, 0);
    const std::uint16_t port = port_in(client.answer());
    const ClientId id{rig.token.id, {1}};
    auto forgetful = std::make_shared<Forgetful>();
    std::error_code error;
    const auto shared = on(rig.worker, [&] {
        const auto at = *runtime::SocketAddress::from_ip("127.0.0.1", port);
        return rig.shared->ports->join(id, at, forgetful, 1, rig.worker, PlainPort::open, error).port;
    });
    REQUIRE(shared);
    const auto visitors = visitors_of(port, limits::opens_unanswered_per_service_max + lost);
    for (std::size_t i = 0; i < limits::opens_unanswered_per_service_max; ++i) {
        next_open(client);
    }
    client.register_port(2, 0);
    port_in(client.answer());  // the session is there
    for (std::size_t i = 0; i < lost; ++i) {
        transport::test::wait_for(visitors[visitors.size() - 1 - i].get(), POLLIN);
        CHECK(was_reset(visitors[visitors.size() - 1 - i]));
    }
    on(rig.worker, [&] { rig.shared->ports->leave(id, *shared, *forgetful); });
}

TEST_CASE("a visitor for whose mail there is no memory is not on the way for ever") {
    Rig rig;
    WireClient client = rig.connect(1);
    REQUIRE(client.log_in());
    client.register_port(1, 0);
    const std::uint16_t port = port_in(client.answer());
    const auto session = on(rig.worker, [&] { return rig.sessions.front(); });
    const auto carrier = std::make_shared<Forgetful>();
    const ClientId id{rig.token.id, {1}};
    std::error_code error;
    const auto shared = on(rig.worker, [&] {
        const auto at = *runtime::SocketAddress::from_ip("127.0.0.1", port);
        return rig.shared->ports->join(id, at, carrier, 1, rig.worker, PlainPort::open, error).port;
    });
    REQUIRE(shared);
    const std::uint64_t load = session->load();
    auto [near, far] = transport::test::tcp_pair();
    Visitor visitor(std::move(near), runtime::SocketAddress(), shared);
    ferrotunnel::test::fail_allocation(1);
    try {
        session->take(std::move(visitor), 1);
    } catch (const std::bad_alloc&) {
    }
    if (ferrotunnel::test::fail_allocation(0)) {
        CHECK(session->load() == load);
    }
    on(rig.worker, [&] { rig.shared->ports->leave(id, *shared, *carrier); });
}

TEST_CASE("a session that ends while there is no memory gives back all that it has") {
    EveryLine log;
    Rig rig;
    rig.shared->log = &log;
    for (std::uint64_t nth = 1; nth <= 40; ++nth) {
        CAPTURE(nth);
        runtime::test::Signal over;
        runtime::test::Signal ended;
        ServerSession::Callbacks callbacks;
        callbacks.login_over = [&](bool) { over.tell(); };
        callbacks.ended = [&] { ended.tell(); };
        WireClient client = rig.connect(1, nth, callbacks);
        const bool logs_in = nth % 2 == 0;
        std::uint16_t port = 0;
        if (logs_in) {
            REQUIRE(client.log_in());
            client.register_port(1, 0);
            port = port_in(client.answer());
        } else {
            (void)client.prepare_auth();
        }
        on(rig.worker, [&] { ferrotunnel::test::fail_allocation((nth + 1) / 2); });
        client.close();
        REQUIRE(ended.wait());
        on(rig.worker, [] { ferrotunnel::test::fail_allocation(0); });
        CHECK(over.count() == 1);
        CHECK(rig.shared->registry->session_count() == 0);
        CHECK_FALSE(rig.shared->registry->holder_of(port == 0 ? 1 : port));
        CHECK(rig.shared->trunk_counts->enter({rig.token.id, {1}}) == 1);
        rig.shared->trunk_counts->leave({rig.token.id, {1}});
    }
}
