// One exchange's way through a chain: order, what plugins see and change, answers, failures, the end.
#include <string>
#include <utility>
#include <vector>

#include "base/limits.hpp"
#include "unit/plugin/instance_options.hpp"
#include "unit/plugin/run_rig.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::plugin;
using ferrotunnel::test::closed_instance;
using ferrotunnel::test::observing_instance;
using ferrotunnel::test::PluginRig;
using hooks::Step;

namespace {

std::vector<std::string> calls;  // of the test that runs

/// Writes its number into the calls and into both heads.
template <int number>
class Marks final : public Plugin {
public:
    static constexpr Description description{.name = "marks", .version = "1"};

    Decision on_request(Exchange& exchange) override {
        calls.push_back("request " + std::to_string(number));
        exchange.add(Side::request, "X-Way", std::to_string(number));
        return Decision::go_on();
    }
    Decision on_response(Exchange& exchange) override {
        calls.push_back("response " + std::to_string(number));
        exchange.add(Side::response, "X-Way", std::to_string(number));
        return Decision::go_on();
    }
    void on_close(Exchange&, const Outcome& outcome) override {
        calls.push_back("close " + std::to_string(number) + " " + std::to_string(outcome.status));
    }
};

/// Does what the test says.
class ActsAsTold final : public Plugin {
public:
    static constexpr Description description{.name = "acts", .version = "1", .guard = true};
    static inline std::function<Decision(Exchange&)> request;
    static inline std::function<Decision(Exchange&)> response;

    Decision on_request(Exchange& exchange) override { return request ? request(exchange) : Decision::go_on(); }
    Decision on_response(Exchange& exchange) override { return response ? response(exchange) : Decision::go_on(); }
};

struct ChainRunFixture : PluginRig {
    ChainRunFixture() {
        calls.clear();
        ActsAsTold::request = nullptr;
        ActsAsTold::response = nullptr;
    }
    void act(std::function<Decision(Exchange&)> hook, InstanceOptions options = {}) {
        ActsAsTold::request = std::move(hook);
        add<ActsAsTold>(std::move(options));
    }
};

}  // namespace

TEST_CASE("chain: requests pass in order, answers backwards, and each instance hears of the end", "[plugin]") {
    ChainRunFixture rig;
    rig.add<Marks<1>>();
    rig.add<Marks<2>>();
    rig.begin();
    CHECK(rig.ask() == Step::go_on);
    CHECK(rig.sent().find("X-Way: 1\r\nX-Way: 2\r\n") != std::string::npos);
    CHECK(rig.answer() == Step::go_on);
    CHECK(rig.shown().find("X-Way: 2\r\nX-Way: 1\r\n") != std::string::npos);
    rig.end({200, true, 0, 0, {}});
    CHECK(calls ==
          std::vector<std::string>{"request 1", "request 2", "response 2", "response 1", "close 1 200", "close 2 200"});
}

TEST_CASE("chain: an answer passes those that stood before whoever gave it", "[plugin]") {
    ChainRunFixture rig;
    rig.add<Marks<1>>();
    rig.act([](Exchange&) { return Decision::respond({418, {{"X-Pot", "tea"}}, "no coffee"}); });
    rig.add<Marks<3>>();
    rig.begin();
    REQUIRE(rig.ask() == Step::answer);
    const hooks::Reply reply = rig.run->take_reply();
    CHECK_FALSE(reply.page);
    CHECK(reply.status == 418);
    CHECK(reply.fields == std::vector<std::pair<std::string, std::string>>{{"X-Pot", "tea"}});
    CHECK(reply.body == "no coffee");
    CHECK(rig.answer(418) == Step::go_on);
    rig.end({418, true, 0, 0, {}});
    CHECK(calls == std::vector<std::string>{"request 1", "response 1", "close 1 418"});
}

