// The wait of a request for a client of its service, and the deadlines of the wait for a backend.
#include "exchange/request_hold.hpp"

#include "unit/exchange/exchange_parts.hpp"
#include "unit/http/parse.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::exchange;
using namespace ferrotunnel::exchange::test;
using namespace std::chrono_literals;
using ferrotunnel::test::ParsedRequest;

namespace {

struct HoldParts : WiredParts {
    RequestHold hold{{at, *this, *this}};
    const ParsedRequest parsed{"GET /a HTTP/1.1\r\nHost: app.test\r\n\r\n"};
};

}  // namespace

TEST_CASE("hold: a request waits with its head until its service is back") {
    HoldParts parts;
    parts.round([&] {
        parts.leave(parts.carriers[0]);
        CHECK(parts.hold.wait_with(parts.parsed.head(), parts.at.now() + 5s, true));
        CHECK(parts.hold.has_head());
        CHECK(parts.edge->counters.held == 1);
        CHECK(parts.edge->hold.waiting() == 1);
        CHECK(parts.when() == parts.at.now() + 5s);
        parts.hold.leave();
        CHECK(parts.hold.take_head() == nullptr);  // it is still away
        CHECK(parts.edge->hold.waiting() == 1);
        parts.hold.leave();
        parts.join();
        const auto kept = parts.hold.take_head();
        CHECK((kept && kept->path() == "/a"));
        CHECK_FALSE(parts.is_set());
        CHECK(parts.hold.wait_with(parts.parsed.head(), parts.at.now() + 5s, false));
        CHECK(parts.edge->counters.held == 1);  // the same request
        parts.hold.expire();
        CHECK_FALSE(parts.hold.has_head());
        CHECK(parts.edge->hold.waiting() == 0);
    });
}

TEST_CASE("limit: a request waits for a successor once, for as long as the settings say") {
    HoldParts parts;
    TimePoint until{};
    parts.round([&] {
        CHECK(parts.hold.wait_for_successor(100, parts.edge->routes.changes()));
        until = parts.when();
        CHECK(until == parts.at.now() + parts.edge->settings().hold);
        parts.hold.leave();
        parts.edge->hold.close();
        CHECK_FALSE(parts.hold.wait_for_successor(100, parts.edge->routes.changes()));
    });
    CHECK_FALSE(parts.hold.has_head());
}

TEST_CASE("timer: the answer may be due before the connection would be") {
    WiredParts parts;
    parts.round([&] {
        const TimePoint now = parts.at.now();
        parts.request->settings.backend_connect = 3s;
        parts.request->settings.first_byte = 60s;
        parts.timer.begin_connect();
        CHECK(parts.when() == now + 3s);
        CHECK(parts.timer.may_connect());
        parts.timer.progress();
        parts.timer.watch_answer(false);
        CHECK(parts.when() == now + 3s);
        parts.timer.watch_answer(true);
        CHECK(parts.when() == now + 60s);
        parts.request->settings.first_byte = 1s;
        parts.timer.watch_answer(false);
        CHECK(parts.when() == now + 1s);
        CHECK_FALSE(parts.timer.is_answer_due());
        parts.request->settings.first_byte = 0s;
        CHECK(parts.timer.is_answer_due());
        parts.timer.begin_wait();  // a deadline is set: it continues
        CHECK(parts.when() == now + 1s);
        parts.timer.cancel();
        parts.timer.begin_wait();
        CHECK(parts.when() == now + 3s);
        parts.timer.watch_idle();
        CHECK(parts.when() == now + parts.request->settings.upgraded_idle);
    });
}
