#include "exchange/failure.hpp"

#include <catch2/catch.hpp>

using namespace ferrotunnel;
using namespace ferrotunnel::exchange;
using http::Method;
using http::PageState;
using wire::Code;

TEST_CASE("what a visitor is told when a stream is reset", "[failure]") {
    const StreamFacts not_connected{false, true, false};
    CHECK(reset_failure(Code::refused, not_connected).state == PageState::backend_refused);
    CHECK(reset_failure(Code::timeout, not_connected).code == "connect_timeout");
    for (const Code code : {Code::going_away, Code::unknown_service, Code::busy}) {
        const Failure failure = reset_failure(code, not_connected);
        CHECK(failure.state == (code == Code::busy ? PageState::busy : PageState::no_client));
        CHECK(failure.try_other_carrier);
        CHECK(failure.not_delivered);
    }
    // From a backend that had taken the connection, these codes are its own business.
    for (const Code code : {Code::refused, Code::timeout, Code::busy, Code::cancelled}) {
        const Failure failure = reset_failure(code, {true, false, false});
        CHECK(failure.state == PageState::backend_broken);
        CHECK(failure.code == "reset");
        CHECK_FALSE(failure.try_other_carrier);
        CHECK_FALSE(failure.not_delivered);
    }
    CHECK(lost_failure().code == "tunnel_lost");
    CHECK_FALSE(lost_failure().not_delivered);
    CHECK(closed_failure(true).not_delivered);
    CHECK(slow_failure().state == PageState::backend_slow);
}

TEST_CASE("what a failure says of the member of a group that had the request", "[failure][groups]") {
    using directory::MemberOutcome;
    const StreamFacts not_connected{false, true, false};
    CHECK(reset_failure(Code::refused, not_connected).outcome == MemberOutcome::refused);
    CHECK(reset_failure(Code::timeout, not_connected).outcome == MemberOutcome::refused);
    CHECK(connect_failure().outcome == MemberOutcome::refused);
    CHECK(reset_failure(Code::connection_reset, {true, false, false}).outcome == MemberOutcome::reset);
    CHECK(closed_failure(false).outcome == MemberOutcome::reset);
    CHECK(slow_failure().outcome == MemberOutcome::reset);
    for (const Code code : {Code::going_away, Code::unknown_service, Code::busy}) {
        CHECK(reset_failure(code, not_connected).outcome == MemberOutcome::success);  // the client's business
    }
    CHECK(lost_failure().outcome == MemberOutcome::success);
}

TEST_CASE("what may be sent again", "[failure]") {
    const StreamFacts fresh{true, false, false};
    const StreamFacts reused{true, false, true};
    CHECK(may_repeat(closed_failure(true), fresh, Method::post));
    CHECK_FALSE(may_repeat(closed_failure(false), fresh, Method::get));
    CHECK(may_repeat(closed_failure(false), reused, Method::get));
    CHECK_FALSE(may_repeat(closed_failure(false), reused, Method::post));
    for (const StreamFacts& stream : {fresh, reused}) {
        CHECK(may_repeat(lost_failure(), stream, Method::get));
        CHECK_FALSE(may_repeat(lost_failure(), stream, Method::post));
    }
}

TEST_CASE("a member of the cluster that has no client for the request did nothing with it", "[failure][cluster]") {
    const StreamFacts connected{true, true, false, true};
    const Failure failure = reset_failure(Code::unknown_service, connected);
    CHECK(failure.state == PageState::no_client);
    CHECK(failure.not_here);
    CHECK(failure.try_other_carrier);
    CHECK(may_repeat(failure, connected, Method::post));
    // Something was done there, or a client says so, behind which there is a backend.
    CHECK_FALSE(reset_failure(Code::unknown_service, {true, false, false, true}).not_here);
    CHECK_FALSE(reset_failure(Code::unknown_service, {true, true, false, false}).not_here);
    CHECK_FALSE(reset_failure(Code::cancelled, connected).not_here);
}
