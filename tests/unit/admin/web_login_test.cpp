#include "admin/web_login.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "admin/limits.hpp"
#include "base/hex.hpp"
#include "login/token.hpp"
#include "runtime/system_random.hpp"
#include "unit/admin/networks.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::admin;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view secret = "a secret of this test";

struct Rig {
    explicit Rig(std::string_view secret_in = secret)
        : right(secret_in), login(right, 7837, true, runtime::system_random()) {}

    const std::string right;
    WebLogin login;
    TimePoint now = TimePoint() + 1h;
    std::string address = "192.0.2.1";

    Answer ask(std::string_view method, std::string_view path, std::string_view body = {}, std::string_view cookie = {},
               std::string_view authorization = {}) {
        Request request{method, path, body};
        request.cookie = cookie;
        request.authorization = authorization;
        const login::AddressNetworks from = networks(address);
        request.networks = &from;
        return login.answer(request, now).value_or(Answer{200, Json{{"may", true}}});
    }
    Answer log_in() { return log_in(right); }
    Answer log_in(std::string_view with) { return ask("POST", "/api/login", Json{{"secret", with}}.dump()); }
    bool may(std::string_view cookie, std::string_view authorization = {}) {
        return ask("GET", "/api/v1/status", {}, cookie, authorization).body.contains("may");
    }
    static std::string cookie_of(const Answer& answer) { return answer.cookie.substr(0, answer.cookie.find(';')); }
};

}  // namespace

TEST_CASE("a browser that has shown the secret has a session until it logs out") {
    Rig rig;
    CHECK(rig.ask("GET", "/api/v1/status").status == 401);
    CHECK(rig.log_in("another secret of 20").status == 401);
    const Answer in = rig.log_in();
    CHECK(in.status == 200);
    CHECK_THAT(in.cookie, Catch::StartsWith("__Host-ferrotunnel-7837=") &&
                              Catch::EndsWith("; Path=/; HttpOnly; SameSite=Strict; Max-Age=43200; Secure"));
    const std::string cookie = Rig::cookie_of(in);
    CHECK(rig.may(cookie));
    CHECK(rig.may("a=b; " + cookie + "; c=d"));
    CHECK_FALSE(rig.may("x" + cookie));
    CHECK_FALSE(rig.may(cookie + "0"));
    CHECK_FALSE(rig.may(cookie.substr(0, cookie.size() - 1)));
    CHECK(rig.ask("GET", "/api/login", {}, cookie).body["logged_in"] == true);
    CHECK(rig.ask("GET", "/api/login").body["logged_in"] == false);
    const Answer out = rig.ask("POST", "/api/logout", {}, cookie);
    CHECK_THAT(out.cookie, Catch::Contains("Max-Age=0"));
    CHECK_FALSE(rig.may(cookie));
    CHECK(rig.login.sessions() == 0);
}

TEST_CASE("sessions end, and there are as many as there may be") {
    Rig rig;
    const std::string first = Rig::cookie_of(rig.log_in());
    rig.now += limits::admin_session_life - 1s;
    CHECK(rig.may(first));
    rig.now += 1s;
    CHECK_FALSE(rig.may(first));
    std::vector<std::string> cookies;
    for (std::size_t i = 0; i <= limits::admin_sessions_max; ++i) {
        cookies.push_back(Rig::cookie_of(rig.log_in()));
    }
    CHECK(rig.login.sessions() == limits::admin_sessions_max);
    CHECK_FALSE(rig.may(cookies.front()));
    CHECK(rig.may(cookies[1]));
    CHECK(rig.may(cookies.back()));
}

TEST_CASE("a script shows the secret with each request, and gets no session") {
    Rig rig;
    CHECK(rig.may({}, "Bearer " + std::string(secret)));
    CHECK_FALSE(rig.may({}, "Bearer wrong"));
    CHECK_FALSE(rig.may({}, "Basic " + std::string(secret)));
    CHECK(rig.login.sessions() == 0);
}

TEST_CASE("an address that guesses is not listened to for a minute, others and sessions are") {
    Rig rig;
    const std::string cookie = Rig::cookie_of(rig.log_in());
    for (unsigned i = 0; i < limits::admin_guesses; ++i) {
        CHECK(rig.log_in("a guess, number " + std::to_string(i)).status == 401);
    }
    CHECK(rig.log_in().status == 429);
    CHECK(rig.ask("GET", "/api/v1/status", {}, {}, "Bearer " + std::string(secret)).status == 429);
    CHECK(rig.may(cookie));
    rig.address = "192.0.2.2";
    CHECK(rig.log_in().status == 200);
    rig.address = "192.0.2.1";
    rig.now += limits::admin_guesses_within;
    CHECK(rig.log_in().status == 200);
}

