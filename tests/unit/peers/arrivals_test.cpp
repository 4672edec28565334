// What another member forwards is served by own clients of every kind of service, and by nobody else.
#include <catch2/catch.hpp>
#include <optional>
#include <string>

#include "unit/peers/arrivals_rig.hpp"
#include "wire/open_metadata.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::peers;
using namespace ferrotunnel::peers::test;

namespace {

// A carrier of another member, to which nothing that has arrived may go.
class ForbiddenCarrier final : public directory::HttpCarrier, public directory::VisitorCarrier {
public:
    std::uint64_t load() const noexcept override { return 0; }
    runtime::Worker& worker() noexcept override { std::abort(); }
    void open(std::uint32_t, const directory::HttpVisitor&, IntrusivePtr<buffer::Waker>, bool, Opened) override {
        std::abort();
    }
    void take(directory::Visitor, std::uint32_t) override { std::abort(); }
    void take(directory::TlsVisitor, std::uint32_t) override { std::abort(); }
    void dropped(const std::shared_ptr<directory::HttpService>&) noexcept override {}
    void dropped(const std::shared_ptr<directory::SharedPort>&) noexcept override {}
};

wire::Service service_of(ServiceKind kind, std::string name) {
    wire::Service service;
    service.id = 7;
    service.kind = kind;
    service.name = std::move(name);
    return service;
}

VisitorHeader visit_of(const std::string& service, const login::TokenId& of_token, const login::TokenId& by_token) {
    VisitorHeader header;
    header.service = service;
    header.of_token = of_token;
    header.by_token = by_token;
    return header;
}

VisitorHeader tls_for(const std::string& host) {
    VisitorHeader header;
    header.host = host;
    return header;
}

// As the application does it: the service "db" of the only token, for which the id of its session is 7.
void let_visit(ArrivalsRig& rig, std::string& asked_owner) {
    rig.server.shared->find_visited = [&rig, &asked_owner](
                                          const login::TokenId& visitor, const std::string& service,
                                          const std::string& token) -> std::optional<session::ServerShared::Visited> {
        asked_owner = token;
        if (visitor != rig.server.token.id || service != "db" || rig.server.sessions.empty()) {
            return std::nullopt;
        }
        return session::ServerShared::Visited(rig.server.sessions.front(), 7);
    };
}

}  // namespace

TEST_CASE("a forwarded visitor of a TCP port is served by an own client", "[peers]") {
    ArrivalsRig rig;
    WireClient client = rig.server.log_in();
    const std::uint16_t port = client.obtain_port(7);
    rig.check_served(client, rig.forward(ServiceKind::tcp, port), 7, ServiceKind::tcp);
    CHECK(rig.end_of(rig.forward(ServiceKind::udp, port)) == Code::unknown_service);  // another transport
}

TEST_CASE("a forwarded visitor of a UDP port is served by an own client", "[peers]") {
    ArrivalsRig rig;
    WireClient client = rig.server.log_in({.features = wire::feature::udp});
    const wire::Service service = service_of(ServiceKind::udp, "dns");
    client.register_services({&service, 1});
    const IntrusivePtr<mux::Stream> visitor = rig.forward(ServiceKind::udp, client.registered().port);
    const ReceivedFrame opened = client.next(FrameType::open);
    const auto open = wire::decode_open(opened.payload);
    REQUIRE(open);
    CHECK(open->service == 7);
    CHECK(open->kind == ServiceKind::udp);
    CHECK(open->visitor == arriving_address());
    client.send_opened(opened.header.stream);

    constexpr int repetitions = 20;  // a paused machine may make some too old
    for (int i = 0; i < repetitions; ++i) {
        on(rig.server.worker, [&] {
            const auto now_ms =
                std::chrono::duration_cast<std::chrono::milliseconds>(rig.server.worker.now().time_since_epoch())
                    .count();
            (void)visitor->send_datagram(buffer::Slice::copy_of(as_bytes(std::string_view("question"))),
                                         static_cast<std::uint32_t>(now_ms));
            visitor->flush();
        });
    }
    const ReceivedFrame question = client.next(FrameType::datagram);
    CHECK(as_text(Bytes(question.payload)) == "question");
    for (int i = 0; i < repetitions; ++i) {
        client.send(ArrivalsRig::data_frame(FrameType::datagram, opened.header.stream, "answer"));
    }
    std::string got;
    CHECK(eventually([&] {
        on(rig.server.worker, [&] {
            if (visitor->front() != nullptr && visitor->front()->kind == mux::StreamItem::Kind::datagram) {
                got = as_text(visitor->take_datagram().bytes());
            }
        });
        return got == "answer";
    }));
}

