// What is counted for the service of a request: the same for each version of HTTP.
#include <catch2/catch.hpp>
#include <cstdint>
#include <numeric>

#include "metrics/service_counters.hpp"
#include "support/eventually.hpp"
#include "unit/h2/frames.hpp"
#include "unit/ingress/edge_rig.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::ingress::test;
using ferrotunnel::test::eventually;

namespace {

std::uint64_t count_of(const metrics::RequestTimes::Sums& sums) {
    return std::accumulate(sums.counts.begin(), sums.counts.end(), std::uint64_t{0});
}

struct CountedRig {
    explicit CountedRig(const exchange::EdgeSettings& settings = quick_settings(), bool foreign = false)
        : rig(settings, foreign), book({&rig.edge_worker()}), row(book.row({"counted", "ann", "http://counted.test"})) {
        rig.add_service("counted.test", 2, rig.backend.place())->count_in(row);
    }
    /// Waits until so many requests are over.
    metrics::ServiceSums after(std::uint64_t requests) {
        metrics::ServiceSums sums;
        CHECK(eventually([&] {
            sums = row->sums();
            // The time of an answer is counted behind the answer, but for a change of protocols.
            return std::accumulate(sums.answers.begin(), sums.answers.end(), std::uint64_t{0}) == requests &&
                   count_of(sums.whole) + sums.answers[0] == requests;
        }));
        return sums;
    }

    EdgeRig rig;
    metrics::ServiceCounters book;
    std::shared_ptr<metrics::ServiceRow> row;
};

}  // namespace

TEST_CASE("request counts: answers by class, the edge's own as well, and how long they took") {
    CountedRig counted(quick_settings(), GENERATE(false, true));
    Peer visitor = counted.rig.visit(ask("counted.test"));
    Peer backend = counted.rig.backend.accept_request();
    CHECK(counted.row->sums().first_byte.counts == metrics::RequestTimes::Sums().counts);
    backend.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nha");
    visitor.read_until("\r\n\r\n");
    CHECK(eventually([&] { return count_of(counted.row->sums().first_byte) == 1; }));  // while the answer continues
    CHECK(count_of(counted.row->sums().whole) == 0);
    backend.send("lf");
    counted.after(1);
    CHECK(visitor.read_exactly(4) == "half");

    visitor.send(ask("counted.test"));
    backend.read_message();
    backend.send("HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    counted.after(2);
    visitor.send(ask("counted.test"));
    backend.read_message();
    backend.send("what is that\r\n\r\n");  // then the edge answers 502
    const metrics::ServiceSums sums = counted.after(3);
    CHECK(sums.answers == std::array<std::uint64_t, 5>{0, 1, 0, 1, 1});
    CHECK(count_of(sums.first_byte) == 3);
    CHECK(count_of(sums.whole) == 3);
    CHECK(sums.whole.nanoseconds >= sums.first_byte.nanoseconds);

    Peer lost = counted.rig.visit(ask("nobody.test"));  // of no service
    CHECK(lost.read_message().status() == 404);
    CHECK(count_of(counted.row->sums().whole) == 3);
}

TEST_CASE("request counts: a visitor who leaves before there is an answer counts for nothing") {
    CountedRig counted;
    Peer leaves = counted.rig.visit(ask("counted.test"));
    Peer unheard = counted.rig.backend.accept_request();
    leaves.reset();
    CHECK(unheard.read_to_end().empty());  // until it is told
    Peer visitor = counted.rig.visit(ask("counted.test"));
    Peer backend = counted.rig.backend.accept_request();
    backend.send(answer("x"));
    CHECK(visitor.read_message().status() == 200);
    CHECK(counted.after(1).answers[1] == 1);
}

TEST_CASE("request counts: a change of protocols has a first byte, and may last for as long as it likes") {
    CountedRig counted;
    Peer visitor = counted.rig.visit(ask("counted.test", "/", "Connection: Upgrade\r\nUpgrade: websocket\r\n"));
    Peer backend = counted.rig.backend.accept_request();
    backend.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    CHECK(visitor.read_message().status() == 101);
    backend.close();
    visitor.close();
    const metrics::ServiceSums sums = counted.after(1);
    CHECK(sums.answers[0] == 1);
    CHECK(count_of(sums.first_byte) == 1);
    CHECK(count_of(sums.whole) == 0);
}

TEST_CASE("request counts: the same for HTTP/2") {
    exchange::EdgeSettings settings = quick_settings();
    settings.h2c = true;
    EdgeRig rig(settings);
    metrics::ServiceCounters book({&rig.edge_worker()});
    const auto row = book.row({"app.test", "ann", "http://app.test"});
    rig.join(1, described("app.test"))->count_in(row);  // the one that is there
    Peer visitor = rig.visit(h2::test::hello() + h2::test::request(1));
    Peer backend = rig.backend.accept_request();
    backend.send("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n");
    CHECK(eventually([&] { return row->sums().answers[4] == 1; }));
    CHECK(count_of(row->sums().first_byte) == 1);
    CHECK(eventually([&] { return count_of(row->sums().whole) == 1; }));
}
