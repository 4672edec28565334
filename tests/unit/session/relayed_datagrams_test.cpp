// A relay between two streams of kind udp: what it passes on, what it drops, and with which code it ends without a
// trunk.
#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "session/stream_relay.hpp"
#include "support/eventually.hpp"
#include "trunk/loopback_trunk.hpp"
#include "unit/runtime/loop.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::session;
using ferrotunnel::runtime::test::on;
using ferrotunnel::test::eventually;
using wire::Code;
using StreamPtr = IntrusivePtr<mux::Stream>;

namespace {

struct PolledEnd final : buffer::Waker {
    void wake() noexcept override {}
};

// visitor ==near trunk== relay ==far trunk== client
struct RelayedDatagrams {
    RelayedDatagrams() {
        worker.start();
        on(worker, [this] {
            near_trunk = make_intrusive<trunk::LoopbackTrunk>(worker, [this](StreamPtr stream, const wire::Open&) {
                near = stream;
                relay = make_intrusive<StreamRelay>(worker, std::move(stream),
                                                    StreamRelay::Terms{Code::unknown_service, counts});
                relay->begin();
            });
            far_trunk = make_intrusive<trunk::LoopbackTrunk>(worker, [this](StreamPtr stream, const wire::Open&) {
                client = std::move(stream);
                client->attach(make_intrusive<PolledEnd>(), false);
                client->accept();
            });
            visitor = near_trunk->open(request()).value();
            visitor->attach(make_intrusive<PolledEnd>(), false);
        });
        REQUIRE(eventually([this] { return on(worker, [this] { return relay != nullptr; }); }));
    }
    ~RelayedDatagrams() {
        on(worker, [this] {
            near_trunk->close();
            far_trunk->close();
            near = visitor = client = nullptr;
            relay = nullptr;
            near_trunk = far_trunk = nullptr;
        });
        worker.stop();
        worker.join();
    }

    static mux::Session::OpenRequest request() {
        mux::Session::OpenRequest request;
        request.kind = wire::ServiceKind::udp;
        return request;
    }
    void open_far(const std::shared_ptr<shaping::ServiceShape>& shape = nullptr) {
        on(worker, [&] {
            StreamPtr far = far_trunk->open(request()).value();
            far->attach(relay, false);
            traffic->opened();
            relay->opened(std::move(far), traffic, shape);
        });
        REQUIRE(eventually([this] { return on(worker, [this] { return client != nullptr; }); }));
    }
    // Sends the next numbers, each as a datagram of this size at least.
    void send(StreamPtr& from, int count, std::size_t size = 0) {
        on(worker, [&] {
            const auto now_ms = static_cast<std::uint32_t>(
                std::chrono::duration_cast<std::chrono::milliseconds>(worker.now().time_since_epoch()).count());
            for (int i = 0; i < count; ++i) {
                std::string text = std::to_string(next_++);
                text.resize(std::max(text.size(), size), ' ');
                (void)from->send_datagram(buffer::Slice::copy_of(as_bytes(text)), now_ms);
            }
            from->flush();
        });
    }
    static std::vector<int> received(StreamPtr& at) {
        std::vector<int> numbers;
        while (at->front() != nullptr && at->front()->kind == mux::StreamItem::Kind::datagram) {
            const buffer::Slice payload = at->take_datagram();
            numbers.push_back(std::stoi(std::string(as_text(payload.bytes()))));
        }
        return numbers;
    }
    mux::StreamEnd end_of(const StreamPtr& stream) {
        REQUIRE(eventually([&] { return on(worker, [&] { return static_cast<bool>(stream->stream_end()); }); }));
        return stream->stream_end();
    }

    runtime::Worker worker;
    const std::shared_ptr<trunk::DatagramCounts> counts = std::make_shared<trunk::DatagramCounts>();
    const IntrusivePtr<trunk::Traffic> traffic = make_intrusive<trunk::Traffic>();
    IntrusivePtr<trunk::LoopbackTrunk> near_trunk;
    IntrusivePtr<trunk::LoopbackTrunk> far_trunk;
    IntrusivePtr<StreamRelay> relay;
    StreamPtr near;
    StreamPtr visitor;
    StreamPtr client;

private:
    int next_ = 0;
};

bool ascends(const std::vector<int>& numbers) {
    return std::adjacent_find(numbers.begin(), numbers.end(), std::greater_equal<>()) == numbers.end();
}

}  // namespace

