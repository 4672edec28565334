#include "trace/context.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

namespace ferrotunnel::trace {
namespace {

/// Counts up, so that ids differ; the first bytes may be all zero.
class CountingRandom final : public Random {
public:
    void fill(MutableBytes out) override {
        ++fills;
        std::generate(out.begin(), out.end(), [this] { return zeros > 0 ? zeros--, std::uint8_t{0} : next_++; });
    }

    unsigned fills = 0;
    unsigned zeros = 0;

private:
    std::uint8_t next_ = 1;
};

}  // namespace

TEST_CASE("ids are never zero, and come from few questions for randomness", "[context]") {
    CountingRandom random;
    random.zeros = 40;
    IdSource ids(random);
    CHECK(ids.trace_id() != TraceId{});
    CHECK(ids.span_id() != SpanId{});
    for (int i = 0; i < 12; ++i) {
        (void)ids.span_id();
    }
    CHECK(random.fills == 1);
    for (int i = 0; i < 100; ++i) {
        const double fraction = ids.fraction();
        CHECK(fraction >= 0);
        CHECK(fraction < 1);
    }
}

TEST_CASE("a trace begins, or continues", "[context]") {
    CountingRandom random;
    IdSource ids(random);
    const Context begun = make_context(std::nullopt, true, 1, ids);
    CHECK(begun.parent == SpanId{});
    CHECK(begun.sampled);
    CHECK(begun.request != begun.backend);
    CHECK(begun.for_backend().span == begun.backend);
    CHECK(begun.for_backend().sampled);

    const auto parent = parse_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
    const Context next = make_context(parent, false, 1, ids);
    CHECK(next.trace == parent->trace);
    CHECK(next.parent == parent->span);
    CHECK(next.for_backend().trace == parent->trace);
    CHECK(next.for_backend().span != parent->span);
}

TEST_CASE("who is trusted says what is sampled, otherwise the rate does", "[context]") {
    CountingRandom random;
    IdSource ids(random);
    auto parent = parse_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
    CHECK(make_context(parent, true, 0, ids).sampled);
    CHECK_FALSE(make_context(parent, false, 0, ids).sampled);
    parent->sampled = false;
    CHECK_FALSE(make_context(parent, true, 1, ids).sampled);
    CHECK(make_context(parent, false, 1, ids).sampled);

    CHECK_FALSE(make_context(std::nullopt, true, 0, ids).sampled);  // nobody has said anything
    int sampled = 0;
    for (int i = 0; i < 1000; ++i) {
        sampled += make_context(std::nullopt, false, 0.25, ids).sampled ? 1 : 0;
    }
    CHECK(sampled > 150);
    CHECK(sampled < 350);
}

}  // namespace ferrotunnel::trace