TEST_CASE("a forwarded visitor of a TLS host is served by an own client, which learns the host", "[peers]") {
    ArrivalsRig rig;
    WireClient client = rig.server.log_in();
    client.register_tls(7, {"app.example.com"});
    client.registered();
    const IntrusivePtr<mux::Stream> visitor = rig.forward(ServiceKind::tls, tls_for("app.example.com"));
    rig.check_served(client, visitor, 7, ServiceKind::tls);
    CHECK(rig.end_of(rig.forward(ServiceKind::tls, tls_for("other.example.com"))) == Code::unknown_service);

    const IntrusivePtr<mux::Stream> next = rig.forward(ServiceKind::tls, tls_for("app.example.com"));
    const ReceivedFrame opened = client.next(FrameType::open);
    CHECK(wire::read_open_metadata(wire::decode_open(opened.payload)->metadata).host == "app.example.com");
}

TEST_CASE("a forwarded visit of a private service is served by an own client", "[peers]") {
    ArrivalsRig rig;
    std::string asked_owner = "nobody was asked for";
    let_visit(rig, asked_owner);
    WireClient client = rig.server.log_in();
    const wire::Service service = service_of(ServiceKind::private_tcp, "db");
    client.register_services({&service, 1});
    client.registered();
    const login::TokenId token = rig.server.token.id;
    const login::TokenId stranger{1, 2, 3};
    rig.check_served(client, rig.forward(ServiceKind::private_tcp, visit_of("db", token, token)), 7, ServiceKind::tcp);
    CHECK(asked_owner.empty());  // the visitor's own token

    // Rights are this member's: it is asked about the token's name here.
    CHECK(rig.end_of(rig.forward(ServiceKind::private_tcp, visit_of("db", token, stranger))) == Code::unknown_service);
    CHECK(asked_owner == "one");
    asked_owner = "nobody was asked for";
    CHECK(rig.end_of(rig.forward(ServiceKind::private_tcp, visit_of("db", stranger, token))) == Code::unknown_service);
    CHECK(asked_owner == "nobody was asked for");  // no such token here
    CHECK(rig.end_of(rig.forward(ServiceKind::private_tcp, visit_of("nothing", token, token))) ==
          Code::unknown_service);

    // The client has just left it: another member may have it.
    client.unregister(7);
    client.answer_pings = false;
    client.send_ping(1, false);
    (void)client.next(FrameType::ping);
    CHECK(rig.end_of(rig.forward(ServiceKind::private_tcp, visit_of("db", token, token))) == Code::unknown_service);
}

TEST_CASE("a server without visits refuses those that are forwarded", "[peers]") {
    ArrivalsRig rig;
    const login::TokenId token = rig.server.token.id;
    CHECK(rig.end_of(rig.forward(ServiceKind::private_tcp, visit_of("db", token, token))) == Code::unknown_service);
}

TEST_CASE("a forwarded visitor of HTTP goes to the edge with all that is known of it", "[peers]") {
    RecordingFront front;
    ArrivalsRig rig(&front);
    VisitorHeader header;
    header.https = true;
    header.trusted = true;
    header.key_group = KeyGroup::hybrid;
    header.certificate = true;
    CHECK(rig.end_of(rig.forward(ServiceKind::http, header)) == Code::going_away);
    const std::vector<directory::HttpVisitor> served = on(rig.server.worker, [&] { return front.served; });
    REQUIRE(served.size() == 1);
    CHECK(served[0].address == arriving_address());
    CHECK(served[0].https);
    CHECK(served[0].trusted);
    CHECK(served[0].key_group == KeyGroup::hybrid);
    CHECK(served[0].certificate);
}

