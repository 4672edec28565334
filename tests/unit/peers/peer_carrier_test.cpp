// Visitors that a member forwards to another one.
#include "peers/peer_carrier.hpp"

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <future>
#include <mutex>
#include <vector>

#include "unit/directory/plain_port.hpp"
#include "unit/peers/peers_rig.hpp"
#include "unit/peers/serving_host.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::peers;
using namespace ferrotunnel::peers::test;
using directory::test::PlainPort;
using directory::test::visit;
using runtime::test::on;
using wire::Code;

namespace {

directory::HttpVisitor https_visitor() {
    directory::HttpVisitor visitor;
    visitor.address = runtime::visitor_address(*runtime::SocketAddress::from_ip("192.0.2.7", 4711));
    visitor.https = true;
    visitor.key_group = KeyGroup::hybrid;
    return visitor;
}

Result<directory::HttpStream, Code> opened_by(PeerCarrier& carrier, runtime::Worker& worker) {
    auto answer = std::make_shared<std::promise<Result<directory::HttpStream, Code>>>();
    auto future = answer->get_future();
    on(worker, [&] {
        carrier.open(1, https_visitor(), make_intrusive<NullWaker>(), &carrier.worker() != &worker,
                     [answer](Result<directory::HttpStream, Code> result) { answer->set_value(std::move(result)); });
    });
    REQUIRE(future.wait_for(runtime::test::patience) == std::future_status::ready);
    return future.get();
}

/// A port of member a whose visitors other members serve.
struct RemotePort {
    RemotePort(Member& member, std::size_t peers) : member_(member) {
        std::error_code error;
        for (std::size_t i = 0; i < peers; ++i) {
            port = on(member.workers.at(0), [&] {
                return table_
                    ->join(owner, at(), member.links.carriers().at(i), 0, member.workers.at(0), PlainPort::open, error)
                    .port;
            });
            REQUIRE(port);
        }
    }
    void close() {
        for (const auto& carrier : member_.links.carriers()) {
            table_->leave(*port, *carrier);
        }
        member_.workers.stop();
        member_.workers.join();
        table_->end();
    }
    runtime::SocketAddress at() const { return port ? port->address() : runtime::test::loopback(); }

    static constexpr directory::ClientId owner{{1}, {1}};
    std::shared_ptr<directory::SharedPort> port;

private:
    Member& member_;
    const std::shared_ptr<directory::PortTable> table_ = std::make_shared<directory::PortTable>();
};

}  // namespace

TEST_CASE("a stream of the edge arrives at the other member with its header", "[threads]") {
    TwoMembers rig;
    Host host("hello");
    serve_by(rig.b, host);
    CHECK(rig.a.carrier().load() >= std::uint64_t{1} << 33);
    rig.start();
    REQUIRE(eventually([&] { return rig.are_linked(); }));
    // On either worker: each has a link of its own, so no endpoint is foreign.
    std::vector<directory::HttpStream> streams;
    for (std::size_t i = 0; i < 2; ++i) {
        runtime::Worker& worker = rig.a.workers.at(i);
        CHECK(on(worker, [&] { return &rig.a.carrier().worker() == &worker; }));
        auto opened = opened_by(rig.a.carrier(), worker);
        REQUIRE(opened);
        streams.push_back(std::move(*opened));
    }
    REQUIRE(eventually([&] { return host.arrived().size() == 2; }));
    CHECK(rig.b.stream_workers != 0);  // on which workers depends on the order in which links were accepted
    const Arrived first = host.arrived().front();
    CHECK(first.kind == wire::ServiceKind::http);
    CHECK(first.visitor == https_visitor().address);
    REQUIRE(first.header);
    CHECK(first.header->https);
    CHECK_FALSE(first.header->trusted);
    CHECK(first.header->key_group == KeyGroup::hybrid);
    CHECK(rig.a.carrier().forwarded() == 2);
    CHECK(eventually([&] { return rig.a.carrier().streams() == 2; }));
    for (directory::HttpStream& stream : streams) {
        stream.stream->abort(Code::cancelled);
    }
    CHECK(eventually([&] { return rig.a.carrier().streams() == 0 && rig.b.carrier().streams() == 0; }));
    streams.clear();
}

