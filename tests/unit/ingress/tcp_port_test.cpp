#include "ingress/tcp_port.hpp"

#include <fcntl.h>
#include <sys/resource.h>

#include <catch2/catch.hpp>
#include <vector>

#include "unit/ingress/edge_rig.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::ingress;
using namespace ferrotunnel::ingress::test;

namespace {

struct Taken {
    std::string from;
    std::string first_bytes;
};

// What the handler gets of a visitor that sends `bytes` to a port with these proxies in front.
Taken visit(const std::string& proxies, const std::string& bytes, std::size_t rest) {
    RecordingLogger log;
    RunningWorker running;
    std::vector<std::pair<runtime::Fd, std::string>> visitors;
    runtime::Fd listener = transport::test::listen_on_loopback();
    const runtime::SocketAddress address = runtime::local_address(listener.get());
    auto socket = std::make_shared<runtime::Fd>(std::move(listener));
    auto port = on(running.worker, [&] {
        const auto open = tcp_port_opener(net::IpNetworks({*net::IpNetwork::parse(proxies)}), log);
        return open(running.worker, std::move(*socket), [&](runtime::Fd visitor, const runtime::SocketAddress& from) {
            visitors.emplace_back(std::move(visitor), from.text());
        });
    });
    CHECK(on(running.worker, [&] { return port->address().port(); }) == address.port());
    Peer peer(connect_to(address));
    peer.send(bytes);
    CHECK(eventually([&] { return on(running.worker, [&] { return visitors.size() == 1; }); }));
    Taken taken;
    on(running.worker, [&] { port.reset(); });
    taken.from = visitors.front().second;
    taken.first_bytes = Peer(std::move(visitors.front().first)).read_exactly(rest);
    return taken;
}

}  // namespace

TEST_CASE("behind a proxy a visitor of a TCP port is who the PROXY header says") {
    const Taken taken = visit("127.0.0.0/8", "PROXY TCP6 2001:db8::7 2001:db8::1 51000 22\r\nSSH-2.0", 7);
    CHECK(taken.from == "[2001:db8::7]:51000");
    CHECK(taken.first_bytes == "SSH-2.0");
}

TEST_CASE("from elsewhere a PROXY header is bytes like any other") {
    const std::string bytes = "PROXY TCP4 192.0.2.7 198.51.100.1 51000 443\r\n";
    const Taken taken = visit("10.0.0.0/8", bytes, bytes.size());
    CHECK(taken.from.starts_with("127.0.0.1:"));
    CHECK(taken.first_bytes == bytes);
}

// A descriptor with a high number stands for as many as are below it.
TEST_CASE("visitors of TCP ports leave descriptors to others") {
    RecordingLogger log;
    RunningWorker running;
    rlimit limit{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
    const rlimit few{256, limit.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &few) == 0);
    const auto open = tcp_port_opener({}, log);  // it looks at the limit now
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &limit) == 0);

    runtime::Fd listener = transport::test::listen_on_loopback();
    const runtime::SocketAddress address = runtime::local_address(listener.get());
    auto socket = std::make_shared<runtime::Fd>(std::move(listener));
    std::vector<runtime::Fd> visitors;
    auto port = on(running.worker, [&] {
        return open(running.worker, std::move(*socket), [&](runtime::Fd visitor, const runtime::SocketAddress&) {
            visitors.push_back(std::move(visitor));
        });
    });
    const auto visit = [&] { return Peer(connect_to(address)); };
    std::vector<Peer> peers;
    std::vector<runtime::Fd> others;
    peers.push_back(visit());
    CHECK(eventually([&] { return on(running.worker, [&] { return visitors.size() == 1; }); }));
    while (others.empty() || others.back().get() < 256 - 256 / 8) {
        others.emplace_back(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    }
    Peer rejected = visit();
    CHECK(rejected.read_to_end().empty());
    CHECK(log.count("a visitor of a TCP service was rejected") == 1);
    others.clear();
    peers.push_back(visit());
    CHECK(eventually([&] { return on(running.worker, [&] { return visitors.size() == 2; }); }));
    on(running.worker, [&] {
        port.reset();
        visitors.clear();
    });
}