TEST_CASE("a relay passes on datagrams in both directions, each as it was and in order", "[relay]") {
    RelayedDatagrams rig;
    rig.open_far();
    for (const bool is_up : {true, false}) {
        StreamPtr& from = is_up ? rig.visitor : rig.client;
        StreamPtr& to = is_up ? rig.client : rig.visitor;
        std::vector<int> numbers;
        REQUIRE(eventually([&] {  // a paused machine may make some too old
            rig.send(from, 3);
            const std::vector<int> next = on(rig.worker, [&] { return RelayedDatagrams::received(to); });
            numbers.insert(numbers.end(), next.begin(), next.end());
            return numbers.size() >= 6;
        }));
        CHECK(ascends(numbers));
    }
    CHECK(rig.visitor->accepted());
    CHECK(rig.traffic->from_sockets.load() > 0);
    CHECK(rig.traffic->to_sockets.load() > 0);

    on(rig.worker, [&] { rig.visitor->abort(Code::none); });  // the end of a flow
    const mux::StreamEnd end = rig.end_of(rig.client);
    CHECK(end.kind == mux::StreamEnd::Kind::aborted);
    CHECK(end.code == Code::none);
    CHECK(eventually([&] { return rig.traffic->visitors_now.load() == 0; }));
}

TEST_CASE("limit: datagrams that wait for a trunk, and those that are dropped are counted", "[relay]") {
    RelayedDatagrams rig;
    REQUIRE(eventually([&] {
        rig.send(rig.visitor, 64);
        return rig.near->datagram_drops().no_room > 0;
    }));
    rig.open_far();
    std::vector<int> numbers;
    REQUIRE(eventually([&] {
        const std::vector<int> next = on(rig.worker, [&] { return RelayedDatagrams::received(rig.client); });
        numbers.insert(numbers.end(), next.begin(), next.end());
        return !numbers.empty();  // on a paused machine some were too old
    }));
    CHECK(numbers.size() <= limits::datagrams_queued_max);
    CHECK(ascends(numbers));

    std::vector<int> later;  // and those that come later pass
    REQUIRE(eventually([&] {
        rig.send(rig.visitor, 1);
        later = on(rig.worker, [&] { return RelayedDatagrams::received(rig.client); });
        return !later.empty();
    }));
    CHECK(later.front() > numbers.back());
    on(rig.worker, [&] { rig.visitor->abort(Code::none); });
    CHECK(eventually([&] { return rig.counts->no_room.load() > 0; }));
}

TEST_CASE("datagrams beyond the rate of a service are dropped by a relay", "[relay]") {
    RelayedDatagrams rig;
    const auto shape = std::make_shared<shaping::ServiceShape>(std::make_shared<shaping::TokenShape>());
    shaping::TokenRates rates;
    rates.visitor.up = shaping::rate_min;
    shape->set(rates, Clock::now());
    rig.open_far(shape);
    std::vector<int> numbers;
    REQUIRE(eventually([&] {
        rig.send(rig.visitor, 10, 1'000);
        const std::vector<int> next = on(rig.worker, [&] { return RelayedDatagrams::received(rig.client); });
        numbers.insert(numbers.end(), next.begin(), next.end());
        return !numbers.empty() && rig.counts->over_rate.load() > 0;
    }));
    CHECK(ascends(numbers));
}

TEST_CASE("a relay without a trunk ends with the code that its owner has chosen, and one without room with busy",
          "[relay]") {
    RelayedDatagrams rig;
    Code code = Code::busy;
    SECTION("no trunk") {
        rig.relay->refused();
        code = Code::unknown_service;
    }
    SECTION("no room") {
        rig.relay->crowded_out();
    }
    SECTION("rules") {
        rig.relay->rejected();
    }
    const mux::StreamEnd end = rig.end_of(rig.visitor);
    CHECK(end.kind == mux::StreamEnd::Kind::aborted);
    CHECK(end.code == code);
}