TEST_CASE("a data link whose ids run out is replaced, and its streams stay", "[threads]") {
    const bool is_dialler = GENERATE(true, false);
    LinkSettings settings = quick_retries();
    settings.rotate_at = 8;
    TwoMembers rig(1, settings);
    Host at_a("from a");
    Host at_b("from b");
    serve_by(rig.a, at_a);
    serve_by(rig.b, at_b);
    rig.start();
    REQUIRE(eventually([&] { return rig.are_linked(); }));
    Member& from = is_dialler ? rig.a : rig.b;
    std::vector<directory::HttpStream> streams;
    for (std::size_t i = 0; i < 20; ++i) {
        Result<directory::HttpStream, Code> opened = Code::going_away;
        REQUIRE(eventually([&] {
            opened = opened_by(from.carrier(), from.workers.at(0));
            return static_cast<bool>(opened);
        }));
        streams.push_back(std::move(*opened));
    }
    // One that crosses the drain of the old link may be refused with going_away: then its caller chooses again.
    Host& host = is_dialler ? at_b : at_a;
    const auto refused = [&streams] {
        return static_cast<std::size_t>(std::count_if(streams.begin(), streams.end(), [](const auto& one) {
            return one.stream->stream_end().code == Code::going_away;
        }));
    };
    REQUIRE(eventually([&] { return host.arrived().size() + refused() == streams.size(); }));
    CHECK(host.arrived().size() > streams.size() / 2);
    const auto ended = std::count_if(streams.begin(), streams.end(),
                                     [](const auto& one) { return static_cast<bool>(one.stream->stream_end()); });
    CHECK(static_cast<std::size_t>(ended) == refused());
    CHECK(eventually([&] { return rig.are_linked(); }));
    CHECK(rig.a.log.count("could not") == 0);
    for (directory::HttpStream& stream : streams) {
        stream.stream->abort(Code::cancelled);
    }
    CHECK(eventually([&] { return rig.a.log.count("a data link to a member of the cluster has ended") > 0; }));
}

TEST_CASE("without a link to the member a stream of the edge fails", "[threads]") {
    TwoMembers rig;
    rig.a.workers.start();
    auto opened = opened_by(rig.a.carrier(), rig.a.workers.at(1));
    REQUIRE_FALSE(opened);
    CHECK(opened.error() == Code::going_away);
}

TEST_CASE("a visitor of a port is served by the other member", "[threads]") {
    TwoMembers rig;
    Host host("hello");
    serve_by(rig.b, host);
    rig.start();
    REQUIRE(eventually([&] { return rig.are_linked(); }));
    RemotePort remote(rig.a, 1);
    const runtime::Fd visitor = visit(remote.port->address().port());
    REQUIRE(visitor);
    CHECK(all_from(visitor) == "hello");
    const Arrived first = host.arrived().front();
    CHECK(first.kind == wire::ServiceKind::tcp);
    CHECK(first.service == remote.port->address().port());
    CHECK(first.visitor == runtime::visitor_address(runtime::local_address(visitor.get())));
    CHECK(rig.a.carrier().forwarded() == 1);
    remote.close();
}

TEST_CASE("a visitor that a member has no client for goes to another member", "[threads]") {
    Place place_b;
    Place place_c;
    Host host("from c");
    Member b("b", {{"a", "127.0.0.1", 1}});
    Member c("c", {{"a", "127.0.0.1", 1}});
    serve_by(c, host);
    Member a("a", {{"b", "127.0.0.1", place_b.port}, {"c", "127.0.0.1", place_c.port}});
    b.start(std::move(place_b.listener));
    c.start(std::move(place_c.listener));
    a.start(runtime::test::listen_on_loopback());
    REQUIRE(eventually([&] { return a.is_linked(2, 0) && a.is_linked(2, 1); }));
    RemotePort remote(a, 2);
    for (int i = 0; i < 4; ++i) {  // some of them go to b first
        CHECK(all_from(visit(remote.port->address().port())) == "from c");
    }
    CHECK(b.stream_workers != 0);
    CHECK(a.carrier(0).forwarded() == 0);
    CHECK(a.carrier(1).forwarded() == 4);
    remote.close();
}

TEST_CASE("a visitor goes to another member when one does not answer in time, and is reset without another one",
          "[threads]") {
    LinkSettings times = quick_retries();
    times.opened = std::chrono::milliseconds(200);
    Place place_b;
    Place place_c;
    Host host("from c");
    std::vector<IntrusivePtr<mux::Stream>> unanswered;  // of b's one worker
    Member b("b", {{"a", "127.0.0.1", 1}}, 1, 1);
    b.on_stream = [&](IntrusivePtr<mux::Stream> stream, const wire::Open&) { unanswered.push_back(std::move(stream)); };
    Member c("c", {{"a", "127.0.0.1", 1}});
    serve_by(c, host);
    Member a("a", {{"b", "127.0.0.1", place_b.port}, {"c", "127.0.0.1", place_c.port}}, 1, 2, times);
    b.start(std::move(place_b.listener));
    c.start(std::move(place_c.listener));
    a.start(runtime::test::listen_on_loopback());
    REQUIRE(eventually([&] { return a.is_linked(2, 0) && a.is_linked(2, 1); }));
    RemotePort remote(a, 2);
    for (int i = 0; i < 4; ++i) {  // some of them go to b first
        CHECK(all_from(visit(remote.port->address().port())) == "from c");
    }
    CHECK(b.stream_workers != 0);
    c.links.stop();
    REQUIRE(eventually([&] { return a.carrier(1).links() == 0; }));
    CHECK(directory::test::is_reset(remote.port->address().port()));
    CHECK(eventually([&] { return a.carrier(0).streams() == 0; }));
    remote.close();
}