TEST_CASE("chain: an answer to an answer takes its place, and is seen by the rest alone", "[plugin]") {
    ChainRunFixture rig;
    rig.add<Marks<1>>();
    rig.act(nullptr);
    ActsAsTold::response = [](Exchange& exchange) {
        CHECK(exchange.status() == 500);
        return Decision::reject(503, "hidden");
    };
    rig.add<Marks<3>>();
    rig.begin();
    REQUIRE(rig.ask() == Step::go_on);
    REQUIRE(rig.answer(500) == Step::answer);
    const hooks::Reply reply = rig.run->take_reply();
    CHECK(reply.page == http::PageState::busy);
    CHECK(reply.code == "hidden");
    rig.run->drop_answer();  // what number 3 wrote was for the other answer
    REQUIRE(rig.answer(503) == Step::go_on);
    CHECK(rig.shown().find("X-Way: 1\r\n") != std::string::npos);
    CHECK(rig.shown().find("X-Way: 3\r\n") == std::string::npos);
    rig.end();
}

TEST_CASE("chain: a plugin sees the request as it stands", "[plugin]") {
    ChainRunFixture rig;
    rig.act([](Exchange& exchange) {
        CHECK(exchange.method() == "GET");
        CHECK(exchange.path() == "/a");
        CHECK(exchange.query() == "?b=c");
        CHECK(exchange.host() == "app.test");
        CHECK(exchange.visitor() == "192.0.2.7");
        CHECK(exchange.service() == "web");
        CHECK(exchange.request_id() == "id-1");
        CHECK(exchange.is_https());
        CHECK(exchange.status() == 0);
        CHECK(exchange.field(Side::request, "x-two") == "1");
        CHECK(exchange.field(Side::request, "X-Two", 1) == "2");
        CHECK_FALSE(exchange.field(Side::request, "X-Two", 2));
        CHECK_FALSE(exchange.field(Side::response, "X-Two"));
        CHECK(exchange.set(Side::request, "X-Two", "3"));
        CHECK(exchange.field(Side::request, "X-Two") == "3");
        CHECK_FALSE(exchange.field(Side::request, "X-Two", 1));
        CHECK(exchange.add(Side::request, "X-Two", "4"));
        CHECK(exchange.field(Side::request, "X-Two", 1) == "4");
        std::string all;
        exchange.each_field(Side::request,
                            [&](Text name, Text value) { all.append(name).append("=").append(value).append(" "); });
        CHECK(all == "Host=app.test X-Two=3 X-Two=4 ");
        CHECK(exchange.remove(Side::request, "x_two"));
        CHECK_FALSE(exchange.field(Side::request, "X-Two"));
        return Decision::go_on();
    });
    rig.begin("GET /a?b=c", "X-Two: 1\r\nX-Two: 2\r\n");
    CHECK(rig.ask() == Step::go_on);
    CHECK(rig.sent().find("Two") == std::string::npos);
    rig.end();
}

TEST_CASE("chain: what the backend would not get is not there for a plugin either", "[plugin]") {
    ChainRunFixture rig;
    rig.act([](Exchange& exchange) {
        for (const Text name : {"Connection", "X-Hop", "Keep-Alive", "X-Forwarded-For", "X-Real-IP", "Forwarded",
                                "True-Client-IP", "X-Forwarded-User", "Content_Length", "X-Request-Id", "Proxy"}) {
            INFO(name);
            CHECK_FALSE(exchange.field(Side::request, name));
        }
        CHECK(exchange.field(Side::request, "X-Stays") == "1");
        return Decision::go_on();
    });
    rig.begin("GET /",
              "Connection: X-Hop\r\nX-Hop: 1\r\nKeep-Alive: 1\r\nX-Forwarded-For: 10.0.0.1\r\n"
              "X-Real-IP: 10.0.0.1\r\nForwarded: for=10.0.0.1\r\nTrue-Client-IP: 10.0.0.1\r\n"
              "X-Forwarded-User: root\r\nContent_Length: 1\r\nX-Stays: 1\r\n");
    CHECK(rig.ask() == Step::go_on);
    rig.end();
}

