// A peer that sends frames at random, most of them nearly right: the session may fail, but never breaks, and what it
// holds stays within what it has granted.
#include <set>

#include <catch2/catch.hpp>

#include "unit/mux/session_fixture.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::mux;
using namespace ferrotunnel::mux::test;

namespace {

class Hostile {
public:
    explicit Hostile(std::uint64_t seed) : random_(seed) {}

    Raw next() {
        Raw raw = plausible();
        // Now and then a byte is wrong, or some are missing.
        if (random_.below(400) == 0 && !raw.empty()) {
            raw[random_.below(raw.size())] = static_cast<std::uint8_t>(random_.next());
        }
        if (random_.below(400) == 0) {
            raw.resize(random_.below(raw.size() + 1));
        }
        return raw;
    }
    ferrotunnel::test::SeededRandom& random() { return random_; }

    /// Notes the credit that the session grants.
    void hear(const std::vector<Frame>& frames) {
        for (const Frame& frame : frames) {
            bool grants = frame.header.type == FrameType::credit || frame.header.type == FrameType::opened;
            if (grants && frame.header.stream % 2 == 1) {
                streams_[frame.header.stream].credit += frame.credit();
            }
        }
    }

private:
    struct Known {
        std::uint64_t credit = 0;
        bool finished = false;
    };

    StreamId some_id() {
        if (random_.chance(1)) {
            return static_cast<StreamId>(random_.next() & 0x7fff'ffff);
        }
        return static_cast<StreamId>(random_.below((highest_ + 1) / 2) * 2 + 1);
    }
    Raw open() {
        highest_ += 2;
        auto window = static_cast<std::uint32_t>(random_.between(0, limits::first_window));
        streams_[highest_].credit = window;
        return open_frame(highest_, static_cast<std::uint32_t>(random_.below(3)), window);
    }
    // Nearly always within credit and before FIN.
    Raw data() {
        StreamId id = some_id();
        Known& known = streams_[id];
        std::size_t size = random_.between(1, random_.chance(20) ? limits::data_payload_max : 500);
        bool allowed = !known.finished && known.credit >= size + limits::data_frame_cost;
        if (!allowed && random_.chance(99)) {
            return ping_frame(1, true);
        }
        known.credit -= std::min<std::uint64_t>(known.credit, size + limits::data_frame_cost);
        auto flags = static_cast<std::uint8_t>(random_.chance(5) ? wire::flag::fin : random_.below(2) * 2);
        known.finished = known.finished || (flags & wire::flag::fin) != 0;
        return data_frame(id, size, flags);
    }
    Raw plausible() {
        auto small = [&](std::uint64_t most) { return static_cast<std::size_t>(random_.between(0, most)); };
        switch (highest_ == 0xffff'ffff ? 0 : random_.below(12)) {
            case 0:
            case 1:
                return open();
            case 5:
                if (StreamId id = some_id(); !std::exchange(streams_[id].finished, true)) {
                    return fin_frame(id);
                }
                return data();
            case 6:
                return credit_frame(random_.chance(5) ? 0 : some_id(),
                                    static_cast<std::uint32_t>(random_.between(4'096, 100'000)));
            case 7:
                return reset_frame(some_id(), Code::cancelled, random_.chance(50));
            case 8:
                return datagram_frame(some_id(), small(2'000));
            case 9:
                return ping_frame(random_.below(10), random_.chance(80));
            case 10:
                return random_.chance(10) ? goaway_frame(some_id(), Code::going_away) : control_frame(1 + small(100));
            case 11:
                return random_.chance(5) ? opened_frame(some_id(), 5) : data();
            default:
                return data();
        }
    }

    ferrotunnel::test::SeededRandom random_;
    std::map<StreamId, Known> streams_;
    StreamId highest_ = static_cast<StreamId>(-1);  // so that the first one is 1
};

// What an endpoint may do, at random. `ended`: the streams that it sends nothing on any more.
void act(Stream& stream, std::set<StreamId>& ended, ferrotunnel::test::SeededRandom& random) {
    bool sends = !ended.contains(stream.id());
    switch (random.below(10)) {
        case 0:
            return stream.accept();
        case 1:
            return sends && ended.insert(stream.id()).second ? stream.finish() : void();
        case 2:
            return stream.abort(Code::cancelled);
        case 3:
            if (sends) {
                ended.insert(stream.id());
                stream.reset(Code::connection_reset);
            }
            return;
        case 4:
        case 5:
            if (sends && stream.can_send()) {
                stream.send(buffer::Slice::copy_of(Raw(random.between(1, limits::data_payload_max))), false);
                stream.flush();
            }
            return;
        default:
            while (stream.front() != nullptr && random.chance(90)) {
                stream.drop_front();
            }
    }
}

}  // namespace

TEST_CASE("a hostile peer can end its session, and nothing else") {
    std::size_t frames = 0;
    std::size_t failures = 0;
    for (std::uint64_t seed = 1; seed <= 400; ++seed) {
        Hostile peer(seed);
        Settings settings = client_settings();
        settings.streams_max = 20;
        settings.memory_hard = 2'000'000;
        settings.budget = 1'000'000;
        SessionFixture fixture(settings);
        std::set<StreamId> ended;
        for (int i = 0; i < 400 && !fixture.session->failure(); ++i, ++frames) {
            fixture.feed(peer.next());
            fixture.now += 1ms;
            if (!fixture.events.opened.empty() && peer.random().chance(60)) {
                std::size_t at = peer.random().below(fixture.events.opened.size());
                act(*fixture.events.opened[at], ended, peer.random());
                if (peer.random().chance(10)) {
                    // The endpoint lets go of its handle without a word.
                    fixture.events.opened.erase(fixture.events.opened.begin() + static_cast<std::ptrdiff_t>(at));
                }
            }
            if (peer.random().chance(30)) {
                peer.hear(fixture.produce());
                fixture.session->tick(fixture.now);
                fixture.session->check_invariants();
            }
            // The bound: windows, and slabs that are partly alive.
            REQUIRE(fixture.session->stats().streams <= settings.streams_max);
            REQUIRE(fixture.session->stats().bytes_held <=
                    2 * (settings.budget + settings.streams_max * std::uint64_t{settings.first_window}) +
                        buffer::slab_bytes);
        }
        failures += fixture.session->failure() ? 1 : 0;
        fixture.produce();
        fixture.session->lose();
        fixture.events.opened.clear();
        REQUIRE(fixture.pool.in_use() == 0);
    }
    // Both happen: long lives, and failures.
    REQUIRE(failures > 50);
    REQUIRE(frames > 10'000);
}
