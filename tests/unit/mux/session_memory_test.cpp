// What a session keeps, copies and allocates.
#include <catch2/catch.hpp>

#include "support/count_allocations.hpp"
#include "unit/mux/session_fixture.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::mux;
using namespace ferrotunnel::mux::test;

TEST_CASE("small payloads are copied for an endpoint on another thread, large ones are not") {
    SessionFixture fixture(client_settings());
    fixture.events.foreign = true;
    fixture.feed(open_frame(1) + data_frame(1, limits::copy_below - 1) + data_frame(1, limits::copy_below));
    Stream& stream = *fixture.events.opened[0];
    REQUIRE(stream.front()->slice.slab()->capacity() == limits::copy_below - 1);
    stream.drop_front();
    REQUIRE(stream.front()->slice.slab()->capacity() == buffer::slab_bytes);
    REQUIRE(fixture.session->stats().bytes_copied == limits::copy_below - 1);
}

TEST_CASE("a slab is not kept for little of it that is left after a read") {
    SessionFixture fixture(client_settings());
    SECTION("little is copied") {
        fixture.feed(open_frame(1) + data_frame(1, 5'000));
        REQUIRE(fixture.pool.in_use() == 0);
        REQUIRE(fixture.session->stats().bytes_held == buffer::slab_footprint(5'000));
        REQUIRE(fixture.session->stats().bytes_copied == 5'000);
    }
    SECTION("half a frame is little, and more of it stays where it is") {
        fixture.feed(open_frame(1) + data_frame(1, limits::compact_below - 1));
        REQUIRE(fixture.session->stats().bytes_copied == limits::compact_below - 1);
        fixture.feed(open_frame(3) + data_frame(3, limits::compact_below));
        REQUIRE(fixture.session->stats().bytes_copied == limits::compact_below - 1);
    }
    SECTION("of several slabs each counts by itself, and all streams in it together") {
        fixture.feed_in_one_turn(
            {open_frame(1) + open_frame(3) + data_frame(1, 5'000) + data_frame(3, 5'000), data_frame(1, 5'000)});
        REQUIRE(fixture.session->stats().bytes_copied == 5'000);
    }
    SECTION("much stays where it is") {
        fixture.feed(open_frame(1) + data_frame(1, 16'000) + data_frame(1, 16'000) + data_frame(1, 2'000));
        REQUIRE(fixture.pool.in_use() == 1);
        REQUIRE(fixture.session->stats().bytes_held == buffer::slab_footprint(buffer::slab_bytes));
        REQUIRE(fixture.session->stats().bytes_copied == 0);
    }
    SECTION("what is taken at once is not copied") {
        fixture.events.waker->action = [&] { SessionFixture::take_all(*fixture.events.opened[0]); };
        fixture.feed(open_frame(1));
        (void)fixture.events.opened[0]->try_park_receive();
        fixture.feed(data_frame(1, 5'000));
        REQUIRE(fixture.pool.in_use() == 0);
        REQUIRE(fixture.session->stats().bytes_copied == 0);
        fixture.events.waker->action = nullptr;
    }
}

TEST_CASE("an endpoint that is behind pins no slab with a few bytes beside another stream's many") {
    SessionFixture fixture(client_settings());
    fixture.feed(open_frame(1) + open_frame(3) + data_frame(1, 100));
    fixture.feed(data_frame(3, 16'000) + data_frame(1, 100));
    SessionFixture::take_all(*fixture.events.opened[1]);
    REQUIRE(fixture.pool.in_use() == 0);
    REQUIRE(fixture.session->stats().bytes_held == buffer::slab_footprint(limits::copies_slab_min));
}

TEST_CASE("limit: small payloads for an endpoint that is behind share slabs, no larger than what waits needs") {
    SessionFixture fixture(client_settings());
    fixture.feed(open_frame(1));
    const auto held = [&] { return fixture.session->stats().bytes_held; };
    for (std::uint32_t i = 0; i < limits::copies_slab_min; ++i) {
        fixture.feed(data_frame(1, 1));
        REQUIRE(held() <= buffer::slab_footprint(limits::copies_slab_min) + i * (sizeof(StreamItem) + 4));
    }
    fixture.feed(data_frame(1, 1));  // one more than fits into that slab
    Stream& stream = *fixture.events.opened[0];
    REQUIRE(held() > buffer::slab_footprint(limits::copies_slab_min) * 2);
    // A byte costs its place in the queue and little else: not more than the credit that its frame takes.
    while (fixture.session->stats().payload_received < 1'000) {
        fixture.feed(data_frame(1, 1));
    }
    CHECK(held() < 1'000 * (1 + limits::data_frame_cost));
    // None of these slabs is as large as the largest payload that is copied, unless so much waits.
    std::uint32_t largest = 0;
    stream.for_each_inbound([&](StreamItem& item) { largest = std::max(largest, item.slice.slab()->capacity()); });
    CHECK(largest > limits::copies_slab_min);
    CHECK(largest <= limits::copies_slab_max);
    REQUIRE(SessionFixture::take_all(stream) == 1'000);
    CHECK(held() == 0);
}

TEST_CASE("what is copied together is what was sent, however it is taken") {
    SessionFixture fixture(client_settings());
    fixture.feed(open_frame(1) + open_frame(3));
    Stream& stream = *fixture.events.opened[0];
    stream.accept();
    std::uint8_t sent = 0;
    std::uint8_t taken = 0;
    for (int round = 0; round < 300; ++round) {
        Raw read;
        for (int i = 0; i <= round % 5; ++i) {  // some small, some that stay in their slab, some in between
            const std::size_t size = i == 3 ? 7'000 : i == 4 ? 16'000 : 1 + static_cast<std::size_t>(round) % 50;
            read = std::move(read) + data_frame(1, size, 0, sent++);
        }
        fixture.feed(read + data_frame(3, 5'000));
        SessionFixture::take_all(*fixture.events.opened[1]);
        for (int i = 0; i < 1 + round * 7 % 9 && stream.front() != nullptr; ++i) {  // sometimes all, sometimes a part
            StreamItem* item = stream.front();
            REQUIRE(std::all_of(item->slice.bytes().begin(), item->slice.bytes().end(),
                                [&](std::uint8_t byte) { return byte == taken; }));
            if (item->slice.size() > 1 && round % 4 == 0) {
                stream.consume(item->slice.size() / 2);
            } else {
                stream.drop_front();
                ++taken;
            }
        }
        fixture.produce();
    }
    REQUIRE(fixture.failure_code() == Code::none);
    SessionFixture::take_all(stream);
    CHECK(fixture.session->stats().bytes_held == 0);
}

TEST_CASE("of a queue that is taken in the middle of it, what is left is compacted") {
    SessionFixture fixture(client_settings());
    fixture.feed(open_frame(1));
    Stream& stream = *fixture.events.opened[0];
    fixture.events.waker->action = [&] {
        for (int i = 0; i < 19 && stream.front() != nullptr; ++i) {
            stream.drop_front();
        }
    };
    Raw first;
    Raw second;
    for (int i = 0; i < 18; ++i) {  // more than a segment of the queue
        first = first + data_frame(1, 10);
        second = second + data_frame(1, 20);
    }
    (void)stream.try_park_receive();
    fixture.feed_in_one_turn({first, second});
    REQUIRE(fixture.pool.in_use() == 0);
    REQUIRE(fixture.session->stats().bytes_copied == 17 * 20);
    for (int i = 0; i < 17; ++i) {
        REQUIRE(stream.front()->slice.size() == 20);
        stream.drop_front();
    }
    REQUIRE(stream.front() == nullptr);
    fixture.events.waker->action = nullptr;
}

TEST_CASE("an idle stream holds no slab and no queue") {
    SessionFixture fixture;
    auto stream = fixture.open();
    fixture.produce();
    fixture.feed(opened_frame(1, 0) + data_frame(1, 100));
    fixture.send(*stream, 100);
    fixture.produce();
    SessionFixture::take_all(*stream);
    REQUIRE(fixture.pool.in_use() == 0);
    REQUIRE(fixture.session->stats().bytes_held == 0);
    REQUIRE(fixture.session->stats().credit_committed == 0);
}

TEST_CASE("a session that fails in the middle of a read lets go of it") {
    SessionFixture fixture(client_settings());
    fixture.feed(open_frame(1) + data_frame(1, 16'000) + data_frame(1, 16'000) + data_frame(1, 16'000) +
                 raw_frame(static_cast<FrameType>(200), 0, 0, {}));
    REQUIRE(fixture.failure_code() == Code::protocol);
    fixture.events.opened.clear();
    REQUIRE(fixture.pool.in_use() == 0);
}

TEST_CASE("a steady transfer allocates nothing per frame but its queues' segments") {
    SessionFixture fixture(client_settings());
    fixture.feed(open_frame(1, 0, limits::first_window, 0x7000'0000));
    Stream& stream = *fixture.events.opened[0];
    stream.accept();
    fixture.produce();

    constexpr int frames_per_read = 4;
    Raw read;
    for (int i = 0; i < frames_per_read; ++i) {
        read = read + data_frame(1, 15'000);
    }
    Batch batch(fixture.pool);
    auto round = [&] {
        // In: a read of four frames is taken, and credit goes back.
        buffer::SlabPtr slab = fixture.pool.acquire(fixture.session->ledger().get());
        std::memcpy(slab->data(), read.data(), read.size());
        fixture.session->receive(buffer::Slice(std::move(slab), 0, static_cast<std::uint32_t>(read.size())),
                                 fixture.now);
        while (stream.front() != nullptr) {
            stream.drop_front();
        }
        // Out: four frames in place.
        buffer::SlabPtr out = fixture.pool.acquire();
        for (std::uint32_t i = 0; i < frames_per_read; ++i) {
            stream.send(buffer::Slice(out, i * 16'384 + 8, limits::data_payload_max), true);
        }
        stream.flush();
        while (fixture.session->produce(batch, fixture.now)) {
            fixture.session->written(batch.bytes(), fixture.now);
            batch.clear();
        }
    };
    for (int i = 0; i < 20; ++i) {
        round();
    }
    constexpr int rounds = 200;
    std::uint64_t before = ferrotunnel::test::allocations_so_far();
    for (int i = 0; i < rounds; ++i) {
        round();
    }
    // The queues allocate a segment for each sixteen items at most, or one in each round and direction when they run
    // empty.
    REQUIRE(ferrotunnel::test::allocations_so_far() - before <= 2 * rounds);
    REQUIRE(fixture.session->stats().bytes_copied == 0);
    REQUIRE(fixture.failure_code() == Code::none);
}

TEST_CASE("a stream without memory is not there at all, and the session can end") {
    Settings settings = server_settings();
    const bool by_peer = GENERATE(false, true);
    if (by_peer) {
        settings = client_settings();
    }
    Session::OpenRequest request;
    request.kind = GENERATE(wire::ServiceKind::tcp, wire::ServiceKind::udp);
    bool has_failed = true;
    for (std::uint64_t nth = 1; has_failed; ++nth) {
        CAPTURE(by_peer, nth);
        REQUIRE(nth < 100);
        SessionFixture fixture(settings);
        const Raw open_bytes = open_frame(1);
        buffer::SlabPtr slab = fixture.pool.acquire(fixture.session->ledger().get());
        std::memcpy(slab->data(), open_bytes.data(), open_bytes.size());
        buffer::Slice read(slab, 0, static_cast<std::uint32_t>(open_bytes.size()));
        auto waker = make_intrusive<CountingWaker>();
        bool threw = false;
        ferrotunnel::test::fail_allocation(nth);
        try {
            if (by_peer) {
                fixture.session->receive(std::move(read), fixture.now);
            } else {
                (void)fixture.session->open(request, waker, false, fixture.now);
            }
        } catch (const std::bad_alloc&) {
            threw = true;
        }
        has_failed = ferrotunnel::test::fail_allocation(0);
        if (threw && !by_peer && fixture.session->stream_count() == 0) {
            const auto next = fixture.session->open(request, waker, false, fixture.now);  // it does not suffer
            REQUIRE(next);
            const auto frames = fixture.produce();
            REQUIRE(frames.size() == 1);
            REQUIRE(frames[0].is(FrameType::open, (*next)->id()));
        }
        fixture.session->fail(Code::internal, "what a driver does after this");
        fixture.produce();
        fixture.session->lose();
        REQUIRE(fixture.session->stream_count() == 0);
    }
}
