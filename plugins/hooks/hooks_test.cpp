// Tests the plugin `hooks` on a real chain, with an endpoint of the test's own. endpoint_test.cpp tests bad endpoints.
#include "hooks/hooks.hpp"

#include <algorithm>
#include <future>
#include <nlohmann/json.hpp>

#include "common/service_for_tests.hpp"
#include "unit/plugin/session_rig.hpp"

using namespace ferrotunnel;
using namespace std::chrono_literals;
using ferrotunnel::plugins::Hooks;
using ferrotunnel::test::PluginRig;
using ferrotunnel::test::Service;
using ferrotunnel::test::SessionRig;
using ferrotunnel::test::SilentListener;
using hooks::Step;
using nlohmann::json;

namespace {

constexpr std::string_view all_events = "events: [login, register, connect, close], timeout: 5m";

struct HooksFixture : SessionRig {
    explicit HooksFixture(const std::string& url, const std::string& settings = {}, bool closed = true) {
        chain.add<Hooks>({"hooks", closed, false},
                         "{url: '" + url + "', " + (settings.empty() ? std::string(all_events) : settings) + "}");
        plugins.set_chain(std::make_shared<plugin::Chain>(chain.chain));
    }
    ~HooksFixture() {
        run.reset();
        (void)deliver();  // decisions for exchanges that have ended
    }
    void wait_for(int count) {
        const auto deadline = std::chrono::steady_clock::now() + 60s;
        while (count > 0) {
            REQUIRE(std::chrono::steady_clock::now() < deadline);
            count -= deliver();
            std::this_thread::sleep_for(1ms);
        }
    }
    Step decide() {
        REQUIRE(ask() == Step::wait);
        wait_for(1);
        return ask();
    }
};

void wait_until_asked(const Service& service, std::size_t count) {
    const auto deadline = std::chrono::steady_clock::now() + 60s;
    while (service.count() < count) {
        REQUIRE(std::chrono::steady_clock::now() < deadline);
        std::this_thread::sleep_for(1ms);
    }
}

const std::string accept_all = Service::json(R"({"decision": "accept"})");

/// The body of a request without the parts that differ each time.
json told_to_endpoint(const Service& service, std::size_t nth) {
    json body = json::parse(service.body(nth));
    CHECK(body.at("id").get<std::string>().find('-') == 16);
    CHECK(body.at("time_ms") > 1'600'000'000'000);
    body.erase("id");
    body.erase("time_ms");
    return body;
}

}  // namespace

TEST_CASE("hooks: the endpoint is told who logs in and what is registered", "[hooks]") {
    Service service(accept_all);
    HooksFixture rig(service.url);
    rig.login();
    CHECK(rig.decide() == Step::go_on);
    CHECK(told_to_endpoint(service, 0) == json::parse(R"({"version": 1, "event": "login", "client": {
        "token": "team", "instance": "00ff", "name": "laptop", "address": "198.51.100.9", "port": 50000,
        "agent": "agent/1", "protocol": 1, "trunk": 2, "trunks": 3,
        "metadata": {"floor": "2", "site": "barn"}}})"));
    rig.registration();
    CHECK(rig.decide() == Step::go_on);
    CHECK(told_to_endpoint(service, 1) == json::parse(R"({"version": 1, "event": "register", "client": {
        "token": "team", "instance": "00ff", "name": "laptop", "address": "198.51.100.9", "port": 50000,
        "metadata": {"floor": "2", "site": "barn"}},
        "service": {"name": "web", "kind": "http", "hosts": ["a.test", "b.test"], "path": "/api", "port": 8080,
        "bind": "127.0.0.1", "metadata": "blue"}})"));
    CHECK(service.requests()[0].starts_with("POST /hook HTTP/1.1\r\n"));
    CHECK(service.requests()[0].find("\r\nContent-Type: application/json\r\n") != std::string::npos);
    CHECK(service.requests()[0].find("Expect") == std::string::npos);
    CHECK(service.requests()[0].find("Signature") == std::string::npos);
}

