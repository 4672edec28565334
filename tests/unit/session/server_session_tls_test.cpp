// TLS services as a client registers them, and the visitors that are handed to its sessions; the client is a bare
// socket.
#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <vector>

#include "directory/tls_visitor.hpp"
#include "session/server_session.hpp"
#include "support/log_book.hpp"
#include "unit/directory/plain_port.hpp"
#include "unit/runtime/loop.hpp"
#include "unit/session/wire_client.hpp"
#include "wire/open_metadata.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::directory;
using namespace ferrotunnel::login;
using namespace ferrotunnel::session;
using namespace ferrotunnel::directory::test;
using namespace ferrotunnel::session::test;
using runtime::test::on;
using transport::test::wait_for;

namespace {

class Rig {
public:
    explicit Rig(bool https = true) {
        shared->registry = std::make_shared<Registry>();
        shared->tokens = std::make_shared<std::vector<AcceptedToken>>(1, AcceptedToken{"one", token, {}});
        shared->mux.role = mux::Role::server;
        shared->tcp_bind = *runtime::SocketAddress::from_ip("127.0.0.1", 0);
        shared->public_host = "tunnel.example.com";
        shared->open_port = PlainPort::open;
        shared->log = &null_logger();
        shared->random = &runtime::system_random();
        if (https) {
            shared->https_public = HttpPublic{"https", 8443};
        }
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

    WireClient connect(std::uint32_t trunk = 1, std::uint32_t trunks = 1) {
        auto [near, far] = transport::test::tcp_pair();
        on(worker, [&, socket = std::make_shared<runtime::Fd>(std::move(near))] {
            auto from = runtime::peer_address(socket->get());
            auto session = std::make_shared<ServerSession>(worker, from, shared, ServerSession::Callbacks{});
            sessions.push_back(session);
            session->start(std::move(*socket));
        });
        WireClient client(std::move(far), token, {1}, 1, trunk, trunks);
        REQUIRE(client.log_in());
        return client;
    }
    std::shared_ptr<HttpService> service(std::string_view host) {
        routes = shared->http->routes();
        const TlsMatch match = routes->find_tls(host, Clock::now());
        REQUIRE(match.kind == TlsMatch::Kind::service);
        return match.service->shared_from_this();
    }

    Token token = parse_token(make_token(runtime::system_random())).value();
    std::shared_ptr<ServerShared> shared = std::make_shared<ServerShared>();
    std::vector<std::shared_ptr<ServerSession>> sessions;
    std::shared_ptr<const HttpRoutes> routes;
    runtime::Worker worker;
};

void register_tls(WireClient& client, std::uint32_t id, std::vector<std::string> hosts) {
    wire::Service service;
    service.id = id;
    service.kind = wire::ServiceKind::tls;
    service.tls.hosts = std::move(hosts);
    for (const wire::ControlPayload& payload : wire::encode_register(id, {&service, 1})) {
        client.send_control(payload);
    }
}

wire::RegisteredService registered(WireClient& client) {
    auto answer = client.full_answer();
    REQUIRE(std::holds_alternative<wire::RegisteredService>(answer));
    return std::get<wire::RegisteredService>(answer);
}

wire::Refused refused(WireClient& client) {
    auto answer = client.full_answer();
    REQUIRE(std::holds_alternative<wire::Refused>(answer));
    return std::get<wire::Refused>(answer);
}

ReceivedFrame next(WireClient& client, wire::FrameType type) {
    while (auto frame = client.receive()) {
        if (frame->header.type == type) {
            return *frame;
        }
    }
    FAIL("the server has closed");
    return {};
}

/// A visitor that has said something already; the test holds its end.
struct Comer {
    explicit Comer(std::string_view said) {
        auto [near, far] = transport::test::tcp_pair();
        server_end = std::move(near);
        socket = std::move(far);
        REQUIRE(runtime::write_some(socket.get(), as_bytes(said)).bytes == said.size());
        wait_for(server_end.get(), POLLIN);
        from.family = 4;
        from.port = 51'000;
        from.bytes = {192, 0, 2, 7};
    }
    void goes_to(std::shared_ptr<HttpService> service) {
        hand_over({std::move(server_end), from, "app.example.com", std::move(service), ticket});
    }
    /// Reads all bytes up to the end, which must not be a reset.
    std::string read_to_end() {
        std::string all;
        while (true) {
            wait_for(socket.get(), POLLIN);
            std::array<std::uint8_t, 256> room;
            const runtime::IoResult result = runtime::read_some(socket.get(), MutableBytes(room));
            all += as_text(Bytes(room).first(result.bytes));
            if (result.status != runtime::IoStatus::ok) {
                CHECK(result.status == runtime::IoStatus::eof);
                return all;
            }
        }
    }

