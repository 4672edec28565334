#include "mux/memory_reclaimer.hpp"

#include <catch2/catch.hpp>

#include "unit/mux/session_parts.hpp"

namespace ferrotunnel::mux::test {
namespace {

struct Reclaiming : SessionParts {
    Reclaiming() : SessionParts(small()) {}
    static Settings small() {
        Settings settings = server_settings();
        settings.budget = 256_KiB;
        settings.memory_hard = 512_KiB;
        return settings;
    }
    /// Bytes that its endpoint does not take.
    void hold(StreamId id, int frames) {
        for (int i = 0; i < frames; ++i) {
            REQUIRE_FALSE(feed(id, 16'000));
        }
        compactor.forget();
    }
};

TEST_CASE_METHOD(Reclaiming, "of stalled streams the one that holds most for longest is reset first", "[reclaimer]") {
    const auto much = open_answered(2);
    const auto little = open_answered(4);
    hold(2, 3);
    hold(4, 1);
    reclaimer.reset_most_stalled(1);  // no stream has stood still for long enough
    CHECK(table.size() == 2);
    context.now += limits::stalled_after;
    reclaimer.reset_most_stalled(1);
    CHECK(much->stream_end().code == Code::too_slow);
    CHECK_FALSE(little->stream_end());
}

TEST_CASE_METHOD(Reclaiming, "an endpoint that takes something has its time again", "[reclaimer]") {
    const auto stream = open_answered(2);
    hold(2, 3);
    context.now += limits::stalled_after;
    stream->consume(16'000);
    reclaimer.reset_most_stalled(1);
    CHECK_FALSE(stream->stream_end());
    context.now += limits::stalled_after;
    reclaimer.reset_most_stalled(1);
    CHECK(stream->stream_end());
}

TEST_CASE_METHOD(Reclaiming, "what waits to be sent counts where the process asks", "[reclaimer]") {
    const auto stream = open_answered(1);
    for (int i = 0; i < 6; ++i) {
        stream->send(buffer::Slice::copy_of(Raw(16'000, 's')), false);
    }
    stream->flush();
    while (!written().empty()) {
    }
    context.now += limits::stalled_after;
    reclaimer.reset_most_stalled(1);
    CHECK_FALSE(stream->stream_end());
    context.shared->request_reclaim(1);
    reclaimer.reset_most_stalled(1);  // the first look sees that something was sent
    CHECK_FALSE(stream->stream_end());
    context.now += limits::stalled_after;
    context.shared->request_reclaim(1);
    reclaimer.reset_most_stalled(1);
    CHECK(stream->stream_end());
    CHECK(context.shared->reclaim_requested.load() == 0);
}

TEST_CASE_METHOD(Reclaiming, "what does not move is set aside", "[reclaimer]") {
    const auto stream = open_answered(2);
    hold(2, 3);
    budget.commit(0, 100_KiB);
    reclaimer.set_idle_aside();
    CHECK(budget.set_aside() == 0);
    context.now += limits::set_aside_after;
    reclaimer.set_idle_aside();
    CHECK(budget.set_aside() == context.shared->ledger->bytes());
    stream->consume(16'000);
    context.now += limits::set_aside_check_interval;
    reclaimer.set_idle_aside();
    CHECK(budget.set_aside() == 0);
    budget.commit(100_KiB, 0);
}

}  // namespace
}  // namespace ferrotunnel::mux::test