TEST_CASE("a visitor that nobody has a client for is reset", "[threads]") {
    TwoMembers rig;
    rig.start();
    REQUIRE(eventually([&] { return rig.are_linked(); }));
    RemotePort remote(rig.a, 1);
    CHECK(directory::test::is_reset(remote.port->address().port()));
    remote.close();
}

TEST_CASE("a TLS visitor is forwarded with its host, and its ClientHello", "[threads]") {
    TwoMembers rig;
    Host host("hello");
    serve_by(rig.b, host);
    rig.start();
    REQUIRE(eventually([&] { return rig.are_linked(); }));
    auto [near, far] = transport::test::tcp_pair();
    on(rig.a.workers.at(0), [&] {
        rig.a.carrier().take(directory::TlsVisitor(std::move(near), https_visitor().address, "h.example", nullptr, {}),
                             0);
    });
    CHECK(all_from(far) == "hello");
    const Arrived first = host.arrived().front();
    CHECK(first.kind == wire::ServiceKind::tls);
    REQUIRE(first.header);
    CHECK(first.header->host == "h.example");
}

TEST_CASE("a request of the control API reaches the other member, with the name of the one that asks",
          "[threads][peer-carrier]") {
    TwoMembers members;
    std::promise<std::pair<std::string, runtime::Fd>> arrived;
    members.b.on_control = [&arrived](const std::string& from, runtime::Fd socket) {
        arrived.set_value({from, std::move(socket)});
    };
    auto [asks, joined] = runtime::socket_pair();
    CHECK_FALSE(members.a.carrier().send_control(runtime::Fd()));  // not linked
    members.start();
    REQUIRE(eventually([&] { return members.are_linked(); }));
    CHECK(runtime::write_some(asks.get(), as_bytes("question")).status == runtime::IoStatus::ok);
    REQUIRE(members.a.carrier().send_control(std::move(joined)));
    auto [from, answers] = arrived.get_future().get();
    CHECK(from == "a");
    transport::test::wait_for(answers.get(), POLLIN);
    std::array<std::uint8_t, 64> buffer{};
    CHECK(runtime::read_some(answers.get(), MutableBytes(buffer)).bytes == 8);
    CHECK(runtime::write_some(answers.get(), as_bytes("answer")).status == runtime::IoStatus::ok);
    answers.reset();
    CHECK(all_from(asks) == "answer");
    asks.reset();
    CHECK(members.a.carrier().forwarded() == 0);  // it is not a visitor
    CHECK(eventually([&] { return members.a.carrier().streams() == 0 && members.b.carrier().streams() == 0; }));
}

TEST_CASE("limit: open requests of the control API of other members", "[threads][peer-carrier]") {
    TwoMembers members;
    std::mutex mutex;
    std::vector<runtime::Fd> answering;
    members.b.on_control = [&](const std::string&, runtime::Fd socket) {
        const std::lock_guard lock(mutex);
        answering.push_back(std::move(socket));
    };
    const auto arrived = [&] {
        const std::lock_guard lock(mutex);
        return answering.size();
    };
    members.start();
    REQUIRE(eventually([&] { return members.are_linked(); }));
    std::vector<runtime::Fd> asking;
    const auto ask = [&] {
        auto [asks, joined] = runtime::socket_pair();
        REQUIRE(members.a.carrier().send_control(std::move(joined)));
        asking.push_back(std::move(asks));
    };
    for (std::size_t i = 0; i < limits::control_streams_max; ++i) {
        ask();
    }
    REQUIRE(eventually([&] { return arrived() == limits::control_streams_max; }));
    ask();
    CHECK(all_from(asking.back()).empty());
    CHECK(arrived() == limits::control_streams_max);
    asking.clear();
    {
        const std::lock_guard lock(mutex);
        answering.clear();
    }
    REQUIRE(eventually([&] { return members.b.carrier().streams() == 0; }));
    ask();
    CHECK(eventually([&] { return arrived() == 1; }));
}
