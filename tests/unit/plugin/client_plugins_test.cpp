// The plugins that clients ask for: which are made, within which quotas, and how they stand behind the operator's.
#include "plugin/client_plugins.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>

#include "unit/plugin/session_rig.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::plugin;
using Why = hooks::PluginRequestRefusal::Why;
using Catch::Contains;
using hooks::Step;

namespace {

using MadePlugins = Result<hooks::SharedRequestedPlugins, hooks::PluginRequestRefusal>;

/// Notes who has been here, and refuses where it is told to.
class Gate final : public Plugin {
public:
    static constexpr Description description{.name = "gate",
                                             .version = "1",
                                             .schema = R"({"type": "object", "properties": {
            "word": {"type": "string", "default": "go", "x-client": true},
            "path": {"type": "string", "format": "file"}}})",
                                             .guard = true};
    explicit Gate(const Settings& settings) : word_(settings.text("word").value()) {}
    static void check(const Settings& settings) {
        if (settings.text("word") == "bad") {
            settings.problem("word", "is bad");
        }
    }
    Decision on_request(Exchange& exchange) override {
        exchange.add(Side::request, "X-Way", word_ + std::string(exchange.note("way")));
        exchange.set_note("way", word_);
        return word_ == "stop" ? Decision::reject(403, "stopped") : Decision::go_on();
    }
    Decision on_response(Exchange& exchange) override {
        exchange.add(Side::response, "X-Back", word_ + std::string(exchange.note("way")));
        return Decision::go_on();
    }
    Decision on_connect(Visitor& visit) override {
        visit.set_note("way", word_);
        return word_ == "stop" ? Decision::refuse("stopped") : Decision::go_on();
    }

private:
    std::string word_;
};

/// Has requests alone.
class Reader final : public Plugin {
public:
    static constexpr Description description{
        .name = "reader", .version = "1", .schema = R"({"type": "object", "properties": {
            "x": {"type": "string", "x-client": true}}})"};
    Decision on_request(Exchange&) override { return Decision::go_on(); }
};

/// Says who visitors are.
class Namer final : public Plugin {
public:
    static constexpr Description description{
        .name = "namer", .version = "1", .schema = R"({"type": "object", "properties": {
            "x": {"type": "string", "x-client": true}}})"};
    explicit Namer(const Settings& settings) { settings.declare_identity("X-User"); }
    Decision on_request(Exchange&) override { return Decision::go_on(); }
};

/// Has nothing for clients.
class Private final : public Plugin {
public:
    static constexpr Description description{.name = "private", .version = "1"};
    Decision on_request(Exchange&) override { return Decision::go_on(); }
};

constexpr hooks::PluginTarget requests = hooks::PluginTarget::requests;
constexpr hooks::PluginTarget connections = hooks::PluginTarget::connections;

struct ClientRig : ferrotunnel::test::SessionRig {
    explicit ClientRig(ClientPlugins::Bounds bounds = {}) : clients(chain.log, bounds) {
        clients.open({{"gate", &library<Gate>},
                      {"reader", &library<Reader>},
                      {"namer", &library<Namer>},
                      {"private", &library<Private>},
                      {"absent", nullptr}});
    }

    MadePlugins make(std::vector<hooks::RequestedPlugin> wanted, hooks::PluginTarget visitors = requests,
                     std::uint8_t token = 1) {
        hooks::PluginRequest asking;
        asking.token = {token};
        asking.visitors = visitors;
        asking.plugins = std::move(wanted);
        std::mutex mutex;
        std::condition_variable changed;
        std::optional<MadePlugins> made;
        hooks::PluginRequestCallback tell = [&](MadePlugins result) {
            const std::lock_guard lock(mutex);
            made.emplace(std::move(result));
            changed.notify_all();
        };
        REQUIRE(clients.take(asking, tell));
        std::unique_lock lock(mutex);
        REQUIRE(changed.wait_for(lock, std::chrono::seconds(60), [&] { return made.has_value(); }));
        return std::move(*made);
    }
    hooks::SharedRequestedPlugins obtain(std::vector<hooks::RequestedPlugin> wanted,
                                         hooks::PluginTarget visitors = requests, std::uint8_t token = 1) {
        MadePlugins made = make(std::move(wanted), visitors, token);
        if (!made) {
            FAIL(made.error().text);
        }
        return std::move(*made);
    }
    hooks::PluginRequestRefusal refusal(std::vector<hooks::RequestedPlugin> wanted,
                                        hooks::PluginTarget visitors = requests) {
        MadePlugins made = make(std::move(wanted), visitors);
        REQUIRE_FALSE(made);
        return made.error();
    }
    /// Begins a request of a service that has these plugins.
    void request_of(hooks::RequestedPlugins& asked) {
        const ferrotunnel::test::ParsedRequest parsed("GET / HTTP/1.1\r\nHost: app.test\r\n\r\n");
        chain.run = asked.begin(parsed.head(), chain.info, chain, chain.mailbox);
    }