TEST_CASE("many addresses that guess do not keep the right secret out") {
    Rig rig;
    const auto guess_from = [&rig](const std::string& address) {
        rig.address = address;
        return rig.log_in("wrong").status;
    };
    SECTION("those of one block have its guesses together") {
        for (unsigned i = 0; i < limits::admin_guesses_of_block + 100; ++i) {
            CHECK(guess_from("2001:db8:1:" + to_hex(std::array{static_cast<std::uint8_t>(i), std::uint8_t{0}}) +
                             "::1") == (i < limits::admin_guesses_of_block ? 401 : 429));
        }
        SECTION("next to them") {
            rig.address = "2001:db8:1:ffff::1";
            CHECK(rig.log_in().status == 429);
            rig.now += limits::admin_guesses_within;
            CHECK(rig.log_in().status == 200);
        }
        SECTION("in another block of their provider") {
            rig.address = "2001:db8:2::1";
            CHECK(rig.log_in().status == 200);
        }
    }
    SECTION("those of a home too") {
        for (unsigned i = 0; i < limits::admin_guesses_of_home + 10; ++i) {
            CHECK(guess_from("2001:db8:1:" + std::to_string(10 + i) + "::1") ==
                  (i < limits::admin_guesses_of_home ? 401 : 429));
        }
        rig.address = "2001:db8:1:100::1";
        CHECK(rig.log_in().status == 200);
    }
    SECTION("an address that has shown the right secret waits for nobody else") {
        rig.address = "192.0.2.7";
        CHECK(rig.log_in().status == 200);
        for (unsigned i = 0; i < limits::admin_guesses_of_block; ++i) {
            guess_from("192.0.2." + std::to_string(100 + i));
        }
        CHECK(guess_from("192.0.2.8") == 429);
        rig.address = "192.0.2.7";
        CHECK(rig.log_in().status == 200);
        for (unsigned i = 0; i < limits::admin_guesses; ++i) {
            CHECK(guess_from("192.0.2.7") == 401);
        }
        CHECK(rig.log_in().status == 429);
    }
    SECTION("beyond the blocks that are remembered, those of a region have a pace") {
        for (std::size_t i = 0; i < limits::admin_guessers_max + limits::admin_shared_guesses.burst; ++i) {
            guess_from("10." + std::to_string(i / 256) + '.' + std::to_string(i % 256) + ".1");
        }
        rig.address = "10.4.255.1";
        CHECK(rig.log_in().status == 429);
        rig.now += 1s;
        CHECK(rig.log_in().status == 200);
        rig.address = "192.0.2.1";
        CHECK(rig.log_in().status == 200);
    }
}

TEST_CASE("a secret that nobody can guess is never kept out, and what looks like one gives no more guesses") {
    Rig strong(login::make_token(runtime::system_random()));
    Rig weak;
    for (unsigned i = 0; i < limits::admin_guesses; ++i) {
        CHECK(strong.log_in("wrong").status == 401);
        CHECK(weak.log_in("wrong").status == 401);
    }
    CHECK(strong.log_in("wrong").status == 429);
    CHECK(strong.log_in(login::make_token(runtime::system_random())).status == 429);
    CHECK(strong.log_in().status == 200);
    CHECK(strong.ask("GET", "/api/v1/status", {}, {}, "Bearer " + strong.right).status == 200);
    CHECK(weak.log_in(login::make_token(runtime::system_random())).status == 429);
    CHECK(weak.log_in().status == 429);
}

TEST_CASE("guesses are remembered up to a bound, and forgotten when their time is over") {
    LoginAttemptLimiter book;
    TimePoint now = TimePoint() + 1h;
    for (std::size_t i = 0; i < limits::admin_guessers_max + 10; ++i) {
        const login::AddressNetworks from = networks("2001:db8:" + std::to_string(i) + "::1");
        CHECK(book.may_try(from, now));
        book.failed(from, now);
    }
    CHECK(book.regions() == 1);
    CHECK_FALSE(book.may_try(networks("2001:db8:9999::1"), now));
    for (std::size_t i = 1; i < limits::admin_guessers_max + limits::admin_shared_guesses.burst; ++i) {
        const login::AddressNetworks from =
            networks(std::to_string(1 + i / 200) + '.' + std::to_string(i % 200) + ".0.1");
        CHECK(book.may_try(from, now));
        book.failed(from, now);
    }
    for (std::size_t level = 0; level < login::network_levels; ++level) {
        CHECK(book.networks(level) == limits::admin_guessers_max);
    }
    CHECK(book.regions() == limits::admin_guessers_max);
    CHECK_FALSE(book.may_try(networks("192.0.2.1"), now + 100ms));
    now += limits::admin_guesses_within;
    CHECK(book.may_try(networks("192.0.2.1"), now));
    for (std::size_t level = 0; level < login::network_levels; ++level) {
        CHECK(book.networks(level) == 0);
    }
    CHECK(book.regions() == 0);
    for (std::size_t i = 0; i < limits::admin_trusted_addresses_max + 10; ++i) {
        book.succeeded(networks("10.0.0." + std::to_string(i)));
    }
    CHECK(book.trusted_addresses() == limits::admin_trusted_addresses_max);
}

TEST_CASE("wrong secrets are told, so many of them") {
    std::vector<std::pair<std::string, std::uint64_t>> told;
    WebLogin login(
        secret, 7837, true, runtime::system_random(),
        [&](const std::string& address, std::uint64_t unreported) { told.emplace_back(address, unreported); });
    TimePoint now = TimePoint() + 1h;
    const auto guess = [&](std::size_t number) {
        const std::string body = Json{{"secret", "wrong"}}.dump();
        Request request{"POST", "/api/login", body};
        const login::AddressNetworks from = networks("10.0." + std::to_string(number) + ".1");
        request.networks = &from;
        (void)login.answer(request, now);
    };
    for (std::size_t i = 0; i < 50; ++i) {
        guess(i);
    }
    REQUIRE(told.size() == limits::admin_guess_reports.burst);
    CHECK(told.front() == std::pair<std::string, std::uint64_t>("10.0.0.1", 0));
    now += 1s;
    guess(99);
    CHECK(told.back() == std::pair<std::string, std::uint64_t>("10.0.99.1", 40));
}

TEST_CASE("what is no login is refused") {
    Rig rig;
    CHECK(rig.ask("POST", "/api/login", "secret=x").status == 400);
    CHECK(rig.ask("POST", "/api/login", R"({"secret": 1})").status == 400);
    CHECK(rig.ask("POST", "/api/login", R"({"secret": "a", "b": 1})").status == 400);
    CHECK(rig.ask("PUT", "/api/login").status == 405);
    CHECK(rig.ask("GET", "/api/logout").status == 405);
}
