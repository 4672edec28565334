#include "ingress/connect_port.hpp"

#include <catch2/catch.hpp>
#include <vector>

#include "unit/ingress/edge_rig.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::ingress;
using namespace ferrotunnel::ingress::test;

namespace {

// A port that lets everybody in, and keeps who came.
struct ConnectRig {
    struct Taken {
        runtime::Fd socket;
        std::string from;
    };

    explicit ConnectRig(const char* proxies = "192.0.2.0/24", Duration deadline = connect_head_deadline) {
        runtime::Fd listener = transport::test::listen_on_loopback();
        address = runtime::local_address(listener.get());
        ConnectPort::Settings settings;
        settings.proxies = net::IpNetworks({*net::IpNetwork::parse(proxies)});
        settings.deadline = deadline;
        settings.decide = [this](const ConnectRequest& ask, const runtime::SocketAddress& from) {
            hosts.push_back(ask.host + " for " + from.text());
            return ConnectDecision{200, {}, [this](runtime::Fd socket, const runtime::SocketAddress& visitor) {
                                       taken.push_back({std::move(socket), visitor.text()});
                                   }};
        };
        auto socket = std::make_shared<runtime::Fd>(std::move(listener));
        on(running.worker,
           [&] { port = std::make_unique<ConnectPort>(running.worker, std::move(*socket), std::move(settings), log); });
    }
    ~ConnectRig() { close(); }
    void close() {
        on(running.worker, [&] { port.reset(); });
    }

    RecordingLogger log;
    RunningWorker running;
    runtime::SocketAddress address;
    std::vector<std::string> hosts;
    std::vector<Taken> taken;
    std::unique_ptr<ConnectPort> port;
};

}  // namespace

TEST_CASE("connect: behind a proxy a visitor is who the PROXY header says, and what follows its head is there") {
    ConnectRig rig("127.0.0.0/8");
    Peer peer(connect_to(rig.address));
    peer.send("PROXY TCP6 2001:db8::7 2001:db8::1 51000 22\r\nCONNECT a:1 HTTP/1.0\r\n\r\nSSH-2.0");
    CHECK(peer.read_exactly(connect_established.size()) == connect_established);
    CHECK(eventually([&] { return on(rig.running.worker, [&] { return rig.taken.size() == 1; }); }));
    rig.close();
    CHECK(rig.hosts == std::vector<std::string>{"a for [2001:db8::7]:51000"});
    CHECK(rig.taken.front().from == "[2001:db8::7]:51000");
    CHECK(Peer(std::move(rig.taken.front().socket)).read_exactly(7) == "SSH-2.0");
}

TEST_CASE("connect: who is slow is told so, and who waits is let go with the port") {
    ConnectRig rig("192.0.2.0/24", std::chrono::milliseconds(50));
    Peer slow(connect_to(rig.address));
    slow.send("CONNECT a:1 HTT");
    CHECK(slow.read_exactly(12) == "HTTP/1.1 408");
    ConnectRig patient;
    Peer waiting(connect_to(patient.address));
    waiting.send("CONNECT a:1 HTTP/1.0\r\n");
    CHECK(patient.hosts.empty());
    patient.close();
    CHECK(waiting.read_to_end().empty());
}