TEST_CASE("chain: fields that are the edge's, or that would break a message, are not written", "[plugin]") {
    ChainRunFixture rig;
    rig.act([](Exchange& exchange) {
        for (const auto& [name, value] : std::vector<std::pair<Text, Text>>{{"Content-Length", "0"},
                                                                            {"Transfer-Encoding", "chunked"},
                                                                            {"Host", "other.test"},
                                                                            {"Connection", "close"},
                                                                            {"X-Forwarded-For", "10.0.0.1"},
                                                                            {"x_forwarded_for", "10.0.0.1"},
                                                                            {"Forwarded", "for=x"},
                                                                            {"X-Request-Id", "7"},
                                                                            {"Trailer", "X"},
                                                                            {"Upgrade", "h2c"},
                                                                            {"X-A", "1\r\nX-B: 2"},
                                                                            {"X-A", "1\n"},
                                                                            {"X-A", std::string_view("\0", 1)},
                                                                            {"X-A:", "1"},
                                                                            {"", "1"},
                                                                            {"X A", "1"},
                                                                            {"X-A", " 1"}}) {
            INFO(name << ": " << value);
            CHECK_FALSE(exchange.set(Side::request, name, value));
            CHECK_FALSE(exchange.add(Side::request, name, value));
        }
        CHECK_FALSE(exchange.set(Side::response, "X-A", "1"));  // there is no response yet
        return Decision::go_on();
    });
    rig.begin();
    CHECK(rig.ask() == Step::go_on);
    CHECK(rig.sent() == "GET /a?b=c HTTP/1.1\r\nHost: app.test\r\n\r\n");
    rig.end();
}

TEST_CASE("chain: a target may change within the service, and to nothing that a visitor could not send", "[plugin]") {
    ChainRunFixture rig;
    rig.act([](Exchange& exchange) {
        for (const Text path : {"", "b", "*", "/a b", "/a#b", "/a\r\n", "http://evil.test/", "/b?c", "/other"}) {
            INFO(path);
            CHECK_FALSE(exchange.set_target(path));
        }
        CHECK_FALSE(exchange.set_target("/b", "c"));
        CHECK_FALSE(exchange.set_target("/b", "?c d"));
        CHECK(exchange.path() == "/a");
        CHECK(exchange.set_target("/b", "?d"));
        CHECK(exchange.path() == "/b");
        CHECK(exchange.query() == "?d");
        CHECK(exchange.set_target("/x/../%62/.", "?d=/../%62"));  // in canonical form, as a visitor's path
        CHECK(exchange.path() == "/b/");
        CHECK(exchange.query() == "?d=/../%62");
        CHECK(exchange.set_target("/b", "?d"));
        return Decision::go_on();
    });
    rig.begin();
    CHECK(rig.ask() == Step::go_on);
    CHECK(rig.run->changes_target());
    CHECK(rig.sent() == "GET /b?d HTTP/1.1\r\nHost: app.test\r\n\r\n");
    rig.end();
}

TEST_CASE("chain: an answer that would break the message is a failure", "[plugin]") {
    for (const auto& answer : std::vector<Answer>{{101, {}, ""},
                                                  {600, {}, ""},
                                                  {204, {}, "x"},
                                                  {205, {}, "x"},
                                                  {304, {}, "x"},
                                                  {200, {{"X-A", "1\r\n"}}, ""},
                                                  {200, {{"Content-Length", "5"}}, ""},
                                                  {200, {}, std::string(limits::plugin_answer_max + 1, 'x')}}) {
        INFO(answer.status << " " << answer.body.size());
        ChainRunFixture rig;
        rig.act(
            [&](Exchange&) {
                return Decision::respond({answer.status, answer.fields, answer.body});
            },
            closed_instance);
        rig.begin();
        CHECK(rig.ask() == Step::answer);
        CHECK(rig.run->take_reply().page == http::PageState::plugin_failed);
        rig.end();
    }
    ChainRunFixture rig;
    rig.act([](Exchange&) { return Decision::respond({200, {}, std::string(limits::plugin_answer_max, 'x')}); });
    rig.begin();
    CHECK(rig.ask() == Step::answer);
    CHECK(rig.run->take_reply().body.size() == limits::plugin_answer_max);
    rig.end();
}

