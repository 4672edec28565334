// What the end of a login means for a client.
#include "session/server_verdict.hpp"

#include <catch2/catch.hpp>

using namespace ferrotunnel;
using namespace ferrotunnel::session;
using wire::Code;

namespace {

trunk::TrunkEnd ended(Code code, bool is_proved) {
    trunk::TrunkEnd end;
    end.code = code;
    end.text = "No.";
    end.proved = is_proved;
    return end;
}

}  // namespace

TEST_CASE("server verdict: a proved server that never accepted the client ends it, unless it asks again") {
    const ServerVerdict ends(false);
    CHECK(ends.is_final(ended(Code::unauthorized, true)));
    CHECK_FALSE(ends.is_settled(ended(Code::unauthorized, false)));
    CHECK_FALSE(ends.is_settled(ended(Code::busy, true)));
    const ServerVerdict asks(true);
    CHECK(asks.is_settled(ended(Code::version, true)));
    CHECK_FALSE(asks.is_final(ended(Code::version, true)));
    CHECK(asks.explain(ended(Code::version, true)) == "No. The client keeps trying, in case that changes.");
}

TEST_CASE("server verdict: after a login only another client's session is a verdict, and that is always final") {
    ServerVerdict verdict(true);
    verdict.record_login();
    CHECK_FALSE(verdict.is_settled(ended(Code::unauthorized, true)));
    CHECK(verdict.explain(ended(Code::unauthorized, true)) ==
          "No. The server has accepted this client before, so the client keeps trying.");
    CHECK(verdict.is_final(ended(Code::superseded, true)));
    CHECK_FALSE(verdict.is_final(ended(Code::superseded, false)));
    CHECK(verdict.explain(ended(Code::superseded, false)) ==
          "No. The server has not proved its identity, so the connection may be intercepted.");
    CHECK(verdict.explain({}) == "the connection was lost");
}