TEST_CASE("hooks: a visit is told when it begins and when it has ended", "[hooks]") {
    Service service([](const std::string& request) {
        return request.find("\"event\":\"close\"") == std::string::npos
                   ? Service::json(R"({"decision": "reject", "reason": "not from there"})")
                   : "HTTP/1.1 204 Done\r\n\r\n";
    });
    HooksFixture rig(service.url);
    rig.visit();
    CHECK(rig.decide() == Step::answer);
    CHECK(rig.run->take_refusal().words == "not from there");
    rig.close({hooks::VisitOutcome::End::refused, 0, 0, 3ms});
    wait_until_asked(service, 2);
    json connect = told_to_endpoint(service, 0);
    json close = told_to_endpoint(service, 1);
    CHECK(connect["visit"] == close["visit"]);
    const json about = json::parse(R"({"client": {"token": "team", "instance": "00ff", "name": "laptop"},
        "service": {"name": "web", "kind": "http", "port": 8080},
        "visitor": {"address": "192.0.2.7", "port": 40000, "host": "app.test"}})");
    for (const char* part : {"client", "visitor"}) {
        CHECK(connect[part] == about[part]);
        CHECK(close[part] == about[part]);
    }
    CHECK(connect["service"]["name"] == "web");
    CHECK(close["event"] == "close");
    CHECK(close["outcome"] == json::parse(R"({"end": "refused", "error": "not from there", "received_bytes": 0,
        "sent_bytes": 0, "duration_ms": 3})"));
}

TEST_CASE("hooks: text that is not valid UTF-8 is told nevertheless", "[hooks]") {
    Service service(accept_all);
    HooksFixture rig(service.url);
    rig.client->name = "lap\xfftop\n\"";
    rig.login();
    CHECK(rig.decide() == Step::go_on);
    CHECK(told_to_endpoint(service, 0)["client"]["name"] == "lap\xef\xbf\xbdtop\n\"");
}

TEST_CASE("hooks: a service gets hosts, limits and notes", "[hooks]") {
    Service service(Service::json(R"({"version": 1, "decision": "accept", "hosts": ["team.test"],
        "limits": {"body_max": 1048576, "upgrades": false}, "notes": {"plan": "gold"}})"));
    HooksFixture rig(service.url);
    rig.registration();
    REQUIRE(rig.decide() == Step::go_on);
    const hooks::Amendments amended = rig.run->take_amendments();
    CHECK(amended.hosts == std::vector<std::string>{"team.test"});
    CHECK(amended.limits[static_cast<std::size_t>(hooks::Limit::body_max)] == 1'048'576);
    CHECK(amended.limits[static_cast<std::size_t>(hooks::Limit::upgrades)] == 0);
    CHECK_FALSE(amended.limits[static_cast<std::size_t>(hooks::Limit::connect_ms)]);
    REQUIRE(amended.notes);
    CHECK(*amended.notes == hooks::Notes{{"plan", "gold"}});
}

TEST_CASE("hooks: amendments that the server does not take are a failure, of which nothing stays", "[hooks]") {
    Service service(Service::json(R"({"decision": "accept", "notes": {"plan": "gold"}, "hosts": ["a.test"]})"));
    for (const bool closed : {true, false}) {
        HooksFixture rig(service.url, {}, closed);
        rig.service->kind = "tcp";
        rig.registration();
        CHECK(rig.decide() == (closed ? Step::answer : Step::go_on));
        if (!closed) {
            CHECK_FALSE(rig.run->take_amendments().notes);
        } else {
            CHECK(rig.run->take_refusal().failed);
        }
        CHECK(rig.chain.log.count("does not accept its hosts, limits or notes") == 1);
    }
}

TEST_CASE("hooks: what the endpoint is not asked about passes", "[hooks]") {
    SilentListener nobody;
    HooksFixture rig(nobody.url, "events: [close]");
    rig.login();
    CHECK(rig.ask() == Step::go_on);
    rig.registration();
    CHECK(rig.ask() == Step::go_on);
    rig.visit();
    CHECK(rig.ask() == Step::go_on);
    rig.close();
}

