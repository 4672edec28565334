// A public UDP port, with the session of its visitors' streams on another thread, as trunks may be.
#include "ingress/udp_port.hpp"

#include <sys/socket.h>

#include <catch2/catch.hpp>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "runtime/datagram_socket.hpp"
#include "runtime/system_random.hpp"
#include "unit/ingress/edge_rig.hpp"
#include "unit/mux/session_fixture.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::ingress;
using namespace ferrotunnel::ingress::test;
using namespace std::chrono_literals;

namespace {

using mux::test::datagram_frame;
using mux::test::SessionFixture;

using Newcomers = std::vector<IntrusivePtr<directory::DistantVisitor>>;

struct PortRig {
    explicit PortRig(Duration idle = 60s) {
        std::error_code error;
        auto socket = std::make_shared<runtime::Fd>(runtime::bind_datagrams(transport::test::loopback(), error));
        REQUIRE(*socket);
        address = runtime::local_address(socket->get());
        port = on(running.worker, [&] {
            const auto open = udp_port_opener(counts, runtime::system_random(), log);
            const auto on_visitor = [this](IntrusivePtr<directory::DistantVisitor> visitor,
                                           const runtime::SocketAddress&) {
                const std::lock_guard lock(mutex);
                newcomers.push_back(std::move(visitor));
            };
            return open(running.worker, std::move(*socket), {"dns", idle}, on_visitor);
        });
    }
    ~PortRig() {
        on(running.worker, [&] { port.reset(); });
    }
    std::size_t count() {
        const std::lock_guard lock(mutex);
        return newcomers.size();
    }
    /// Waits for the next visitor.
    IntrusivePtr<directory::DistantVisitor> next() {
        REQUIRE(eventually([&] { return count() > taken; }));
        const std::lock_guard lock(mutex);
        return newcomers[taken++];
    }