    ClientPlugins clients;
};

}  // namespace

TEST_CASE("clients' plugins: what the operator does not allow is refused with what there is", "[clients]") {
    ClientRig rig;
    const auto refusal = rig.refusal({{"forward-auth", ""}});
    CHECK(refusal.why == Why::not_allowed);
    CHECK_THAT(refusal.text, Contains("forward-auth") && Contains("gate, reader"));
    CHECK_THAT(rig.refusal({{"absent", ""}}).text, Contains("absent is not installed on the server"));
    CHECK_THAT(rig.refusal({{"private", ""}}).text, Contains("has no settings that clients may set"));
    CHECK(rig.clients.instances() == 0);

    ClientPlugins none(rig.chain.log);
    hooks::PluginRequest wanted;
    hooks::PluginRequestCallback made = [](MadePlugins) {};
    CHECK_FALSE(none.take(wanted, made));  // it was not opened
}

TEST_CASE("clients' plugins: what is wrong with settings is told with type and key", "[clients]") {
    ClientRig rig;
    CHECK_THAT(rig.refusal({{"gate", R"({"path":"/etc/passwd"})"}}).text,
               Contains("gate") && Contains("path") && Contains("cannot be set by clients"));
    CHECK_THAT(rig.refusal({{"gate", R"({"wrod":"x"})"}}).text, Contains("wrod"));
    CHECK_THAT(rig.refusal({{"gate", R"({"word":"bad"})"}}).text, Contains("gate: word is bad"));
    CHECK(rig.refusal({{"gate", "{]"}}).why == Why::wrong);
    CHECK(rig.refusal({{"gate", "- a"}}).why == Why::wrong);
    CHECK_THAT(rig.refusal({{"namer", ""}}).text, Contains("identifies visitors"));
    // What has no hook for the service's visitors would guard nobody.
    CHECK_THAT(rig.refusal({{"reader", ""}}, connections).text, Contains("is only for HTTP services"));
    CHECK(rig.clients.instances() == 0);
}

TEST_CASE("clients' plugins: requests pass the operator's first, answers last, in one chain", "[clients]") {
    ClientRig rig;
    rig.chain.add<Gate>({}, "{word: operator}");
    rig.clients.set_operators(std::make_shared<Chain>(rig.chain.chain));
    const auto asked = rig.obtain({{"gate", R"({"word":"first"})"}, {"gate", R"({"word":"second"})"}});
    CHECK(asked->names() == "gate, gate");
    rig.request_of(*asked);
    CHECK(rig.chain.ask() == Step::go_on);
    const std::string sent = rig.chain.sent();
    CHECK_THAT(sent, Contains("X-Way: operator\r\nX-Way: firstoperator\r\nX-Way: secondfirst"));
    CHECK(rig.chain.answer() == Step::go_on);
    // The notes of a client's plugins are not the operator's word: its own plugin still finds its own.
    CHECK_THAT(rig.chain.shown(), Contains("X-Back: secondsecond\r\nX-Back: firstsecond\r\nX-Back: operatoroperator"));
    rig.chain.end();
}

TEST_CASE("clients' plugins: a change of the operator's chain holds for what begins from then on", "[clients]") {
    ClientRig rig;
    const auto asked = rig.obtain({{"gate", ""}});
    rig.request_of(*asked);
    CHECK(rig.chain.ask() == Step::go_on);
    rig.chain.end();
    rig.chain.add<Gate>({}, "{word: stop}");
    rig.clients.set_operators(std::make_shared<Chain>(rig.chain.chain));
    rig.request_of(*asked);
    CHECK(rig.chain.ask() == Step::answer);
    rig.chain.end();
    rig.clients.set_operators(nullptr);
    rig.request_of(*asked);
    CHECK(rig.chain.ask() == Step::go_on);
    rig.chain.end();
}

