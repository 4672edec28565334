// How a visitor without HTTP fares with a member of a group: TCP, and TLS that passes untouched.
#include "session/member_tap.hpp"

#include <catch2/catch.hpp>
#include <memory>
#include <vector>

#include "unit/mux/session_fixture.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::session;
using directory::MemberOutcome;
using mux::test::opened_frame;
using mux::test::reset_frame;
using wire::Code;

namespace {

/// A visitor's stream to a member, and the tap of its pump.
struct Watched {
    Watched() : tap(stream, [this](MemberOutcome outcome, TimePoint) { told.push_back(outcome); }) {
        (void)fixture.produce();  // its OPEN
    }

    void accept() { fixture.feed(opened_frame(stream->id(), 1'000)); }
    void reset(Code code, bool abort = false) {
        fixture.feed(reset_frame(stream->id(), code, abort));
        mux::test::SessionFixture::take_all(*stream);
    }
    void answer() {
        const std::uint8_t byte = 'x';
        tap.to_backend(Bytes(&byte, 1), fixture.now);
    }
    std::vector<MemberOutcome> over() {
        tap.over(fixture.now);
        return told;
    }

    mux::test::SessionFixture fixture;
    IntrusivePtr<mux::Stream> stream = fixture.open();
    std::vector<MemberOutcome> told;
    MemberTap tap;
};

using Outcomes = std::vector<MemberOutcome>;

}  // namespace

TEST_CASE("a visitor whose backend cannot be reached was refused by the member", "[groups]") {
    for (const Code code : {Code::refused, Code::timeout}) {
        Watched visitor;
        visitor.reset(code, true);
        CHECK(visitor.over() == Outcomes{MemberOutcome::refused});
    }
    // What the member does not answer for: it has gone, or is full.
    for (const Code code : {Code::going_away, Code::busy, Code::unknown_service}) {
        Watched visitor;
        visitor.reset(code, true);
        CHECK(visitor.over().empty());
    }
}

TEST_CASE("a connection that ends without a byte of its backend was reset, whether at once or in order", "[groups]") {
    const bool abort = GENERATE(false, true);
    Watched visitor;
    visitor.accept();
    visitor.reset(Code::connection_reset, abort);
    CHECK(visitor.over() == Outcomes{MemberOutcome::reset});
    CHECK(visitor.over() == Outcomes{MemberOutcome::reset});  // told once
}

TEST_CASE("whoever got a byte, or an end in order, has fared well, whatever comes after", "[groups]") {
    Watched answered;
    answered.accept();
    answered.tap.to_backend({}, answered.fixture.now);
    CHECK(answered.told.empty());
    answered.answer();
    CHECK(answered.told == Outcomes{MemberOutcome::success});  // at once: a connection may live for days
    answered.reset(Code::connection_reset);
    CHECK(answered.over() == Outcomes{MemberOutcome::success});

    Watched silent;
    silent.accept();
    silent.tap.backend_ended(true, silent.fixture.now);
    CHECK(silent.over() == Outcomes{MemberOutcome::success});
}

TEST_CASE("a visitor who resets, and a trunk that is lost, say nothing of the backend", "[groups]") {
    Watched gone;
    gone.accept();
    gone.tap.backend_ended(false, gone.fixture.now);
    gone.reset(Code::connection_reset);
    CHECK(gone.over().empty());

    Watched lost;
    lost.accept();
    lost.fixture.session->lose();
    CHECK(lost.over().empty());
}

TEST_CASE("nobody is told where there is no memory for it", "[groups]") {
    mux::test::SessionFixture fixture;
    const auto stream = fixture.open();
    MemberTap tap(stream, [](MemberOutcome, TimePoint) { throw std::bad_alloc(); });
    const std::uint8_t byte = 'x';
    tap.to_backend(Bytes(&byte, 1), fixture.now);
    tap.over(fixture.now);
    CHECK(stream);
}
