#include "ingress/http_listener.hpp"

#include <catch2/catch.hpp>
#include <thread>

#include "unit/ingress/edge_rig.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::exchange;
using namespace ferrotunnel::ingress;
using namespace ferrotunnel::ingress::test;

TEST_CASE("as many connections as the caps allow are taken, and one more is told so") {
    EdgeSettings settings = quick_settings();
    const bool per_address = GENERATE(false, true);
    (per_address ? settings.connections_per_address : settings.connections) = 3;
    EdgeRig rig(settings);
    std::vector<Peer> visitors;
    for (int i = 0; i < 3; ++i) {
        visitors.push_back(rig.visit());
    }
    CHECK(eventually([&] { return rig.edge->connections() == 3; }));
    Peer refused = rig.visit();
    const Message response = refused.read_message();
    CHECK(response.status() == 429);
    CHECK(response.has("retry-after"));
    CHECK(response.field("x-ferrotunnel-error") == "over_limit");
    CHECK(response.complete);
    CHECK(rig.counters().connections_refused == 1);
    visitors.pop_back();
    CHECK(eventually([&] { return rig.edge->connections() == 2; }));
    Peer taken = rig.visit(ask("other.test"));
    CHECK(taken.read_message().status() == 404);
}

TEST_CASE("a TLS client at the port without TLS is answered as everybody is who does not speak HTTP") {
    EdgeRig rig;
    Peer visitor = rig.visit(std::string_view("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11));
    const Message response = visitor.read_message();
    CHECK(response.status() == 400);
    CHECK(response.field("x-ferrotunnel-error") == "bad_method");
    CHECK(response.complete);
}

TEST_CASE("visitors are spread over the workers") {
    RunningWorker first;
    RunningWorker second;
    EdgeShared shared;
    shared.directory = std::make_shared<directory::HttpDirectory>();
    HttpEdge edge({&first.worker, &second.worker}, std::move(shared));
    const runtime::SocketAddress address = add_listener(edge);
    std::vector<Peer> visitors;
    for (int i = 0; i < 10; ++i) {
        visitors.emplace_back(connect_to(address));
        visitors.back().send(ask("nobody.test"));
        CHECK(visitors.back().read_message().status() == 404);
    }
    CHECK(on(first.worker, [&] { return edge.at(0).connections(); }) == 5);
    CHECK(on(second.worker, [&] { return edge.at(1).connections(); }) == 5);
    for (RunningWorker* each : {&first, &second}) {
        each->worker.stop();
        each->worker.join();
    }
}
