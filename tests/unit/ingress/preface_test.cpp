#include "ingress/preface.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/limits.hpp"
#include "net/ip_text.hpp"
#include "net/proxy_protocol.hpp"
#include "runtime/address.hpp"
#include "unit/ingress/edge_rig.hpp"
#include "unit/net/hello_builder.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::ingress;
using namespace ferrotunnel::runtime;
using namespace ferrotunnel::ingress::test;
using ferrotunnel::test::bytes_of;
using ferrotunnel::test::ByteVector;
namespace hello = ferrotunnel::test;

namespace {

const std::string header_v1 = "PROXY TCP4 192.0.2.7 198.51.100.1 51000 443\r\n";

ByteVector header_v2(const net::ProxyHeader& header) {
    ByteVector bytes(net::proxy_written_max);
    bytes.resize(net::write_proxy_v2(header, bytes.data()));
    return bytes;
}

// A header of version 2 with a TLV that makes it this long.
ByteVector long_header(std::size_t size) {
    net::ProxyHeader header;
    header.source = *net::parse_ipv4("192.0.2.7");
    header.destination = *net::parse_ipv4("198.51.100.1");
    ByteVector bytes = header_v2(header);
    const std::size_t tlv = size - bytes.size() - 3;
    const ByteVector more = hello::joined({hello::number<1>(4), hello::counted<2>(ByteVector(tlv))});
    bytes.insert(bytes.end(), more.begin(), more.end());
    store_be<2>(bytes.data() + 14, bytes.size() - 16);
    return bytes;
}

std::string text(const ByteVector& bytes) {
    return {bytes.begin(), bytes.end()};
}

ByteVector client_hello(std::string_view name, std::size_t padding = 0, std::size_t record_bytes = 16'000) {
    return hello::in_records(hello::hello_message({hello::server_name(name), hello::padding(padding)}), record_bytes);
}

// A worker that reads the prefaces of visitors, whose other ends are this test's.
struct PrefaceRig {
    PrefaceRig() {
        on(running.worker, [this] {
            wheel.emplace(running.worker);
            prefaces.emplace(running.worker, *wheel, log);
        });
    }
    ~PrefaceRig() {
        on(running.worker, [this] {
            prefaces.reset();
            done.clear();
            wheel.reset();
        });
    }

    /// `text`: what the visitor sends before the reading begins.
    Peer visit(const PrefacePlan& plan, std::string_view text = {}) {
        auto [ours, theirs] = transport::test::tcp_pair();
        port = runtime::local_address(ours.get()).port();
        Peer peer(std::move(ours));
        peer.send(text);
        auto socket = std::make_shared<runtime::Fd>(std::move(theirs));
        on(running.worker, [&] {
            const runtime::SocketAddress from = runtime::peer_address(socket->get());
            prefaces->begin(std::move(*socket), from, plan,
                            [this](AcceptedVisitor visitor) { done.push_back(std::move(visitor)); });
        });
        return peer;
    }
    std::size_t count() {
        return on(running.worker, [this] { return done.size(); });
    }
    std::size_t reading() {
        return on(running.worker, [this] { return prefaces->size(); });
    }
    AcceptedVisitor take() {
        REQUIRE(eventually([this] { return count() == 1; }));
        return on(running.worker, [this] {
            AcceptedVisitor visitor = std::move(done.back());
            done.pop_back();
            return visitor;
        });
    }

    RecordingLogger log;
    RunningWorker running;
    std::uint16_t port = 0;  // of the last visitor
    std::optional<DeadlineWheel> wheel;
    std::optional<Prefaces> prefaces;
    std::vector<AcceptedVisitor> done;
};

std::string rest_of(AcceptedVisitor& visitor, std::size_t size) {
    return Peer(std::move(visitor.socket)).read_exactly(size);
}

PrefacePlan proxied() {
    PrefacePlan plan;
    plan.proxy_header = true;
    return plan;
}

PrefacePlan by_name() {
    PrefacePlan plan;
    plan.client_hello = true;
    return plan;
}

}  // namespace