    runtime::Fd server_end;
    runtime::Fd socket;
    net::Address from;
    std::shared_ptr<void> ticket = std::make_shared<int>();
};

const std::string internal_error("\x15\x03\x03\x00\x02\x02\x50", 7);

}  // namespace

TEST_CASE("a server without a port for TLS says how to get one", "[tls]") {
    Rig rig(false);
    WireClient client = rig.connect();
    register_tls(client, 1, {"app.example.com"});
    const wire::Refused refusal = refused(client);
    CHECK(refusal.code == wire::Code::unsupported);
    CHECK_THAT(refusal.text, Catch::Contains("--https-bind"));
}

TEST_CASE("a TLS service is answered with its address, or refused in words", "[tls]") {
    Rig rig;
    WireClient client = rig.connect();
    register_tls(client, 1, {"App.Example.com", "*.example.org"});
    const wire::RegisteredService answer = registered(client);
    CHECK(answer.port == 8443);
    CHECK(answer.address == "tls://app.example.com:8443");
    CHECK(answer.host.empty());
    CHECK(rig.service("x.example.org") == rig.service("app.example.com"));
    CHECK(rig.shared->registry->holder_of(ClaimName("app.example.com", tls_instead_of_path)));

    register_tls(client, 2, {"10.0.0.1"});
    CHECK_THAT(refused(client).text, Catch::Contains("is an address"));
    register_tls(client, 2, {"app.example.com"});
    CHECK(refused(client).code == wire::Code::name_taken);
    register_tls(client, 2, {"*"});
    CHECK(registered(client).address == "tls://tunnel.example.com:8443");
}

TEST_CASE("a visitor is handed over with its address, and what it has sent comes first", "[tls]") {
    ferrotunnel::test::LogBook log;
    Rig rig;
    rig.shared->log = &log;
    WireClient client = rig.connect();
    register_tls(client, 3, {"app.example.com"});
    registered(client);
    Comer visitor("a ClientHello");
    std::weak_ptr<void> ticket = visitor.ticket;
    visitor.goes_to(rig.service("app.example.com"));
    visitor.ticket.reset();
    const ReceivedFrame frame = next(client, wire::FrameType::open);
    const auto open = wire::decode_open(frame.payload);
    REQUIRE(open);
    CHECK(open->service == 3);
    CHECK(open->kind == wire::ServiceKind::tls);
    CHECK(open->visitor == visitor.from);
    CHECK(wire::read_open_metadata(open->metadata).host == "app.example.com");
    const ReceivedFrame data = next(client, wire::FrameType::data);
    CHECK(as_text(data.payload) == "a ClientHello");
    CHECK(rig.shared->traffic->visitors_now == 1);
    CHECK(log.count("a visitor session=") == 1);
    CHECK(log.count("host=app.example.com") == 1);
    CHECK_FALSE(ticket.expired());
    client.close();
    while (!ticket.expired()) {  // the visitor counts as long as the connection is there
        on(rig.worker, [] {});
    }
    CHECK(rig.shared->traffic->visitors_now == 0);
}

TEST_CASE("a visitor whom no trunk takes hears an alert", "[tls]") {
    Rig rig;
    WireClient client = rig.connect();
    register_tls(client, 1, {"app.example.com"});
    registered(client);
    auto service = rig.service("app.example.com");
    SECTION("the service has just gone") {
        client.send_control(wire::encode_control(wire::Unregister{{1}}));
        register_tls(client, 2, {"other.example.com"});
        registered(client);
    }
    SECTION("its trunk drains") {
        client.send_goaway(wire::Code::going_away);
        while (service->choose()) {
            on(rig.worker, [] {});
        }
    }
    Comer visitor("a ClientHello");
    visitor.goes_to(service);
    CHECK(visitor.read_to_end() == internal_error);
}

TEST_CASE("the trunks of a tunnel share the visitors of a TLS host", "[tls]") {
    Rig rig;
    WireClient first = rig.connect(1, 2);
    register_tls(first, 1, {"app.example.com"});
    registered(first);
    WireClient second = rig.connect(2, 2);
    register_tls(second, 1, {"app.example.com"});
    registered(second);
    Comer one("1"), other("2");
    one.goes_to(rig.service("app.example.com"));
    other.goes_to(rig.service("app.example.com"));
    CHECK(first.opened() == 1);
    CHECK(second.opened() == 1);
    first.close();
    CHECK(runtime::write_some(other.socket.get(), as_bytes("more")).bytes == 4);
    while (rig.sessions[0]->view().connected) {
        on(rig.worker, [] {});
    }
    Comer third("3");
    third.goes_to(rig.service("app.example.com"));
    CHECK(second.opened() == 1);
}

TEST_CASE("limit: so many visitors of a TLS host wait until their client has answered others, and one more does not") {
    Rig rig;
    WireClient client = rig.connect();
    register_tls(client, 1, {"app.example.com"});
    registered(client);
    const auto service = rig.service("app.example.com");
    std::vector<std::unique_ptr<Comer>> comers;
    const auto one_comes = [&] {
        comers.push_back(std::make_unique<Comer>("hello"));
        on(rig.worker, [&] { comers.back()->goes_to(service); });
    };
    for (std::size_t i = 0; i < limits::opens_unanswered_per_service_max; ++i) {
        one_comes();
    }
    const wire::StreamId first = next(client, wire::FrameType::open).header.stream;
    // Visitors in line are not looked at, so these have no sockets.
    const auto some_more_come = [&](std::size_t count) {
        on(rig.worker, [&] {
            for (std::size_t i = 0; i < count; ++i) {
                hand_over({runtime::Fd(), {}, "app.example.com", service, nullptr});
            }
        });
    };
    one_comes();  // this one stands at the head of the line
    some_more_come(limits::visitors_waiting_max - 1);
    CHECK(rig.shared->counters->visitors_refused.load() == 0);
    some_more_come(1);
    CHECK(rig.shared->counters->visitors_refused.load() == 1);
    std::uint8_t frame[wire::opened_frame_bytes];
    client.send({frame, wire::encode_opened(first, 0, frame)});
    wire::StreamId last = 0;
    for (std::size_t i = 0; i < limits::opens_unanswered_per_service_max; ++i) {
        last = next(client, wire::FrameType::open).header.stream;  // the last one is the visitor that stood in line
    }
    while (next(client, wire::FrameType::data).header.stream != last) {
    }
    CHECK(rig.shared->counters->visitors_refused.load() == 1);
}
