// A link's trunks by themselves: which one connects when.
#include <catch2/catch.hpp>

#include "runtime/system_random.hpp"
#include "session/offered_services.hpp"
#include "session/trunk_set.hpp"
#include "unit/runtime/loop.hpp"
#include "unit/session/wire_client.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::session;
using namespace ferrotunnel::session::test;
using namespace std::chrono_literals;
using runtime::test::on;
using Phase = TrunkState::Phase;

namespace {

/// Ignores what sessions report: the test decides what has happened.
class NoEvents final : public ClientTrunkEvents {
    void on_trunk_open(std::size_t, const login::Agreement&, const std::string&, Duration) override {}
    void on_trunk_message(std::size_t, const wire::ControlMessage&) override {}
    void on_trunk_draining(std::size_t, wire::Code, const std::string&) override {}
    void on_trunk_retired(std::size_t, const std::string&) override {}
    void on_trunk_waiting(std::size_t, const trunk::TrunkEnd&) override {}
    void on_trunk_resumed(std::size_t) override {}
    void on_trunk_end(std::size_t, const trunk::TrunkEnd&, bool) override {}
    void on_retired_end(std::size_t) override {}
};

/// Trunks to a port that accepts connections, in the kernel, and sends nothing.
struct TrunkSetParts {
    explicit TrunkSetParts(std::size_t count) {
        shared->servers = {{"127.0.0.1", runtime::local_address(listener.get()).port()}};
        shared->token = new_token();
        shared->log = &null_logger();
        shared->random = &runtime::system_random();
        worker.start();
        on(worker, [&] {
            TrunkSet::Settings settings;
            settings.backoff.first = settings.backoff.max = 1h;
            settings.tunnel_backoff = settings.backoff;
            settings.workers.assign(count, &worker);
            settings.near_threshold = 10ms;
            trunks = std::make_unique<TrunkSet>(
                TrunkSet::Needs{worker, shared, services.table(), phase, events, [] { return false; }}, settings);
        });
    }
    ~TrunkSetParts() {
        worker.stop();
        worker.join();
        trunks.reset();
    }
    template <typename Step>
    void run(Step step) {
        on(worker, [&] { step(*trunks); });
    }
    std::vector<Phase> phases() const {
        std::vector<Phase> all;
        for (std::size_t place = 0; place < trunks->states().size(); ++place) {
            all.push_back(trunks->states().at(place).phase);
        }
        return all;
    }

    const runtime::Fd listener = transport::test::listen_on_loopback();
    runtime::Worker worker;
    const std::shared_ptr<ClientShared> shared = std::make_shared<ClientShared>();
    LinkPhase phase = LinkPhase::down;
    OfferedServices services{3};
    NoEvents events;
    std::unique_ptr<TrunkSet> trunks;
};

}  // namespace

TEST_CASE("trunk set: the first trunk connects alone, the others when it is open, unless the server is far") {
    TrunkSetParts parts(3);
    const bool is_far = GENERATE(false, true);
    parts.run([&](TrunkSet& trunks) {
        trunks.connect_first();
        trunks.connect_first();
        CHECK(parts.phases() == std::vector{Phase::connecting, Phase::idle, Phase::idle});
        trunks.on_open(0, {});
        trunks.on_up(is_far ? 20ms : 1ms);
        trunks.connect_idle();
        const Phase other = is_far ? Phase::idle : Phase::connecting;
        CHECK(parts.phases() == std::vector{Phase::open, other, other});
    });
}

TEST_CASE("trunk set: a trunk that was lost waits, and no longer once the first one is to connect alone") {
    TrunkSetParts parts(2);
    parts.run([&](TrunkSet& trunks) {
        trunks.connect_first();
        trunks.on_open(0, {});
        trunks.on_end(0, {}, true);
        CHECK(trunks.retry(0) > 0s);
        CHECK(parts.phases() == std::vector{Phase::waiting, Phase::idle});
        trunks.cancel_retries();
        CHECK(parts.phases() == std::vector{Phase::idle, Phase::idle});
    });
}

TEST_CASE("trunk set: a session that is retired is made again at once, and the next one after a wait") {
    const std::size_t count = GENERATE(1, 2);
    TrunkSetParts parts(count);
    parts.run([&](TrunkSet& trunks) {
        trunks.connect_first();
        trunks.on_open(0, {});
        trunks.on_retired(0);
        CHECK(trunks.states().any_session());
        trunks.rotate(0);
        CHECK(parts.phases().front() == Phase::connecting);
        trunks.on_open(0, {});
        trunks.on_retired(0);
        trunks.rotate(0);
        CHECK(parts.phases().front() == (count == 1 ? Phase::idle : Phase::waiting));
        CHECK(trunks.states().at(0).retiring == 2);
    });
}

TEST_CASE("trunk set: nothing connects once the link drains") {
    TrunkSetParts parts(1);
    parts.run([&](TrunkSet& trunks) {
        parts.phase = LinkPhase::draining;
        trunks.connect_first();
        CHECK(parts.phases() == std::vector{Phase::idle});
        CHECK_FALSE(trunks.states().any_session());
    });
}

TEST_CASE("trunk set: a client whose servers all tell it to go at once is soon as slow as after other failures") {
    const bool lives_long = GENERATE(false, true);
    TrunkSetParts parts(1);
    parts.shared->servers = {{"a.example", 1}, {"b.example", 1}};
    parts.run([&](TrunkSet&) {
        LinkSides::Settings settings;
        settings.backoff.first = settings.backoff.max = 1h;
        settings.backoff.lived_long = lives_long ? 0s : 1h;
        LinkSides sides(parts.worker, parts.shared, settings, [](unsigned) {});
        for (unsigned moves = 1; moves <= limits::quick_moves_max + 2; ++moves) {
            CAPTURE(moves);
            REQUIRE(sides.begin(0));
            REQUIRE(sides.on_open(0, {}) == ServerChoice::Fit::fits);
            const std::string before = sides.server(0).address.host;
            if (moves % 2 == 0) {
                REQUIRE(sides.on_lost(0, {}, true, true));
            } else {
                REQUIRE(sides.move_on(0));
                REQUIRE(sides.move_on(0));  // each trunk reports it
                sides.on_left(0);
            }
            const Duration wait = sides.next_wait(0, true);
            CHECK((wait <= limits::next_server_spread) == (lives_long || moves <= limits::quick_moves_max));
            REQUIRE(sides.begin(0));
            CHECK(sides.server(0).address.host != before);
            sides.on_left(0);
        }
    });
}

TEST_CASE("trunk set: another token ends the wait for the next attempt") {
    TrunkSetParts parts(1);
    parts.run([&](TrunkSet& trunks) {
        trunks.use_new_token();
        CHECK(parts.phases() == std::vector{Phase::idle});
        trunks.connect_first_in(1h);
        trunks.use_new_token();
        CHECK(parts.phases() == std::vector{Phase::connecting});
    });
}