TEST_CASE("a member without HTTP, and one that does not know the kind, refuse the visitor as unsupported", "[peers]") {
    ArrivalsRig rig;
    CHECK(rig.end_of(rig.forward(ServiceKind::http, VisitorHeader())) == Code::unsupported);
    CHECK(rig.end_of(rig.forward(static_cast<ServiceKind>(9), VisitorHeader())) == Code::unsupported);
}

TEST_CASE("what is not here ends before a byte, so that the entry tries another member", "[peers]") {
    ArrivalsRig rig;
    CHECK(rig.end_of(rig.forward(ServiceKind::tcp, 4'711)) == Code::unknown_service);
    CHECK(rig.end_of(rig.forward(ServiceKind::udp, 4'711)) == Code::unknown_service);
    CHECK(rig.end_of(rig.forward(ServiceKind::tls, tls_for("app.example.com"))) == Code::unknown_service);
    CHECK(rig.end_of(rig.forward(ServiceKind::tls, VisitorHeader())) == Code::unknown_service);
}

TEST_CASE("a visitor with an invalid header is refused, and such lines are limited", "[peers]") {
    ArrivalsRig rig;
    const login::TokenId token = rig.server.token.id;
    const std::uint8_t invalid[] = {0xff};
    CHECK(rig.end_of(rig.forward(ServiceKind::tls, 0, invalid)) == Code::protocol);
    CHECK(rig.log.count("its header is not valid kind=4") == 1);
    // A port that does not exist, and a visit that lacks something.
    CHECK(rig.end_of(rig.forward(ServiceKind::tcp, 0)) == Code::protocol);
    CHECK(rig.end_of(rig.forward(ServiceKind::tcp, 65'536)) == Code::protocol);
    CHECK(rig.end_of(rig.forward(ServiceKind::udp, 65'536)) == Code::protocol);
    CHECK(rig.end_of(rig.forward(ServiceKind::private_tcp, visit_of("", token, token))) == Code::protocol);
    VisitorHeader header = visit_of("db", token, token);
    header.of_token.reset();
    CHECK(rig.end_of(rig.forward(ServiceKind::private_tcp, header)) == Code::protocol);
    header.of_token.swap(header.by_token);
    CHECK(rig.end_of(rig.forward(ServiceKind::private_tcp, header)) == Code::protocol);

    const int before = rig.log.count("its header is not valid");
    on(rig.server.worker, [&] {  // all in one round
        for (std::uint32_t i = 0; i < 3 * limits::log_lines_per_second; ++i) {
            (void)rig.forward_here(ServiceKind::tls, 0, invalid);
        }
    });
    CHECK(eventually([&] { return rig.log.count("its header is not valid") > before; }));
    CHECK(rig.end_of(rig.forward(ServiceKind::tls, 0, invalid)) == Code::protocol);
    constexpr int most = 2 * static_cast<int>(limits::log_lines_per_second);  // if a second ends meanwhile
    CHECK(rig.log.count("its header is not valid") <= before + 1 + most);
}

TEST_CASE("a visitor never makes a second hop", "[peers]") {
    ArrivalsRig rig;
    session::ServerShared& shared = *rig.server.shared;
    const auto other = std::make_shared<ForbiddenCarrier>();
    SECTION("a host that only another member has") {
        directory::RemoteHost host;
        host.host = "app.example.com";
        host.path = directory::tls_instead_of_path;
        host.owner = rig.server.token.id;
        host.service = shared.http->remote_service({other});
        shared.http->set_remote({host}, Clock::now());
        CHECK(shared.http->has_passthrough());
        CHECK(rig.end_of(rig.forward(ServiceKind::tls, tls_for("app.example.com"))) == Code::unknown_service);
    }
    SECTION("a port that only another member has") {
        directory::RemotePort remote;
        remote.owner = rig.server.token.id;
        remote.carriers = {other};
        const auto open = [&] {  // at a port that was free a moment ago
            runtime::SocketAddress at = runtime::local_address(session::test::listen_on_loopback().get());
            remote.port = at.port();
            return on(rig.server.worker, [&] {
                std::error_code error;
                return shared.ports->set_remote(remote, at, rig.server.worker, shared.open_port, shared.open_udp,
                                                error);
            });
        };
        REQUIRE(eventually(open));
        CHECK(rig.end_of(rig.forward(ServiceKind::tcp, remote.port)) == Code::unknown_service);
    }
}
