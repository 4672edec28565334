// TLS services as a client registers them, and the visitors that are handed to its sessions; the client is a bare
// socket.
#include <atomic>
#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <vector>

#include "directory/tls_visitor.hpp"
#include "support/eventually.hpp"
#include "support/recording_logger.hpp"
#include "unit/session/server_rig.hpp"
#include "wire/open_metadata.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::directory;
using namespace ferrotunnel::session;
using namespace ferrotunnel::session::test;
using ferrotunnel::test::eventually;

namespace {

/// A server with a port for TLS.
struct TlsRig : ServerRig {
    TlsRig() { shared->https_public = HttpPublic{"https", 8443}; }

    /// A client that has registered a service for this host.
    WireClient client_of(const std::string& host, const Caller& caller = {}) {
        WireClient client = log_in(caller);
        client.register_tls(1, {host});
        client.registered();
        return client;
    }
    std::shared_ptr<HttpService> service(std::string_view host) {
        routes = shared->http->routes();
        const TlsMatch match = routes->find_tls(host, Clock::now());
        REQUIRE(match.kind == TlsMatch::Kind::service);
        return match.service->shared_from_this();
    }

    std::shared_ptr<const HttpRoutes> routes;
};

/// Counts whom it takes back.
struct CountingEntrance final : TlsVisitorSource {
    void readmit(TlsVisitor visitor) noexcept override {
        if (visitor.host == "app.example.com" && !visitor.service && !visitor.source) {
            taken_back.fetch_add(1);
        }
    }
    std::atomic<int> taken_back{0};
};

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
        TlsVisitor visitor(std::move(server_end), from, "app.example.com", std::move(service), ticket);
        visitor.source = source;
        dispatch(std::move(visitor));
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
    login::ConnectionTicket ticket = std::make_shared<login::ConnectionLimiter>(1, 1)->enter("");
    std::shared_ptr<TlsVisitorSource> source{};
};

const std::string internal_error("\x15\x03\x03\x00\x02\x02\x50", 7);

}  // namespace

TEST_CASE("a server without a port for TLS says how to get one", "[tls]") {
    ServerRig rig;
    WireClient client = rig.log_in();
    client.register_tls(1, {"app.example.com"});
    const wire::Refused refusal = client.refused();
    CHECK(refusal.code == wire::Code::unsupported);
    CHECK_THAT(refusal.text, Catch::Contains("--https-bind"));
}

TEST_CASE("a TLS service is answered with its address, or refused in words", "[tls]") {
    TlsRig rig;
    WireClient client = rig.log_in();
    client.register_tls(1, {"App.Example.com", "*.example.org"});
    const wire::RegisteredService answer = client.registered();
    CHECK(answer.port == 8443);
    CHECK(answer.address == "tls://app.example.com:8443");
    CHECK(answer.host.empty());
    CHECK(rig.service("x.example.org") == rig.service("app.example.com"));
    CHECK(rig.shared->registry->holder_of(ClaimName("app.example.com", tls_instead_of_path)));

    client.register_tls(2, {"10.0.0.1"});
    CHECK_THAT(client.refused().text, Catch::Contains("is an IP address"));
    client.register_tls(2, {"app.example.com"});
    CHECK(client.refused().code == wire::Code::name_taken);
    client.register_tls(2, {"*"});
    CHECK(client.registered().address == "tls://tunnel.example.com:8443");
}

TEST_CASE("a visitor is handed over with its address, and what it has sent comes first", "[tls]") {
    ferrotunnel::test::RecordingLogger log;
    TlsRig rig;
    rig.shared->log = &log;
    WireClient client = rig.log_in();
    client.register_tls(3, {"app.example.com"});
    client.registered();
    Comer visitor("a ClientHello");
    std::weak_ptr<void> ticket = visitor.ticket;
    visitor.goes_to(rig.service("app.example.com"));
    visitor.ticket.reset();
    const ReceivedFrame frame = client.next(wire::FrameType::open);
    const auto open = wire::decode_open(frame.payload);
    REQUIRE(open);
    CHECK(open->service == 3);
    CHECK(open->kind == wire::ServiceKind::tls);
    CHECK(open->visitor == visitor.from);
    CHECK(wire::read_open_metadata(open->metadata).host == "app.example.com");
    const ReceivedFrame data = client.next(wire::FrameType::data);
    CHECK(as_text(data.payload) == "a ClientHello");
    CHECK(rig.shared->traffic->visitors_now == 1);
    CHECK(log.count("a visitor session=") == 1);
    CHECK(log.count("host=app.example.com") == 1);
    CHECK_FALSE(ticket.expired());
    client.close();
    while (!ticket.expired()) {  // the visitor counts as long as the connection is there
        on(rig.worker, [] {});
    }
    on(rig.worker, [] {});  // what gives the ticket back may not be over
    CHECK(rig.shared->traffic->visitors_now == 0);
}