TEST_CASE("chain: a refusal is a page, for statuses that have one and codes that are words", "[plugin]") {
    using Refused = std::pair<std::uint16_t, std::string>;
    for (const auto& [status, code] :
         {Refused{402, ""}, Refused{500, ""}, Refused{200, ""}, Refused{403, "a b"}, Refused{403, "a\r\nb"},
          Refused{403, std::string(limits::plugin_code_max + 1, 'x')}}) {
        INFO(status << " " << code);
        ChainRunFixture rig;
        rig.act([&](Exchange&) { return Decision::reject(status, code); }, closed_instance);
        rig.begin();
        CHECK(rig.ask() == Step::answer);
        CHECK(rig.run->take_reply().page == http::PageState::plugin_failed);
        rig.end();
    }
    const std::string code(limits::plugin_code_max, 'x');
    ChainRunFixture rig;
    rig.act([&](Exchange&) { return Decision::reject(401, code, {{"WWW-Authenticate", "Basic"}}); });
    rig.begin();
    CHECK(rig.ask() == Step::answer);
    const hooks::Reply reply = rig.run->take_reply();
    CHECK(reply.page == http::PageState::unauthorized);
    CHECK(reply.code == code);
    CHECK(reply.fields.size() == 1);
    rig.end();
}

TEST_CASE("chain: what a plugin did before it failed is taken back", "[plugin]") {
    for (const bool closes : {false, true}) {
        ChainRunFixture rig;
        rig.add<Marks<1>>();
        rig.act(
            [](Exchange& exchange) -> Decision {
                exchange.set(Side::request, "X-Half", "done");
                exchange.set_note("half", "done");
                exchange.set_target("/half");
                throw std::runtime_error("the other half");
            },
            {"", closes, false});
        rig.add<Marks<3>>();
        rig.begin();
        CHECK(rig.ask() == (closes ? Step::answer : Step::go_on));
        CHECK(rig.sent().find("GET /a?b=c HTTP/1.1\r\nHost: app.test\r\nX-Way: 1\r\n") == 0);
        CHECK(rig.sent().find("X-Half") == std::string::npos);
        CHECK(calls.size() == (closes ? 1 : 2));
        CHECK(rig.log.count("a plugin failed plugin=acts request=id-1 why=the hook threw an exception: the other half "
                            "hook=request") == 1);
        rig.end();
    }
}

TEST_CASE("chain: an observing instance changes nothing, and answers nobody", "[plugin]") {
    ChainRunFixture rig;
    rig.act(
        [](Exchange& exchange) {
            CHECK(exchange.set(Side::request, "X-A", "1"));
            CHECK(exchange.set_note("a", "1"));
            CHECK(exchange.set_target("/b"));
            return Decision::reject(403, "no");
        },
        observing_instance);
    ActsAsTold::response = [](Exchange&) -> Decision { throw std::runtime_error("closed"); };
    rig.begin();
    CHECK(rig.ask() == Step::go_on);
    CHECK(rig.sent() == "GET /a?b=c HTTP/1.1\r\nHost: app.test\r\n\r\n");
    CHECK(rig.log.count("would have answered plugin=acts") == 1);
    CHECK(rig.answer() == Step::go_on);
    CHECK(rig.log.count("a plugin failed") == 1);
    rig.end();
}

TEST_CASE("chain: notes are shared, the last one counts", "[plugin]") {
    ChainRunFixture rig;
    rig.act([](Exchange& exchange) {
        CHECK(exchange.note("auth.subject").empty());
        CHECK(exchange.set_note("auth.subject", "ann"));
        CHECK(exchange.set_note("auth.subject", "bob"));
        return Decision::go_on();
    });
    ActsAsTold::response = [](Exchange& exchange) {
        CHECK(exchange.note("auth.subject") == "bob");
        return Decision::go_on();
    };
    rig.begin();
    CHECK(rig.ask() == Step::go_on);
    CHECK(rig.answer() == Step::go_on);
    rig.end();
}