TEST_CASE("hooks: the trunks of a client are asked about once", "[hooks][login]") {
    std::promise<void> two_have_asked;  // before that there is no answer, however slowly this thread runs
    Service service([asked = two_have_asked.get_future().share()](const std::string&) {
        asked.wait_for(60s);
        return Service::json(R"({"decision": "accept", "notes": {"plan": "gold"}})");
    });
    HooksFixture rig(service.url, "events: [login], login_window: 1m, timeout: 5m");
    std::vector<std::unique_ptr<hooks::SessionRun>> trunks;
    for (std::uint32_t trunk = 1; trunk <= 3; ++trunk) {
        rig.client->trunk = trunk;
        rig.client->port = static_cast<std::uint16_t>(40'000 + trunk);
        rig.login();
        // The first two wait for one answer; the third arrives when it is known.
        REQUIRE(rig.run->ask(rig.now) == (trunk < 3 ? Step::wait : Step::go_on));
        trunks.push_back(std::move(rig.run));
        if (trunk == 2) {
            two_have_asked.set_value();
            rig.wait_for(2);
        }
    }
    for (const auto& run : trunks) {
        CHECK(run->ask(rig.now) == Step::go_on);
        const hooks::SharedNotes notes = run->take_amendments().notes;
        REQUIRE(notes);
        CHECK(*notes == hooks::Notes{{"plan", "gold"}});
    }
    CHECK(service.count() == 1);
}

TEST_CASE("hooks: clients that differ are asked about each, and so are all without a window", "[hooks][login]") {
    Service service(accept_all);
    HooksFixture rig(service.url, "events: [login], login_window: 1m, timeout: 5m");
    const auto log_in = [&rig] {
        rig.login();
        CHECK(rig.decide() == Step::go_on);
    };
    log_in();
    rig.client->token = "other";
    log_in();
    rig.client->address = "198.51.100.10";
    log_in();
    rig.client->name = "198.51.100.10";
    log_in();
    rig.client->instance = "00fe";
    log_in();
    CHECK(service.count() == 5);
    rig.client->metadata[0].second = "3";
    log_in();
    rig.client->metadata.pop_back();
    log_in();
    CHECK(service.count() == 7);
    HooksFixture each(service.url, "events: [login], login_window: 0s, timeout: 5m");
    for (int i = 0; i < 2; ++i) {
        each.login();
        CHECK(each.decide() == Step::go_on);
    }
    CHECK(service.count() == 9);
}

TEST_CASE("hooks: refusals and failures are not remembered", "[hooks][login]") {
    std::atomic<int> asked{0};
    Service service([&asked](const std::string&) {
        const int count = ++asked;
        return count == 1   ? Service::json(R"({"decision": "reject", "reason": "on Monday"})")
               : count == 2 ? std::string("HTTP/1.1 500 Oops\r\n\r\n")
                            : accept_all;
    });
    HooksFixture rig(service.url, "events: [login], login_window: 1m, timeout: 5m");
    rig.login();
    CHECK(rig.decide() == Step::answer);
    CHECK(rig.run->take_refusal().words == "on Monday");
    rig.login();
    CHECK(rig.decide() == Step::answer);
    CHECK(rig.run->take_refusal().failed);
    rig.login();
    CHECK(rig.decide() == Step::go_on);
    rig.login();
    CHECK(rig.ask() == Step::go_on);  // known
}

TEST_CASE("hooks: a decision without a place fails at once", "[hooks]") {
    SilentListener nobody;
    HooksFixture rig(nobody.url, "events: [connect], connections: 2, queue: 1, timeout: 5m");
    std::vector<std::unique_ptr<hooks::SessionRun>> waiting;
    for (int i = 0; i < 3; ++i) {
        rig.visit();
        REQUIRE(rig.ask() == Step::wait);
        waiting.push_back(std::move(rig.run));
    }
    CHECK(rig.deliver() == 0);
    rig.visit();
    REQUIRE(rig.ask() == Step::wait);
    CHECK(rig.deliver() == 1);  // it arrived before the hook returned
    CHECK(rig.ask() == Step::answer);
    CHECK(rig.run->take_refusal().failed);
    rig.close();
    CHECK(rig.chain.log.count("too many requests wait") == 1);
    for (const auto& run : waiting) {  // the answer arrives after the visitor has left, or never
        run->close({});
    }
    waiting.clear();
}

namespace {

/// Connections that a silent listener has accepted: those requests have left the queue.
struct Accepted {
    Accepted(const SilentListener& listener, int count) {
        for (int i = 0; i < count; ++i) {
            sockets.push_back(listener.accept());
        }
    }
    Accepted(const Accepted&) = delete;
    Accepted& operator=(const Accepted&) = delete;
    ~Accepted() {
        for (const int socket : sockets) {
            ::close(socket);
        }
    }
    std::vector<int> sockets;
};

/// Visits to an endpoint that does not answer, each with its step. They end with the fixture.
struct Crowd {
    explicit Crowd(HooksFixture& fixture) : rig(fixture) {}
    Crowd(const Crowd&) = delete;
    Crowd& operator=(const Crowd&) = delete;
    ~Crowd() {
        for (const auto& run : runs) {
            run->close({});
        }
    }
    /// Adds a visitor of a token; returns whether one decision was made at once, its own or another's.
    int come(const std::string& token, const std::string& address) {
        rig.client = std::make_shared<hooks::ClientFacts>(*rig.client);  // runs share the previous one
        rig.client->token = token;
        rig.visitor = address;
        rig.visit();
        REQUIRE(rig.ask() == Step::wait);
        runs.push_back(std::move(rig.run));
        return rig.deliver();
    }
    int still_waiting(std::size_t from, std::size_t to) {
        int count = 0;
        for (std::size_t i = from; i < to; ++i) {
            count += runs[i]->ask(rig.now) == Step::wait ? 1 : 0;
        }
        return count;
    }
    HooksFixture& rig;
    std::vector<std::unique_ptr<hooks::SessionRun>> runs;
};

}  // namespace

TEST_CASE("limit: a flood of one token's visitors leaves half of the queue to another token's", "[hooks][limits]") {
    SilentListener nobody;
    HooksFixture rig(nobody.url, "events: [connect], timeout: 5m");  // 16 connections, 256 wait
    Crowd crowd(rig);
    const auto noisy = [](int i) { return "10." + std::to_string(i / 256) + "." + std::to_string(i % 256) + ".1"; };
    for (int i = 0; i < 16; ++i) {
        CHECK(crowd.come("noisy", noisy(i)) == 0);
    }
    const Accepted asked(nobody, 16);
    int decided = 0;
    for (int i = 16; i < 400; ++i) {
        decided += crowd.come("noisy", noisy(i));
    }
    CHECK(decided == 128);  // 272 have a place
    for (int i = 0; i < 128; ++i) {
        CHECK(crowd.come("quiet", "203.0.113.1") == 1);  // one of the flood is displaced
    }
    CHECK(crowd.still_waiting(400, 528) == 128);
    CHECK(crowd.come("quiet", "203.0.113.1") == 1);  // its own share is full
    CHECK(crowd.still_waiting(528, 529) == 0);
}

TEST_CASE("limit: of one token's visitors a network has its share", "[hooks][limits]") {
    SilentListener nobody;
    HooksFixture rig(nobody.url, "events: [connect], connections: 2, queue: 8, timeout: 5m");
    Crowd crowd(rig);
    const auto come = [&crowd](int i) { return crowd.come("team", "198.51.100." + std::to_string(i)); };
    CHECK(come(0) + come(1) == 0);
    const Accepted asked(nobody, 2);
    for (int i = 2; i < 10; ++i) {
        CHECK(come(i) == 0);
    }
    CHECK(come(99) == 1);
    CHECK(crowd.still_waiting(10, 11) == 0);
    for (int i = 0; i < 4; ++i) {
        CHECK(crowd.come("team", "2001:db8:7:" + std::to_string(i) + "::1") == 1);
    }
    CHECK(crowd.still_waiting(11, 15) == 4);
    CHECK(crowd.come("team", "2001:db8:7:99::1") == 1);
    CHECK(crowd.still_waiting(15, 16) == 0);
}

TEST_CASE("hooks: visitors of another token are asked about in turn with those of a flood", "[hooks]") {
    std::promise<void> opens;
    Service service([open = opens.get_future().share()](const std::string&) {
        open.wait_for(60s);
        return accept_all;
    });
    HooksFixture rig(service.url, "events: [connect], connections: 2, queue: 100, timeout: 5m");
    Crowd crowd(rig);
    for (int i = 0; i < 50; ++i) {
        CHECK(crowd.come("noisy", "10.0." + std::to_string(i) + ".1") == 0);
    }
    CHECK(crowd.come("quiet", "203.0.113.1") == 0);
    opens.set_value();
    rig.wait_for(51);
    const std::vector<std::string> requests = service.requests();
    const auto quiet = std::find_if(requests.begin(), requests.end(), [](const std::string& request) {
        return request.find("quiet") != std::string::npos;
    });
    CHECK(quiet - requests.begin() < 6);  // after those that were running, and one of the flood's
}

TEST_CASE("hooks: a thousand clients that come back to a dead endpoint do not stampede", "[hooks][login]") {
    SilentListener nobody;
    HooksFixture rig(nobody.url, "events: [login], timeout: 5m");  // 16 connections, 256 wait
    std::vector<std::unique_ptr<hooks::SessionRun>> waiting;
    int failed_at_once = 0;
    for (int i = 0; i < 1'000; ++i) {
        rig.client->instance = std::to_string(i);
        rig.login();
        const Step step = rig.ask();
        REQUIRE(step == Step::wait);
        const int decided = rig.deliver();
        failed_at_once += decided;
        if (decided == 0) {
            waiting.push_back(std::move(rig.run));
        } else if (decided == 1) {
            CHECK(rig.ask() == Step::answer);
            rig.run.reset();
        }
    }
    CHECK(failed_at_once == 728);
    CHECK(waiting.size() == 272);
    CHECK(nobody.drop_waiting() <= 16);
}

namespace {

/// What a look-up has come to: "secret|name|rights|cached ms|stale ms", "refused", or "failed: why".
class Answers final : public hooks::TokenAnswer {
public:
    explicit Answers(std::shared_ptr<std::promise<std::string>> told) : told_(std::move(told)) {}

    void accept(hooks::FoundToken found) noexcept override {
        const auto ms = [](Duration time) {
            return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(time).count());
        };
        told_->set_value(found.secret + '|' + found.name + '|' + found.rights + '|' + ms(found.cached_for) + '|' +
                         ms(found.stale_for));
    }
    void refuse() noexcept override { told_->set_value("refused"); }
    void fail(std::string why) noexcept override { told_->set_value("failed: " + why); }

private:
    const std::shared_ptr<std::promise<std::string>> told_;
};

std::future<std::string> look_up(HooksFixture& rig) {
    auto told = std::make_shared<std::promise<std::string>>();
    plugin::look_up_token(*rig.plugins.chain(),
                          {"00112233445566aa", "198.51.100.9", 50'000, "laptop", "agent/1", {{"site", "barn"}}},
                          std::make_unique<Answers>(told));
    return told->get_future();
}

std::string result(std::future<std::string> answer) {
    REQUIRE(answer.wait_for(60s) == std::future_status::ready);
    return answer.get();
}

}  // namespace

TEST_CASE("hooks: the endpoint is asked for a token", "[hooks][token]") {
    std::atomic<int> turn{0};
    Service service([&turn](const std::string&) {
        switch (turn++) {
            case 0:
                return Service::json(
                    R"({"decision": "accept", "secret": "s3cret", "name": "ann", "rights": {"kinds": ["tcp"]}})");
            case 1:
                return Service::json(R"({"decision": "reject"})");
            default:
                return Service::json(R"({"decision": "accept", "secret": 7})");
        }
    });
    HooksFixture rig(service.url, "events: [authenticate], token_cache: 2s, token_stale: 3m");
    CHECK(plugin::token_instance(*rig.plugins.chain()) != nullptr);
    CHECK(result(look_up(rig)) == R"(s3cret|ann|{"kinds":["tcp"]}|2000|180000)");
    CHECK(told_to_endpoint(service, 0) == json::parse(R"({"version": 1, "event": "authenticate", "client": {
        "token_id": "00112233445566aa", "name": "laptop", "address": "198.51.100.9", "port": 50000,
        "agent": "agent/1", "metadata": {"site": "barn"}}})"));
    CHECK(result(look_up(rig)) == "refused");
    CHECK(result(look_up(rig)) == "failed: the endpoint has not decided: `secret` is not a string");
    CHECK(rig.chain.log.text().find("s3cret") == std::string::npos);
}

