// A login by itself: proved, admitted, refused.
#include "session/session_login.hpp"

#include <catch2/catch.hpp>

#include "unit/session/session_parts.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::session;
using namespace ferrotunnel::session::test;
using wire::Code;

namespace {

struct LoginParts : SessionParts {
    Code ended_with = Code::none;
    bool authenticating = true;
    std::vector<bool> over;
    int welcomed = 0;
    SessionLogin login{
        SessionLogin::Needs{at, facts, executor, rights, nullptr, [this] { return carrier; },
                            [this](const wire::ControlPayload& payload) { sent.push_back(payload); },
                            [this](Code code, const std::string&) { ended_with = code; }, [this] { return ended; },
                            [this] { return authenticating; }, [] {}, [this] { ++welcomed; }},
        [this](bool welcome) { over.push_back(welcome); }};
};

}  // namespace

TEST_CASE("session login: a peer that has proved nothing gives way, and its end is silent") {
    LoginParts parts;
    CHECK_FALSE(parts.login.is_unreported_end("why"));
    parts.login.end_if_unauthenticated();
    CHECK(parts.ended_with == Code::busy);
    CHECK(parts.login.is_unreported_end(""));
    parts.login.finish();
    parts.login.finish();
    CHECK(parts.over == std::vector<bool>{false});
}

TEST_CASE("session login: a secret counts as used for as long as its session lives") {
    SessionParts parts;
    const auto& secrets = parts.shared->secrets;
    {
        const UsedSecret used(secrets, parts.token.id, "192.0.2.1:5");
        CHECK(secrets->last(parts.token.id)->connections == 1);
    }
    CHECK(secrets->last(parts.token.id)->connections == 0);
}