    RecordingLogger log;
    RunningWorker running;
    std::shared_ptr<trunk::DatagramCounts> counts = std::make_shared<trunk::DatagramCounts>();
    runtime::SocketAddress address;
    std::unique_ptr<directory::PublicPort> port;
    std::mutex mutex;
    Newcomers newcomers;
    std::size_t taken = 0;
};

runtime::Fd visitor_of(const PortRig& rig) {
    std::error_code error;
    runtime::Fd visitor = runtime::connect_datagrams(rig.address, error);
    REQUIRE(visitor);
    return visitor;
}

// Sends from an address that is gone at once, as a forged one is.
void send_from(const std::string& ip, const runtime::SocketAddress& to) {
    std::error_code error;
    const runtime::Fd sender = runtime::bind_datagrams(*runtime::SocketAddress::from_ip(ip, 0), error);
    REQUIRE(sender);
    REQUIRE(::sendto(sender.get(), "x", 1, 0, to.raw(), to.raw_size()) == 1);
}

void send(const runtime::Fd& visitor, const std::string& text) {
    REQUIRE(::send(visitor.get(), text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()));
}

std::string receive(const runtime::Fd& visitor) {
    transport::test::wait_for(visitor.get(), POLLIN);
    std::string text(70'000, ' ');
    const ssize_t size = ::recv(visitor.get(), text.data(), text.size(), 0);
    REQUIRE(size >= 0);
    text.resize(static_cast<std::size_t>(size));
    return text;
}

// Opens a visitor's stream in a session that lives on the test's thread.
IntrusivePtr<mux::Stream> open_for(SessionFixture& fixture, const IntrusivePtr<directory::DistantVisitor>& visitor,
                                   std::shared_ptr<shaping::ServiceShape> shape = nullptr) {
    mux::Session::OpenRequest request;
    request.kind = wire::ServiceKind::udp;
    fixture.now = Clock::now();
    IntrusivePtr<mux::Stream> stream = fixture.session->open(request, visitor, true, fixture.now).value();
    auto traffic = make_intrusive<trunk::Traffic>();
    traffic->opened();
    visitor->opened(stream, traffic, std::move(shape));
    return stream;
}

// The datagrams that the session has sent, as soon as there are so many.
std::vector<std::string> sent_by(SessionFixture& fixture, std::size_t count) {
    std::vector<std::string> sent;
    CHECK(eventually([&] {
        for (const auto& frame : fixture.produce()) {
            if (frame.header.type == wire::FrameType::datagram) {
                sent.emplace_back(frame.payload.begin(), frame.payload.end());
            }
        }
        return sent.size() >= count;
    }));
    return sent;
}

}  // namespace

TEST_CASE("a visitor's datagrams wait for its stream, and answers find their way back from another thread") {
    PortRig rig;
    SessionFixture fixture;
    const runtime::Fd visitor = visitor_of(rig);
    send(visitor, "one");
    send(visitor, "");
    const auto newcomer = rig.next();
    REQUIRE(eventually([&] { return rig.counts->received.load() == 2; }));
    const auto stream = open_for(fixture, newcomer);
    CHECK(sent_by(fixture, 2) == std::vector<std::string>{"one", ""});

    const std::string large(limits::datagram_payload_max, 'x');
    send(visitor, large);
    CHECK(sent_by(fixture, 1) == std::vector<std::string>{large});
    for (std::size_t size : {std::size_t{0}, std::size_t{1}, limits::datagram_payload_max, std::size_t{3}}) {
        fixture.feed(datagram_frame(stream->id(), size));
        CHECK(receive(visitor).size() == size);
    }
    CHECK(rig.count() == 1);
}

TEST_CASE("each address is a visitor of its own, and gets its own answers") {
    PortRig rig;
    SessionFixture fixture;
    constexpr std::size_t visitors = 50;
    std::vector<runtime::Fd> sockets;
    std::map<std::size_t, wire::StreamId> streams;
    for (std::size_t i = 0; i < visitors; ++i) {
        sockets.push_back(visitor_of(rig));
        send(sockets[i], std::string(i + 1, 'v'));
        const auto stream = open_for(fixture, rig.next());
        CHECK(sent_by(fixture, 1) == std::vector<std::string>{std::string(i + 1, 'v')});
        streams[i] = stream->id();
    }
    for (std::size_t i = 0; i < visitors; ++i) {
        fixture.feed(datagram_frame(streams[i], i + 100));
    }
    for (std::size_t i = 0; i < visitors; ++i) {
        CHECK(receive(sockets[i]).size() == i + 100);
    }
}

TEST_CASE("datagrams beyond the rate of their service are dropped, and counted") {
    PortRig rig;
    SessionFixture fixture;
    const auto shape = std::make_shared<shaping::ServiceShape>(std::make_shared<shaping::TokenShape>());
    shape->set({.all = {}, .service = {shaping::rate_min, 0}, .visitor = {}}, Clock::now());
    const runtime::Fd visitor = visitor_of(rig);
    send(visitor, "first");
    const auto stream = open_for(fixture, rig.next(), shape);
    sent_by(fixture, 1);
    constexpr std::uint64_t flood = 100;
    for (std::uint64_t i = 0; i < flood; ++i) {
        send(visitor, std::string(1'000, 'x'));
    }
    std::uint64_t passed = 0;
    CHECK(eventually([&] {
        for (const auto& frame : fixture.produce()) {
            passed += frame.header.type == wire::FrameType::datagram ? 1 : 0;
        }
        return passed + rig.counts->over_rate.load() == flood;
    }));
    CHECK(rig.counts->over_rate > 0);
    fixture.feed(datagram_frame(stream->id(), 1'000));  // the other way has no rate
    CHECK(receive(visitor).size() == 1'000);
}

TEST_CASE("a visitor that is silent is forgotten, and a new one when it speaks again") {
    PortRig rig(100ms);
    SessionFixture fixture;
    const runtime::Fd visitor = visitor_of(rig);
    send(visitor, "hello");
    const auto stream = open_for(fixture, rig.next());
    CHECK(eventually([&] {
        fixture.produce();
        return static_cast<bool>(stream->stream_end());
    }));
    send(visitor, "again");
    rig.next();
    CHECK(rig.count() == 2);
}

TEST_CASE("a visitor whom no trunk takes, or whose stream ends, is forgotten") {
    PortRig rig;
    SessionFixture fixture;
    const runtime::Fd visitor = visitor_of(rig);
    send(visitor, "refused");
    rig.next()->refused();
    REQUIRE(eventually([&] { return rig.counts->no_visitor.load() == 1; }));
    send(visitor, "opened");
    const auto newcomer = rig.next();
    const auto stream = open_for(fixture, newcomer);
    fixture.feed(mux::test::reset_frame(stream->id(), wire::Code::none, true));
    // Until the port has heard of it, what comes is of the old visitor, and dropped.
    CHECK(eventually([&] {
        send(visitor, "again");
        return rig.count() == 3;
    }));
}

TEST_CASE("limit: what waits for a visitor's stream to be opened") {
    PortRig rig;
    SessionFixture fixture;
    const runtime::Fd visitor = visitor_of(rig);
    for (std::size_t i = 0; i < limits::udp_unopened_datagrams_max + 1; ++i) {
        send(visitor, "x");
    }
    const auto newcomer = rig.next();
    REQUIRE(eventually([&] { return rig.counts->no_room.load() == 1; }));
    const auto stream = open_for(fixture, newcomer);
    CHECK(sent_by(fixture, limits::udp_unopened_datagrams_max).size() == limits::udp_unopened_datagrams_max);
}

TEST_CASE("limit: visitors of a UDP port, of whom those who speak stay") {
    PortRig rig;
    for (std::size_t i = 0; i < limits::udp_visitors_per_port_max; ++i) {
        send_from("127.1." + std::to_string(i / 250) + '.' + std::to_string(i % 250 + 1), rig.address);
        if (i % 50 == 0) {
            REQUIRE(eventually([&] { return rig.counts->received.load() == i + 1; }));
        }
    }
    REQUIRE(eventually([&] { return rig.count() == limits::udp_visitors_per_port_max; }));
    send(visitor_of(rig), "one more");
    // Dropped, unless this took so long that the first one gives way.
    CHECK(eventually(
        [&] { return rig.counts->no_visitor.load() == 1 || rig.count() == limits::udp_visitors_per_port_max + 1; }));
}

TEST_CASE("a visitor whom rules keep out is asked about once, and forgotten after its time") {
    PortRig rig(3s);  // so long this thread may stand still before it decides about a visitor
    SessionFixture fixture;
    const runtime::Fd visitor = visitor_of(rig);
    send(visitor, "first");
    rig.next()->rejected();
    REQUIRE(eventually([&] { return rig.counts->no_visitor.load() == 1; }));
    // What it sends does not keep it out: in the end it is asked about again.
    std::uint64_t sent = 1;
    REQUIRE(eventually([&] {
        send(visitor, "more");
        ++sent;
        return rig.count() == 2;
    }));
    const auto stream = open_for(fixture, rig.next());
    CHECK_FALSE(sent_by(fixture, 1).empty());
    CHECK(rig.counts->no_visitor.load() < sent);
}

TEST_CASE("another process has the socket too: answers are sent, and who gets none goes soon", "[handover]") {
    PortRig rig(1h);
    SessionFixture fixture;
    const runtime::Fd visitor = visitor_of(rig);
    send(visitor, "asked");
    const auto stream = open_for(fixture, rig.next());
    CHECK(sent_by(fixture, 1) == std::vector<std::string>{"asked"});
    on(rig.running.worker, [&] { rig.port->handover_to_process(); });
    send(visitor, "is the other one's");
    fixture.feed(datagram_frame(stream->id(), 77));
    CHECK(receive(visitor).size() == 77);
    CHECK(eventually([&] {
        fixture.produce();
        return static_cast<bool>(stream->stream_end());
    }));
    CHECK(rig.counts->received == 1);
}
