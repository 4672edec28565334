// A client's UDP services on the server: who may have them, and streams for their visitors.
#include <atomic>
#include <catch2/catch.hpp>
#include <mutex>
#include <vector>

#include "runtime/datagram_socket.hpp"
#include "support/eventually.hpp"
#include "unit/session/server_rig.hpp"
#include "unit/session/stub_udp_port.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::directory;
using namespace ferrotunnel::session;
using namespace ferrotunnel::session::test;
using ferrotunnel::test::eventually;

namespace {

class StubVisitor final : public DistantVisitor {
public:
    void wake() noexcept override {}
    void opened(IntrusivePtr<mux::Stream> given, IntrusivePtr<trunk::TrafficCounter> traffic,
                std::shared_ptr<shaping::ServiceShape> shape) noexcept override {
        has_shape = shape != nullptr;
        stream = std::move(given);
        traffic->stopped_sending();
        traffic->closed();
        is_opened = true;
    }
    void refused() noexcept override { is_refused = true; }

    IntrusivePtr<mux::Stream> stream;
    std::atomic<bool> has_shape{false};
    std::atomic<bool> is_opened{false};
    std::atomic<bool> is_refused{false};
};

struct UdpRig : ServerRig {
    UdpRig() {
        shared->open_udp = [this](runtime::Worker&, runtime::Fd socket, const DatagramTerms& asked,
                                  DatagramHandler handler) {
            const std::lock_guard lock(mutex);
            terms = asked;
            on_visitor = std::move(handler);
            return std::make_unique<StubPort>(std::move(socket));
        };
    }
    IntrusivePtr<StubVisitor> visit() {
        auto visitor = make_intrusive<StubVisitor>();
        on(worker, [&] { on_visitor(visitor, *runtime::SocketAddress::from_ip("192.0.2.1", 5'000)); });
        return visitor;
    }
    static Caller caller() {
        Caller caller;
        caller.features = wire::feature::udp;
        return caller;
    }

    std::mutex mutex;
    DatagramTerms terms;
    DatagramHandler on_visitor;
};

void register_udp(WireClient& client, std::uint32_t id, std::uint16_t port, std::uint32_t idle_ms = 0) {
    wire::Service service;
    service.id = id;
    service.kind = wire::ServiceKind::udp;
    service.remote_port = port;
    service.name = "dns";
    service.udp.idle_ms = idle_ms;
    client.register_services({&service, 1});
}

}  // namespace

TEST_CASE("a UDP service has a port beside a TCP service with the same number") {
    UdpRig rig;
    WireClient client = rig.log_in(UdpRig::caller());
    // Other programs on this machine may have the UDP port with the number that TCP was given: then another is tried.
    std::uint16_t port = 0;
    std::optional<wire::RegisteredService> registered;
    for (int attempt = 0; !registered && attempt < 20; ++attempt) {
        port = client.obtain_port(1);
        register_udp(client, 2, port, 5'000);
        const auto answer = client.answer();
        if (const auto* got = std::get_if<wire::RegisteredService>(&answer)) {
            registered = *got;
        } else {
            client.unregister(1);
        }
    }
    REQUIRE(registered);
    const wire::RegisteredService service = *registered;
    CHECK(service.port == port);
    CHECK(service.address == "udp://tunnel.example.com:" + std::to_string(port));
    CHECK(rig.terms.service == "dns");
    CHECK(rig.terms.idle == std::chrono::seconds(5));

    register_udp(client, 3, port);
    CHECK(client.refused().code == wire::Code::port_taken);
    client.unregister(2);
    register_udp(client, 4, port);  // free at once
    CHECK(client.registered().port == port);
    CHECK(rig.terms.idle == limits::udp_idle_default);
}

TEST_CASE("a client that has not announced UDP gets no UDP service") {
    UdpRig rig;
    WireClient client = rig.log_in();
    register_udp(client, 1, 0);
    const wire::Refused refusal = client.refused();
    CHECK(refusal.code == wire::Code::unsupported);
    CHECK(refusal.text == "The client has not announced support for UDP.");
    CHECK(client.obtain_port(2) != 0);
}

TEST_CASE("a visitor who sends datagrams gets a stream of its kind") {
    UdpRig rig;
    WireClient client = rig.log_in(UdpRig::caller());
    register_udp(client, 7, 0);
    client.registered();
    const auto visitor = rig.visit();
    const auto frame = client.next(wire::FrameType::open);
    const auto open = wire::decode_open(frame.payload);
    REQUIRE(open);
    CHECK(open->kind == wire::ServiceKind::udp);
    CHECK(open->service == 7);
    CHECK(open->visitor == runtime::visitor_address(*runtime::SocketAddress::from_ip("192.0.2.1", 5'000)));
    CHECK(eventually([&] { return visitor->is_opened.load(); }));
    CHECK(visitor->stream->kind() == wire::ServiceKind::udp);
    CHECK(visitor->has_shape);
}

TEST_CASE("limit: of a burst of UDP visitors those beyond what a client may have to answer wait") {
    constexpr std::size_t burst = limits::opens_unanswered_per_service_max + 20;
    UdpRig rig;
    WireClient client = rig.log_in(UdpRig::caller());
    register_udp(client, 7, 0);
    client.registered();
    std::vector<IntrusivePtr<StubVisitor>> visitors;
    for (std::size_t i = 0; i < burst; ++i) {
        visitors.push_back(rig.visit());
    }
    std::vector<wire::StreamId> opens;
    while (opens.size() < limits::opens_unanswered_per_service_max) {
        opens.push_back(client.next(wire::FrameType::open).header.stream);
    }
    CHECK_FALSE(visitors.back()->is_opened);
    client.send_opened(opens.front());
    client.next(wire::FrameType::open);
    CHECK_FALSE(visitors.back()->is_refused);
    client.close();
    CHECK(eventually([&] { return visitors.back()->is_refused.load(); }));
}