TEST_CASE("a PROXY header says who the visitor is, and what follows is the visitor's") {
    PrefaceRig rig;
    net::ProxyHeader six;
    six.source = *net::parse_ipv6("2001:db8::7");
    six.source.port = 51'000;
    six.destination = *net::parse_ipv6("2001:db8::1");
    six.destination.port = 443;
    net::ProxyHeader mapped = six;
    mapped.source = *net::parse_ipv6("::ffff:192.0.2.7");
    mapped.source.port = 51'000;
    const struct {
        std::string header;
        std::string address;
    } cases[] = {
        {header_v1, "192.0.2.7"}, {text(header_v2(six)), "2001:db8::7"}, {text(header_v2(mapped)), "192.0.2.7"}};
    for (const auto& each : cases) {
        for (const bool slowly : {false, true}) {
            Peer peer = rig.visit(proxied());
            if (slowly) {
                for (const char byte : each.header) {
                    peer.send(std::string_view(&byte, 1));
                }
                peer.send("GET /");
            } else {
                peer.send(each.header + "GET /");
            }
            AcceptedVisitor visitor = rig.take();
            CHECK(net::ip_text(visitor.from) == each.address);
            CHECK(visitor.from.port == 51'000);
            CHECK_FALSE(visitor.hello);
            CHECK(rest_of(visitor, 5) == "GET /");
        }
    }
}

TEST_CASE("a header that tells nothing leaves the socket's own address") {
    PrefaceRig rig;
    net::ProxyHeader local;
    local.local = true;
    for (const std::string& header : {std::string("PROXY UNKNOWN\r\n"), text(header_v2(local)),
                                      std::string("PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n")}) {
        Peer peer = rig.visit(proxied());
        peer.send(header);
        const AcceptedVisitor visitor = rig.take();
        CHECK(net::ip_text(visitor.from) == "127.0.0.1");
        CHECK(visitor.from.port == rig.port);
    }
}

TEST_CASE("a proxy that sends no header, a wrong one, or not all of one, is refused") {
    PrefaceRig rig;
    const std::string cases[] = {
        "GET / HTTP/1.1\r\n\r\n",
        "PROXY TCP4 192.0.2.7 198.51.100.1 51000 99999\r\n",
        "PROXY TCP5 x\r\n",
        text(client_hello("app.example.com")),
        "PROXY " + std::string(200, 'x'),
        text(long_header(limits::proxy_header_bytes_max + 1)),
    };
    for (const std::string& bytes : cases) {
        INFO(bytes.substr(0, 50));
        Peer peer = rig.visit(proxied());
        peer.send(bytes);
        (void)peer.read_to_end();
        CHECK(rig.reading() == 0);
        CHECK(rig.count() == 0);
    }
    CHECK(rig.log.count("a connection from a proxy was rejected") == 6);
    // Half a header and the end; and nothing at all, as from a health check.
    for (const std::string& bytes : {header_v1.substr(0, 20), std::string()}) {
        Peer peer = rig.visit(proxied());
        peer.send(bytes);
        peer.finish();
        (void)peer.read_to_end();
        CHECK(eventually([&] { return rig.reading() == 0; }));
        CHECK(rig.count() == 0);
    }
    CHECK(rig.log.count("a connection from a proxy was rejected") == 6);
}

TEST_CASE("limit: lines about proxies that send no header") {
    PrefaceRig rig;
    constexpr int more = 30;
    for (std::uint32_t i = 0; i < limits::log_lines_per_second + more; ++i) {
        Peer peer = rig.visit(proxied());
        peer.send("GET / HTTP/1.1\r\n\r\n");
        (void)peer.read_to_end();
    }
    rig.log.report_suppressed();
    const int written = rig.log.count("a connection from a proxy was rejected");
    CHECK(written >= static_cast<int>(limits::log_lines_per_second));
    CHECK((written == static_cast<int>(limits::log_lines_per_second) + more ||
           rig.log.count("lines were left out kind=proxies") > 0));  // the former if each second had few
}

TEST_CASE("a header as long as is allowed is read whole") {
    PrefaceRig rig;
    Peer peer = rig.visit(proxied());
    peer.send(text(long_header(limits::proxy_header_bytes_max)) + "rest");
    AcceptedVisitor visitor = rig.take();
    CHECK(net::ip_text(visitor.from) == "192.0.2.7");
    CHECK(rest_of(visitor, 4) == "rest");
}

TEST_CASE("what does not come in time is given up") {
    PrefaceRig rig;
    PrefacePlan header = proxied();
    header.deadline = 50ms;
    PrefacePlan name = by_name();
    name.deadline = 50ms;
    Peer first = rig.visit(header);
    Peer second = rig.visit(name);
    first.send("PROX");
    second.send("\x16");
    CHECK(first.read_to_end().empty());
    CHECK(second.read_to_end().empty());
    CHECK(rig.reading() == 0);
    CHECK(rig.log.count("its PROXY header did not arrive in time") == 1);
    CHECK(rig.log.count("its ClientHello did not arrive in time") == 1);
}

TEST_CASE("the name in a ClientHello is told, and all its bytes stay where they are") {
    PrefaceRig rig;
    const ByteVector cases[] = {client_hello("app.example.com"), client_hello("app.example.com", 2'000, 100),
                                client_hello("app.example.com", 40'000)};
    for (const ByteVector& bytes : cases) {
        for (const bool slowly : {false, true}) {
            if (slowly && bytes.size() > 10'000) {
                continue;
            }
            Peer peer = rig.visit(by_name());
            for (const std::uint8_t& byte : bytes) {
                if (slowly) {
                    peer.send(as_text({&byte, 1}));
                }
            }
            if (!slowly) {
                peer.send(text(bytes));
            }
            AcceptedVisitor visitor = rig.take();
            REQUIRE(visitor.hello);
            CHECK(visitor.hello->server_name == "app.example.com");
            CHECK(rest_of(visitor, bytes.size()) == text(bytes));
        }
    }
}

TEST_CASE("what is not a ClientHello continues without one") {
    PrefaceRig rig;
    for (const std::string& bytes :
         {std::string("GET / HTTP/1.1\r\n"), header_v1, std::string("\x16\x03\x01\xff\xff")}) {
        Peer peer = rig.visit(by_name());
        peer.send(bytes);
        AcceptedVisitor visitor = rig.take();
        CHECK_FALSE(visitor.hello);
        CHECK(net::ip_text(visitor.from) == "127.0.0.1");
        CHECK(rest_of(visitor, bytes.size()) == bytes);
    }
}

TEST_CASE("a PROXY header before a ClientHello") {
    PrefaceRig rig;
    PrefacePlan plan = proxied();
    plan.client_hello = true;
    const std::string bytes = text(client_hello("app.example.com"));
    for (const std::size_t cut : {header_v1.size() / 2, header_v1.size(), header_v1.size() + 10}) {
        Peer peer = rig.visit(plan);
        const std::string all = header_v1 + bytes;
        peer.send(all.substr(0, cut));
        on(rig.running.worker, [] {});
        peer.send(all.substr(cut));
        AcceptedVisitor visitor = rig.take();
        CHECK(net::ip_text(visitor.from) == "192.0.2.7");
        REQUIRE(visitor.hello);
        CHECK(visitor.hello->server_name == "app.example.com");
        CHECK(rest_of(visitor, bytes.size()) == bytes);
    }
}

TEST_CASE("what a visitor speaks is told by its first bytes, however they come") {
    PrefaceRig rig;
    PrefacePlan plan = by_name();
    plan.opening = true;
    const std::pair<std::string, FirstProtocol> cases[] = {
        {"SSH-2.0-x\r\n", FirstProtocol::ssh},
        {"SSE / HTTP/1.1\r\n\r\n", FirstProtocol::unknown},
        {"GET / HTTP/1.1\r\n\r\n", FirstProtocol::unknown},
        {text(client_hello("a.example.com")), FirstProtocol::tls},
        {std::string("\x16\x03\x01\x00\x04\x01\x00\x00\x00", 9), FirstProtocol::tls},  // broken: TLS says why
        {std::string("\x05\x01\x00", 3), FirstProtocol::unknown},
    };
    for (const auto& [bytes, opening] : cases) {
        for (const bool slowly : {false, true}) {
            INFO(bytes << " " << slowly);
            Peer peer = rig.visit(plan);
            for (std::size_t at = 0; at < bytes.size(); at += slowly ? 1 : bytes.size()) {
                peer.send(slowly ? bytes.substr(at, 1) : bytes);
            }
            AcceptedVisitor visitor = rig.take();
            CHECK(visitor.opening == opening);
            CHECK(rest_of(visitor, bytes.size()) == bytes);
        }
    }
}

TEST_CASE("who says nothing for a while waits for the server to speak, and who has begun does not") {
    PrefaceRig rig;
    PrefacePlan plan = by_name();
    plan.opening = true;
    plan.silence = std::chrono::milliseconds(50);
    plan.deadline = std::chrono::seconds(60);
    Peer silent = rig.visit(plan);
    AcceptedVisitor visitor = rig.take();
    CHECK(visitor.opening == FirstProtocol::silence);
    silent.send("late");
    CHECK(rest_of(visitor, 4) == "late");

    plan.silence = std::chrono::milliseconds(400);
    plan.deadline = std::chrono::milliseconds(500);
    Peer begun = rig.visit(plan, "SS");
    CHECK(begun.read_to_end().empty());  // given up at the deadline
    CHECK(rig.count() == 0);

    plan.proxy_header = true;
    Peer proxied = rig.visit(plan);
    CHECK(proxied.read_to_end().empty());  // a proxy has to speak
    CHECK(rig.count() == 0);
}

TEST_CASE("those who are being read are closed together") {
    PrefaceRig rig;
    Peer first = rig.visit(proxied());
    Peer second = rig.visit(by_name());
    CHECK(rig.reading() == 2);
    on(rig.running.worker, [&] { rig.prefaces->clear(); });
    CHECK(first.read_to_end().empty());
    CHECK(second.read_to_end().empty());
    CHECK(rig.count() == 0);
}
