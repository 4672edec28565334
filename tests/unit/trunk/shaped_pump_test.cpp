// Visitors whose bytes wait for the rates of their service. That rates are kept to is proven in unit/shaping.
#include <catch2/catch.hpp>
#include <memory>
#include <vector>

#include "runtime/turns.hpp"
#include "trunk/socket_pump.hpp"
#include "unit/trunk/pumped_visitor.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::trunk;
using namespace ferrotunnel::trunk::test;

namespace {

constexpr std::uint64_t mebi = 1024 * 1024;

struct ShapedRig {
    ShapedRig() {
        on(pair.worker, [this] {
            pair.client.on_stream = [this](IntrusivePtr<mux::Stream> stream, const wire::Open&) {
                stream->attach(make_intrusive<NullWaker>(), false);
                stream->accept();
                streams.push_back(std::move(stream));
            };
        });
    }
    ~ShapedRig() {
        on(pair.worker, [this] {
            pair.client.on_stream = nullptr;
            streams.clear();
        });
    }
    void set(const shaping::TokenRates& rates) {
        on(pair.worker, [&] {
            shape->token().buckets.set(rates.all, pair.worker.now());
            shape->set(rates, pair.worker.now());
            pair.worker.turns().reschedule();
        });
    }
    std::unique_ptr<PumpedVisitor> visit() {
        auto visitor = std::make_unique<PumpedVisitor>(pair, make_intrusive<Traffic>(), net::Address(), 0, shape);
        ++visitors;
        REQUIRE(eventually([&] { return on(pair.worker, [&] { return streams.size(); }) == visitors; }));
        return visitor;
    }
    // What the backend gets is taken at once; so many bytes in all.
    bool backend_has(std::size_t bytes) {
        return eventually([&] {
            on(pair.worker, [&] {
                for (const auto& stream : streams) {
                    while (mux::StreamItem* item = stream->front()) {
                        taken += item->slice.size();
                        stream->drop_front();
                    }
                    (void)stream->try_park_receive();
                }
            });
            return taken >= bytes;
        });
    }
    void backend_sends(mux::Stream& stream, std::size_t bytes) {
        on(pair.worker, [&] {
            for (std::size_t left = bytes; left > 0;) {
                const auto n = static_cast<std::uint32_t>(std::min(left, limits::data_payload_max));
                stream.send({buffer::make_slab(n), 0, n}, false);
                left -= n;
            }
            stream.flush();
        });
    }
    std::size_t waiting() {
        return on(pair.worker, [&] { return pair.worker.turns().waiting(); });
    }

    TrunkPair pair;
    std::shared_ptr<shaping::ServiceShape> shape =
        std::make_shared<shaping::ServiceShape>(std::make_shared<shaping::TokenShape>());
    std::vector<IntrusivePtr<mux::Stream>> streams;
    std::size_t visitors = 0;
    std::uint64_t taken = 0;
};

}  // namespace

TEST_CASE("a visitor with a rate moves every byte, each way, and then holds no timer", "[shaping]") {
    ShapedRig rig;
    rig.set({.all = {8 * mebi, 8 * mebi}, .service = {4 * mebi, 0}, .visitor = {0, 4 * mebi}});
    auto visitor = rig.visit();
    const std::size_t timers = on(rig.pair.worker, [&] { return rig.pair.worker.timers_set(); });
    rig.backend_sends(*rig.streams[0], mebi);
    CHECK(visitor->read(mebi).size() == mebi);
    visitor->send(mebi);
    CHECK(rig.backend_has(mebi));
    on(rig.pair.worker, [&] { rig.streams[0]->finish(); });
    REQUIRE_FALSE(runtime::shutdown_send(visitor->socket.get()));
    CHECK(visitor->read_to_end() == std::pair<std::size_t, bool>(0, true));
    // The visitor's own end is read in its turn, as his bytes are.
    CHECK(eventually([&] { return rig.waiting() == 0; }));
    CHECK(eventually([&] { return on(rig.pair.worker, [&] { return rig.pair.worker.timers_set(); }) <= timers; }));
}

TEST_CASE("visitors who wait continue at once when their service has no rate any more", "[shaping]") {
    ShapedRig rig;
    rig.set({.all = {shaping::rate_min, shaping::rate_min}, .service = {}, .visitor = {}});
    auto one = rig.visit();
    auto other = rig.visit();
    rig.backend_sends(*rig.streams[0], 256 * 1024);
    other->send(256 * 1024);
    CHECK(eventually([&] { return rig.waiting() == 2; }));
    rig.set({});
    CHECK(one->read(256 * 1024).size() == 256 * 1024);
    CHECK(rig.backend_has(256 * 1024));
    CHECK(rig.waiting() == 0);
}

TEST_CASE("a rate that is new counts for visitors who are there", "[shaping]") {
    ShapedRig rig;
    auto visitor = rig.visit();
    visitor->send(100'000);
    CHECK(rig.backend_has(100'000));
    CHECK(rig.waiting() == 0);
    rig.set({.all = {}, .service = {shaping::rate_min, 0}, .visitor = {}});
    visitor->send(100'000);
    CHECK(eventually([&] { return rig.waiting() == 1; }));
    rig.set({});
    CHECK(rig.backend_has(200'000));
}

TEST_CASE("visitors who end while they wait leave the line", "[shaping]") {
    ShapedRig rig;
    rig.set({.all = {shaping::rate_min, shaping::rate_min}, .service = {}, .visitor = {}});
    std::vector<std::unique_ptr<PumpedVisitor>> visitors;
    for (int i = 0; i < 20; ++i) {
        visitors.push_back(rig.visit());
        visitors.back()->send(10'000);
    }
    CHECK(eventually([&] { return rig.waiting() >= 19; }));
    SECTION("the trunk is lost") {
        on(rig.pair.worker, [&] { rig.pair.client.trunk->abandon(); });
        CHECK_FALSE(visitors.front()->read_to_end().second);
    }
    SECTION("their streams are aborted") {
        on(rig.pair.worker, [&] {
            for (const auto& stream : rig.streams) {
                stream->abort(wire::Code::cancelled);
            }
        });
    }
    CHECK(eventually([&] { return rig.waiting() == 0; }));
    CHECK(rig.shape->token().buckets.of(shaping::Direction::up).waiting() == 0);
}