TEST_CASE("clients' plugins: visitors of connections pass them", "[clients]") {
    ClientRig rig;
    rig.plugins.set_clients(&rig.clients);
    for (const bool stops : {false, true}) {
        hooks::Subject subject;
        subject.client = rig.client;
        subject.service = rig.service;
        subject.address = "192.0.2.7";
        subject.asked = rig.obtain({{"gate", stops ? R"({"word":"stop"})" : ""}}, connections);
        rig.run = rig.plugins.begin(hooks::SessionPhase::connect, std::move(subject), rig, rig.chain.mailbox);
        REQUIRE(rig.run);
        CHECK(rig.ask() == (stops ? Step::answer : Step::go_on));
        if (stops) {
            const hooks::SessionRefusal refusal = rig.run->take_refusal();
            CHECK(refusal.words == "stopped");
            CHECK(refusal.plugin == "client:gate");
        }
        rig.close();
    }
}

TEST_CASE("limit: plugins of a token, and of all, which are counted until their services are gone", "[clients]") {
    ClientPlugins::Bounds bounds;
    bounds.instances = {4, 6};
    ClientRig rig(bounds);
    auto first = rig.obtain({{"gate", ""}, {"gate", ""}, {"gate", ""}});
    CHECK(rig.refusal({{"gate", ""}, {"gate", ""}}).why == Why::busy);
    const auto second = rig.obtain({{"gate", ""}});
    const auto third = rig.obtain({{"gate", ""}, {"gate", ""}}, requests, 2);
    const MadePlugins fourth = rig.make({{"gate", ""}}, requests, 3);
    REQUIRE_FALSE(fourth);
    CHECK(fourth.error().why == Why::busy);
    CHECK(rig.clients.instances() == 6);
    first.reset();
    CHECK(rig.clients.instances() == 3);
    rig.plugins.set_clients(&rig.clients);
    hooks::Subject subject;
    subject.client = rig.client;
    subject.service = rig.service;
    subject.address = "192.0.2.7";
    subject.asked = rig.obtain({{"gate", ""}}, connections);
    rig.run = rig.plugins.begin(hooks::SessionPhase::connect, std::move(subject), rig, rig.chain.mailbox);
    REQUIRE(rig.run);
    CHECK(rig.ask() == Step::go_on);
    CHECK(rig.clients.instances() == 4);  // the service has gone, and a visit of it has not
    rig.close();
    rig.run.reset();
    CHECK(rig.clients.instances() == 3);
    CHECK(rig.obtain({{"gate", ""}, {"gate", ""}})->names() == "gate, gate");
    CHECK_THAT(rig.refusal(std::vector<hooks::RequestedPlugin>(9, {"gate", ""})).text, Contains("up to 8"));
}

TEST_CASE("limit: services whose plugins wait to be made", "[clients]") {
    ClientPlugins::Bounds bounds;
    bounds.queue = 2;
    ClientRig rig(bounds);
    std::mutex gate;
    std::unique_lock held(gate);
    std::condition_variable changed;
    std::size_t entered = 0;
    std::mutex mutex;
    const auto take = [&](std::uint8_t token) {
        hooks::PluginRequest wanted;
        wanted.token = {token};
        wanted.plugins = {{"gate", ""}};
        hooks::PluginRequestCallback made = [&](MadePlugins) {
            {
                const std::lock_guard lock(mutex);
                ++entered;
                changed.notify_all();
            }
            const std::lock_guard waits(gate);  // the thread is busy until the test lets it go
        };
        return rig.clients.take(wanted, made);
    };
    REQUIRE(take(1));
    {
        std::unique_lock lock(mutex);
        REQUIRE(changed.wait_for(lock, std::chrono::seconds(60), [&] { return entered == 1; }));
    }
    CHECK(take(1));
    CHECK_FALSE(take(1));  // a token has half of the places
    CHECK(take(2));
    CHECK_FALSE(take(3));
    held.unlock();
    std::unique_lock lock(mutex);
    CHECK(changed.wait_for(lock, std::chrono::seconds(60), [&] { return entered == 3; }));
    lock.unlock();
    rig.clients.close();  // its thread may still hold the gate
}

TEST_CASE("clients' plugins: when the server ends, nobody gets past the plugins that are gone", "[clients]") {
    ClientRig rig;
    const auto asked = rig.obtain({{"gate", ""}});
    rig.clients.close();
    CHECK_THROWS(rig.request_of(*asked));
    rig.clients.open({{"gate", &library<Gate>}});
    CHECK(rig.obtain({{"gate", ""}})->names() == "gate");
}