TEST_CASE("chain: changes, notes and texts have bounds", "[plugin]") {
    ChainRunFixture rig;
    rig.act([](Exchange& exchange) {
        for (std::size_t i = 0; i < limits::plugin_edits_max; ++i) {
            CHECK(exchange.add(Side::request, "X-N", "1"));
        }
        CHECK_FALSE(exchange.add(Side::request, "X-N", "1"));
        for (std::size_t i = 0; i < limits::plugin_notes_max; ++i) {
            CHECK(exchange.set_note("n", "1"));
        }
        CHECK_FALSE(exchange.set_note("n", "1"));
        return Decision::go_on();
    });
    ActsAsTold::response = [](Exchange& exchange) {
        CHECK_FALSE(exchange.set(Side::response, "X-L", std::string(limits::plugin_texts_max, 'x')));
        CHECK(exchange.set(Side::response, "X-L", std::string(limits::plugin_texts_max - 1'000, 'x')));
        CHECK_FALSE(exchange.set(Side::response, "X-M", std::string(1'000, 'x')));
        return Decision::go_on();
    };
    rig.begin();
    CHECK(rig.ask() == Step::go_on);
    CHECK(rig.answer() == Step::go_on);
    rig.end();
}

TEST_CASE("chain: an exchange's state is an instance's own, and freed with the exchange", "[plugin]") {
    struct Counted {
        Counted() { ++living(); }
        ~Counted() { --living(); }
        static int& living() {
            static int count = 0;
            return count;
        }
        int value = 0;
    };
    ChainRunFixture rig;
    const auto count = [](Exchange& exchange) {
        ++exchange.state<Counted>().value;
        return Decision::go_on();
    };
    rig.act(count);
    rig.add<ActsAsTold>();
    ActsAsTold::response = [](Exchange& exchange) {
        CHECK(exchange.state<Counted>().value == 1);
        return Decision::go_on();
    };
    rig.begin();
    CHECK(rig.ask() == Step::go_on);
    CHECK(Counted::living() == 2);
    CHECK(rig.answer() == Step::go_on);
    rig.end();
    CHECK(Counted::living() == 0);
}

TEST_CASE("chain: an answer's fields are seen as the edge would write them", "[plugin]") {
    ChainRunFixture rig;
    rig.act(nullptr);
    ActsAsTold::response = [](Exchange& exchange) {
        CHECK(exchange.origin() == Origin::backend);
        CHECK(exchange.field(Side::response, "Server") == std::nullopt);  // the edge takes it away
        CHECK(exchange.field(Side::response, "X-Request-Id") == "id-1");
        CHECK(exchange.field(Side::response, "Set-Cookie", 1) == "b");
        CHECK(exchange.field(Side::request, "X-Mine") == "1");
        CHECK(exchange.set(Side::response, "Set-Cookie", "c"));
        CHECK(exchange.field(Side::response, "Set-Cookie") == "c");
        CHECK_FALSE(exchange.set(Side::request, "X-Late", "1"));  // that head has left
        return Decision::go_on();
    };
    REQUIRE(rig.edits.remove("Server"));
    REQUIRE(rig.edits.set("X-Request-Id", "id-1"));
    rig.begin("GET /", "X-Mine: 1\r\n");
    CHECK(rig.ask() == Step::go_on);
    CHECK(rig.answer(200, "Server: x\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nContent-Length: 0\r\n") == Step::go_on);
    CHECK(rig.shown().find("Set-Cookie: c\r\n") != std::string::npos);
    CHECK(rig.shown().find("Set-Cookie: a\r\n") == std::string::npos);
    rig.end();
}