TEST_CASE("a visitor whom no trunk takes hears an alert", "[tls]") {
    TlsRig rig;
    WireClient client = rig.client_of("app.example.com");
    auto service = rig.service("app.example.com");
    SECTION("the service has just gone") {
        client.unregister(1);
        client.register_tls(2, {"other.example.com"});
        client.registered();
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

TEST_CASE("a visitor without a stream comes in again when the last trunk leaves", "[tls]") {
    TlsRig rig;
    const auto source = std::make_shared<CountingEntrance>();
    WireClient client = rig.client_of("app.example.com");
    const auto service = rig.service("app.example.com");
    std::vector<std::unique_ptr<Comer>> comers;
    const auto some_come = [&](std::size_t count) {
        on(rig.worker, [&] {
            for (std::size_t i = 0; i < count; ++i) {
                comers.push_back(std::make_unique<Comer>("hello"));
                comers.back()->source = source;
                comers.back()->goes_to(service);
            }
        });
    };
    SECTION("it stands in line: another one's end is that of its stream") {
        some_come(limits::opens_unanswered_per_service_max + 2);
        CHECK(source->taken_back.load() == 0);
        client.close();
    }
    SECTION("its service has just gone") {
        client.unregister(1);
        client.register_tls(2, {"other.example.com"});
        client.registered();
        some_come(2);
    }
    CHECK(eventually([&] { return source->taken_back.load() == 2; }));
    REQUIRE(eventually([&] { return !service->is_carried(); }));
    on(rig.worker, [] {});
    CHECK(source->taken_back.load() == 2);
}

TEST_CASE("the trunks of a tunnel share the visitors of a TLS host", "[tls]") {
    TlsRig rig;
    WireClient first = rig.client_of("app.example.com", {.trunk = 1, .trunks = 2});
    WireClient second = rig.client_of("app.example.com", {.trunk = 2, .trunks = 2});
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
    TlsRig rig;
    WireClient client = rig.client_of("app.example.com");
    const auto service = rig.service("app.example.com");
    std::vector<std::unique_ptr<Comer>> comers;
    const auto one_comes = [&] {
        comers.push_back(std::make_unique<Comer>("hello"));
        on(rig.worker, [&] { comers.back()->goes_to(service); });
    };
    for (std::size_t i = 0; i < limits::opens_unanswered_per_service_max; ++i) {
        one_comes();
    }
    const wire::StreamId first = client.next(wire::FrameType::open).header.stream;
    // Visitors in line are not looked at, so these have no sockets.
    const auto some_more_come = [&](std::size_t count) {
        on(rig.worker, [&] {
            for (std::size_t i = 0; i < count; ++i) {
                dispatch({runtime::Fd(), {}, "app.example.com", service, nullptr});
            }
        });
    };
    one_comes();  // this one stands at the head of the line
    some_more_come(limits::visitors_waiting_max - 1);
    CHECK(rig.shared->counters->visitors_refused.load() == 0);
    some_more_come(1);
    CHECK(rig.shared->counters->visitors_refused.load() == 1);
    client.send_opened(first);
    wire::StreamId last = 0;
    for (std::size_t i = 0; i < limits::opens_unanswered_per_service_max; ++i) {
        last = client.next(wire::FrameType::open).header.stream;  // the last one is the visitor that stood in line
    }
    while (client.next(wire::FrameType::data).header.stream != last) {
    }
    CHECK(rig.shared->counters->visitors_refused.load() == 1);
}