TEST_CASE("hooks: an endpoint that is away is a failure of the look-up, not a refusal", "[hooks][token]") {
    const SilentListener silent;
    HooksFixture rig(silent.url, "events: [authenticate], timeout: 50ms");
    CHECK(result(look_up(rig)).starts_with("failed: the endpoint has not decided: "));
}

TEST_CASE("hooks: tokens are looked up only with the event", "[hooks][token]") {
    Service service(accept_all);
    HooksFixture rig(service.url);
    CHECK(plugin::token_instance(*rig.plugins.chain()) == nullptr);
    CHECK(result(look_up(rig)) == "failed: no plugin looks up tokens");
    CHECK(service.count() == 0);
}

TEST_CASE("hooks: tokens are asked for where nobody can read the answer", "[hooks][check]") {
    for (const std::string url :
         {"https://office.test/hook", "HTTPS://office.test", "http://127.0.0.1/", "http://[::1]:80/",
          "http://127.8.9.1:8080/x", "http://localhost:80/", "http://LOCALHOST"}) {
        INFO(url);
        CHECK(PluginRig::wrong<Hooks>("{url: '" + url + "', events: [authenticate]}").empty());
    }
    for (const std::string url : {"http://office.test/hook", "http://10.0.0.1/", "http://127.0.0.1.office.test/",
                                  "http://[::2]/", "http://localhost.office.test/", "http://127.0.0.1@office.test/"}) {
        INFO(url);
        CHECK_THAT(PluginRig::wrong<Hooks>("{url: '" + url + "', events: [login, authenticate]}"),
                   Catch::Contains("url: must be https, or http on this machine"));
        CHECK_THAT(PluginRig::wrong<Hooks>("{url: '" + url + "', events: [login]}"), !Catch::Contains("must be https"));
    }
}

