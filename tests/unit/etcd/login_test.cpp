#include "etcd/login.hpp"

#include <catch2/catch.hpp>

#include "etcd/limits.hpp"

namespace ferrotunnel::etcd {
namespace {

constexpr TimePoint login_start{std::chrono::hours(1)};

TEST_CASE("without a user no login is needed", "[etcd]") {
    CHECK(Login(false).is_ready());
    CHECK_FALSE(Login(true).is_ready());
}

TEST_CASE("a token that several calls were sent with is rejected once", "[etcd]") {
    Login login(true);
    login.begin();
    CHECK(login.is_asking());
    login.succeeded("one");
    CHECK_FALSE(login.is_asking());
    REQUIRE(login.is_ready());
    const std::uint64_t number = login.number();
    login.rejected(number);
    CHECK_FALSE(login.is_ready());
    login.begin();
    login.succeeded("two");
    login.rejected(number);  // of an earlier one
    CHECK(login.token() == "two");
}

TEST_CASE("after a wrong password logins pause, longer each time", "[etcd][limits]") {
    Login login(true);
    const Fault wrong{Fault::Kind::credentials, "authentication failed"};
    TimePoint now = login_start;
    Duration expected = limits::login_pause_min;
    for (int i = 0; i < 10; ++i) {
        CHECK_FALSE(login.refusal(now));
        login.begin();
        login.failed(wrong, now);
        REQUIRE(login.refusal(now + expected - Duration(1)));
        CHECK(login.refusal(now)->text == wrong.text);
        CHECK_FALSE(login.refusal(now + expected));
        now += expected;
        expected = std::min<Duration>(2 * expected, limits::login_pause_max);
    }
    CHECK(expected == Duration(limits::login_pause_max));
    login.begin();
    login.succeeded("token");
    login.rejected(login.number());
    login.begin();
    login.failed(wrong, now);
    CHECK_FALSE(login.refusal(now + limits::login_pause_min));
}

TEST_CASE("a login that found no endpoint does not pause", "[etcd]") {
    Login login(true);
    login.begin();
    login.failed({Fault::Kind::unreachable, "no connection"}, login_start);
    CHECK_FALSE(login.is_asking());
    CHECK_FALSE(login.refusal(login_start));
}

}  // namespace
}  // namespace ferrotunnel::etcd