TEST_CASE("hooks: settings that cannot work are told with their places", "[hooks][check]") {
    const auto wrong = [](const std::string& settings) { return PluginRig::wrong<Hooks>(settings); };
    const std::string good = "url: 'https://office.test/hook?a=b', events: [login]";
    CHECK(wrong("{" + good + "}").empty());
    CHECK(wrong("{" + good + ", secrets: 0123456789abcdef, headers: {Authorization: Bearer x}}").empty());
    CHECK(wrong("{events: [login]}").find("url") != std::string::npos);
    CHECK(wrong("{url: 'http://a/'}").find("events") != std::string::npos);
    CHECK(wrong("{url: 'http://a/', events: []}").find("events") == 0);
    CHECK(wrong("{url: 'http://a/', events: [logout]}").find("events[0]") == 0);
    CHECK(wrong("{url: 'ftp://a/', events: [login]}").find("url: is not an HTTP URL") == 0);
    CHECK(wrong("{url: 'http://me:secret@a/', events: [login]}").find("url: has a user or password") == 0);
    CHECK(wrong("{" + good + ", timeout: 6m}").find("timeout") == 0);
    CHECK(wrong("{" + good + ", connections: 1}").find("connections") == 0);
    CHECK(wrong("{" + good + ", queue: 4097}").find("queue") == 0);
    CHECK(wrong("{" + good + ", login_window: 2m}").find("login_window") == 0);
    CHECK(wrong("{" + good + ", secrets: [short]}").find("secrets[0]: is shorter than 16 bytes") == 0);
    CHECK(wrong("{" + good + ", ca_file: /nowhere}").find("ca_file: cannot") == 0);
    for (const std::string name : {"Host", "Content-Type", "Connection", "Expect", "Transfer-Encoding", "a b",
                                   "x-ferrotunnel-signature", "User-Agent"}) {
        INFO(name);
        CHECK(wrong("{" + good + ", headers: {'" + name + "': x}}").find("is not a field that can be set") !=
              std::string::npos);
    }
    CHECK(wrong("{" + good + R"(, headers: {X-A: "a\nb"}})").find("has a value that is not valid in a field") !=
          std::string::npos);
}
