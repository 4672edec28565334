// Exchanges with plugins: what visitors and backends get, and what happens while a plugin has not decided.
#include <catch2/catch.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "ferrotunnel/plugin.hpp"
#include "plugin/instance.hpp"
#include "plugin/prepared.hpp"
#include "plugin/worker_plugins.hpp"
#include "unit/ingress/edge_rig.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::ingress;
using namespace ferrotunnel::ingress::test;
using namespace std::chrono_literals;
using plugin::Decision;
using plugin::Exchange;
using plugin::Later;
using plugin::Side;

namespace {

/// Does what the test says. The hooks run on the edge's worker.
class Acts final : public plugin::Plugin {
public:
    static constexpr plugin::Description description{.name = "acts", .version = "1", .guard = true};
    using Hook = std::function<Decision(Exchange&)>;
    static inline Hook request;
    static inline Hook response;
    static inline std::vector<plugin::Outcome> outcomes;  // used on the worker

    Decision on_request(Exchange& exchange) override { return request ? request(exchange) : Decision::go_on(); }
    Decision on_response(Exchange& exchange) override { return response ? response(exchange) : Decision::go_on(); }
    void on_close(Exchange&, const plugin::Outcome& outcome) override { outcomes.push_back(outcome); }
};

/// The handles of decisions that are owed.
class Owed {
public:
    Decision wait(Exchange& exchange) {
        return exchange.later([this](Later later) {
            const std::lock_guard lock(mutex_);
            all_.push_back(std::move(later));
        });
    }
    Later take() {
        eventually([this] {
            const std::lock_guard lock(mutex_);
            return !all_.empty();
        });
        const std::lock_guard lock(mutex_);
        Later later = std::move(all_.back());
        all_.pop_back();
        return later;
    }

private:
    std::mutex mutex_;
    std::vector<Later> all_;
};

/// An edge with one plugin, whose hooks the test has set before.
struct PluginsRig {
    explicit PluginsRig(Acts::Hook request, Acts::Hook response = {}, plugin::WaitSettings waits = {}) {
        Acts::request = std::move(request);
        Acts::response = std::move(response);
        Acts::outcomes.clear();
        auto prepared = plugin::prepare(&plugin::library<Acts>, {}, {}, {});
        REQUIRE(prepared);
        auto made = instances.make(*prepared, {"", true, false});
        REQUIRE(made);
        auto chain = std::make_shared<plugin::Chain>();
        chain->instances.push_back(*made);
        edge = std::make_unique<EdgeRig>(quick_settings(), false, [&](EdgeShared& shared) {
            shared.make_hooks = [this, chain, waits](std::shared_ptr<buffer::Mailbox> mailbox) {
                return std::make_unique<plugin::WorkerPlugins>(chain, waits, std::move(mailbox));
            };
        });
    }
    ~PluginsRig() { edge.reset(); }

    /// Waits until an exchange has ended, and says how.
    plugin::Outcome outcome() {
        plugin::Outcome last;
        eventually([&] {
            return on(edge->edge_worker(), [&] {
                last = Acts::outcomes.empty() ? plugin::Outcome{} : Acts::outcomes.back();
                return !Acts::outcomes.empty();
            });
        });
        return last;
    }

    RecordingLogger log;
    plugin::Instances instances{log};
    std::unique_ptr<EdgeRig> edge;
};

}  // namespace

TEST_CASE("plugins: fields and target of a request are what a plugin made of them", "[exchange][plugins]") {
    PluginsRig rig([](Exchange& exchange) {
        exchange.set(Side::request, "X-User", exchange.visitor());
        exchange.remove(Side::request, "Cookie");
        exchange.set_target("/v2", "?q");
        return Decision::go_on();
    });
    Peer visitor =
        rig.edge->visit("GET /a HTTP/1.1\r\nHost: app.test\r\nX-User: root\r\nx_user: root\r\nCookie: a\r\n\r\n");
    Peer backend = rig.edge->backend.accept();
    const Message request = backend.read_message();
    CHECK(request.start == "GET /v2?q HTTP/1.1");
    CHECK(request.fields.count("x-user") == 1);
    CHECK(request.field("x-user") == "127.0.0.1");
    CHECK_FALSE(request.has("x_user"));
    CHECK_FALSE(request.has("cookie"));
    CHECK(request.has("x-forwarded-for"));
    backend.send(answer("hello"));
    CHECK(visitor.read_message().body == "hello");
}

TEST_CASE("plugins: an answer of a plugin's own, and its connection continues", "[exchange][plugins]") {
    PluginsRig rig([](Exchange& exchange) {
        return exchange.path() == "/204"
                   ? Decision::respond({204, {}, {}})
                   : Decision::respond({200, {{"Set-Cookie", "a=1"}, {"Set-Cookie", "b=2"}}, "own"});
    });
    Peer visitor = rig.edge->visit(ask("app.test", "/"));
    const Message own = visitor.read_message();
    CHECK(own.status() == 200);
    CHECK(own.body == "own");
    CHECK(own.fields.count("set-cookie") == 2);
    CHECK(own.has("date"));
    CHECK(own.has("x-request-id"));
    visitor.send(ask("app.test", "/204"));
    CHECK(visitor.read_message().status() == 204);
    visitor.send("HEAD / HTTP/1.1\r\nHost: app.test\r\n\r\n");
    const Message head = visitor.read_message(true);
    CHECK(head.field("content-length") == "3");
    visitor.send(ask("app.test", "/"));  // nothing was left between the answers
    CHECK(visitor.read_message().body == "own");
    CHECK(rig.edge->carrier->opens == 0);
}

TEST_CASE("plugins: a refusal is the operator's page", "[exchange][plugins]") {
    PluginsRig rig([](Exchange&) { return Decision::reject(401, "no_token", {{"WWW-Authenticate", "Bearer"}}); });
    Peer visitor = rig.edge->visit(ask("app.test", "/"));
    const Message page = visitor.read_message();
    CHECK(page.status() == 401);
    CHECK(page.field("x-ferrotunnel-error") == "no_token");
    CHECK(page.field("www-authenticate") == "Bearer");
    CHECK(page.body.find("401") != std::string::npos);
}

TEST_CASE("plugins: a failed guard lets nobody through", "[exchange][plugins]") {
    PluginsRig rig([](Exchange&) -> Decision { throw std::runtime_error("broken"); });
    Peer visitor = rig.edge->visit(ask("app.test", "/"));
    const Message page = visitor.read_message();
    CHECK(page.status() == 503);
    CHECK(page.field("x-ferrotunnel-error") == "plugin_failed");
    CHECK(rig.edge->carrier->opens == 0);
}

TEST_CASE("plugins: heads of answers pass them, pages and redirects too", "[exchange][plugins]") {
    PluginsRig rig({}, [](Exchange& exchange) {
        exchange.set(Side::response, "X-From", std::to_string(static_cast<int>(exchange.origin())));
        exchange.remove(Side::response, "Server");
        return Decision::go_on();
    });
    Peer visitor = rig.edge->visit(ask("app.test", "/"));
    Peer backend = rig.edge->backend.accept();
    (void)backend.read_message();
    backend.send(answer("x", "Server: secret\r\n"));
    const Message first = visitor.read_message();
    CHECK(first.field("x-from") == "0");
    CHECK_FALSE(first.has("server"));
    visitor.send(ask("app.test", "/"));
    (void)backend.read_message();
    backend.send("nonsense\r\n\r\n");
    const Message page = visitor.read_message();
    CHECK(page.status() == 502);
    CHECK(page.field("x-from") == "2");
    Peer stranger = rig.edge->visit(ask("nobody.test", "/"));  // no service, no plugins
    CHECK_FALSE(stranger.read_message().has("x-from"));
}

TEST_CASE("plugins: a backend's answer is replaced, and its connection not used again", "[exchange][plugins]") {
    PluginsRig rig({}, [](Exchange& exchange) {
        return exchange.status() == 500 ? Decision::respond({200, {}, "all is well"}) : Decision::go_on();
    });
    Peer visitor = rig.edge->visit(ask("app.test", "/"));
    Peer backend = rig.edge->backend.accept();
    (void)backend.read_message();
    backend.send("HTTP/1.1 500 Oh\r\nContent-Length: 100\r\nX-Secret: 1\r\n\r\nstack trace");
    const Message message = visitor.read_message();
    CHECK(message.body == "all is well");
    CHECK_FALSE(message.has("x-secret"));
    CHECK(backend.read_to_end().empty());
    CHECK(rig.edge->pooled() == 0);
}

TEST_CASE("plugins: a request waits for a decision, with its body in the visitor's socket", "[exchange][plugins]") {
    Owed owed;
    PluginsRig rig([&](Exchange& exchange) { return owed.wait(exchange); });
    Peer visitor = rig.edge->visit("POST /p HTTP/1.1\r\nHost: app.test\r\nContent-Length: 5\r\n\r\nhel");
    Later later = owed.take();
    CHECK_FALSE(visitor.stirs(50));
    CHECK(rig.edge->carrier->opens == 0);
    std::move(later).resume([](Exchange& exchange) {
        expect(exchange.path() == "/p", "the path is there");
        exchange.set(Side::request, "X-User", "ann");
        return Decision::go_on();
    });
    Peer backend = rig.edge->backend.accept();
    visitor.send("lo");
    const Message request = backend.read_message();
    CHECK(request.start == "POST /p HTTP/1.1");
    CHECK(request.field("x-user") == "ann");
    CHECK(request.body == "hello");
    backend.send(answer("ok"));
    CHECK(visitor.read_message().body == "ok");
    visitor.send(ask("app.test", "/second"));  // the connection continues
    std::move(owed.take()).decide(Decision::reject(403, ""));
    CHECK(visitor.read_message().status() == 403);
}

TEST_CASE("plugins: an answer waits for a decision, while its backend is held back", "[exchange][plugins]") {
    Owed owed;
    PluginsRig rig({}, [&](Exchange& exchange) { return owed.wait(exchange); });
    Peer visitor = rig.edge->visit(ask("app.test", "/"));
    Peer backend = rig.edge->backend.accept();
    (void)backend.read_message();
    const std::string body(300'000, 'b');
    backend.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body.substr(0, 9));
    Later later = owed.take();
    CHECK_FALSE(visitor.stirs(50));
    std::move(later).resume([](Exchange& exchange) {
        exchange.set(Side::response, "X-Late", std::to_string(exchange.status()));
        return Decision::go_on();
    });
    backend.send(body.substr(9));
    const Message message = visitor.read_message();
    CHECK(message.field("x-late") == "200");
    CHECK(message.body == body);
    CHECK(rig.outcome().response_bytes == body.size());
}

TEST_CASE("plugins: a held answer stays what it is while others use the same trunk", "[exchange][plugins]") {
    Owed owed;
    PluginsRig rig(
        {}, [&](Exchange& exchange) { return exchange.path() == "/held" ? owed.wait(exchange) : Decision::go_on(); });
    Peer visitor = rig.edge->visit(ask("app.test", "/held"));
    Peer backend = rig.edge->backend.accept();
    (void)backend.read_message();
    backend.send(answer("mine", "X-Mine: 1\r\nX-Also: 2\r\n"));
    Later later = owed.take();
    for (int i = 0; i < 40; ++i) {  // fills the slab that the held head came in, and those behind it
        Peer other = rig.edge->visit(ask("app.test", "/other"));
        Peer another = rig.edge->backend.accept();
        (void)another.read_message();
        another.send(answer(std::string(4'000, 'o'), "X-Mine: other\r\nX-Forged: " + std::string(500, 'f') + "\r\n"));
        CHECK(other.read_message().body.size() == 4'000);
    }
    std::move(later).decide(Decision::go_on());
    const Message message = visitor.read_message();
    CHECK(message.field("x-mine") == "1");
    CHECK(message.field("x-also") == "2");
    CHECK_FALSE(message.has("x-forged"));
    CHECK(message.body == "mine");
}

TEST_CASE("plugins: a field that a plugin takes away or sets does not come as a trailer", "[exchange][plugins]") {
    PluginsRig rig(
        [](Exchange& exchange) {
            exchange.set(Side::request, "X-User", "ann");
            return Decision::go_on();
        },
        [](Exchange& exchange) {
            exchange.remove(Side::response, "X-Secret");
            return Decision::go_on();
        });
    Peer visitor = rig.edge->visit(
        "POST / HTTP/1.1\r\nHost: app.test\r\nTE: trailers\r\nConnection: TE\r\nTransfer-Encoding: chunked\r\n\r\n"
        "1\r\na\r\n0\r\nX-User: root\r\nX-Stays: 1\r\n\r\n");
    Peer backend = rig.edge->backend.accept();
    const Message request = backend.read_message();
    CHECK(request.trailers.find("root") == std::string::npos);
    CHECK(request.trailers.find("X-Stays") != std::string::npos);
    backend.send(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nb\r\n0\r\nX-Secret: s\r\nX-Told: t\r\n\r\n");
    const Message message = visitor.read_message();
    CHECK(message.trailers.find("X-Secret") == std::string::npos);
    CHECK(message.trailers.find("X-Told") != std::string::npos);
}

TEST_CASE("plugins: a failure behind the backend does not ask the visitor to try again", "[exchange][plugins]") {
    PluginsRig rig({}, [](Exchange&) -> Decision { throw std::runtime_error("broken"); });
    Peer visitor = rig.edge->visit(ask("app.test", "/"));
    Peer backend = rig.edge->backend.accept();
    (void)backend.read_message();
    backend.send(answer("x"));
    const Message page = visitor.read_message();
    CHECK(page.status() == 500);
    CHECK(page.field("x-ferrotunnel-error") == "plugin_failed");
}

TEST_CASE("plugins: a 304 says nothing of a length", "[exchange][plugins]") {
    PluginsRig rig([](Exchange&) { return Decision::respond({304, {{"ETag", "\"a\""}}, {}}); });
    Peer visitor = rig.edge->visit(ask("app.test", "/"));
    CHECK_FALSE(visitor.read_message().has("content-length"));
    visitor.send("HEAD / HTTP/1.1\r\nHost: app.test\r\n\r\n");
    CHECK_FALSE(visitor.read_message(true).has("content-length"));
}

TEST_CASE("plugins: a page waits for a decision too", "[exchange][plugins]") {
    Owed owed;
    PluginsRig rig([](Exchange&) { return Decision::reject(403, ""); });
    Peer visitor = rig.edge->visit(ask("app.test", "/"));
    CHECK(visitor.read_message().status() == 403);  // its own answer does not come by the plugin
    on(rig.edge->edge_worker(), [&] {
        Acts::request = {};
        Acts::response = [&](Exchange& exchange) { return owed.wait(exchange); };
    });
    rig.edge->carrier->refuse_next = 1;
    rig.edge->carrier->refuse_with = wire::Code::unknown_service;
    visitor.send(ask("app.test", "/"));
    std::move(owed.take()).resume([](Exchange& exchange) {
        expect(exchange.origin() == plugin::Origin::edge, "the page is the edge's");
        return Decision::respond({200, {}, "elsewhere"});
    });
    CHECK(visitor.read_message().body == "elsewhere");
}

TEST_CASE("plugins: who does not decide in time has failed", "[exchange][plugins]") {
    Owed owed;
    plugin::WaitSettings waits;
    waits.longest = 30ms;
    PluginsRig rig([&](Exchange& exchange) { return owed.wait(exchange); }, {}, waits);
    Peer visitor = rig.edge->visit(ask("app.test", "/"));
    CHECK(visitor.read_message().field("x-ferrotunnel-error") == "plugin_failed");
    std::move(owed.take()).decide(Decision::go_on());  // nobody waits any more
    visitor.send(ask("app.test", "/"));
    CHECK(visitor.read_message().status() == 503);
}

TEST_CASE("plugins: a held answer whose plugin does not decide is a page", "[exchange][plugins]") {
    Owed owed;
    plugin::WaitSettings waits;
    waits.longest = 30ms;
    PluginsRig rig(
        {}, [&](Exchange& exchange) { return owed.wait(exchange); }, waits);
    Peer visitor = rig.edge->visit(ask("app.test", "/"));
    Peer backend = rig.edge->backend.accept();
    (void)backend.read_message();
    backend.send(answer("x"));
    CHECK(visitor.read_message().field("x-ferrotunnel-error") == "plugin_failed");
    CHECK(backend.read_to_end().empty());
}

TEST_CASE("plugins: a visitor who leaves while a plugin decides is forgotten", "[exchange][plugins]") {
    Owed owed;
    PluginsRig rig([&](Exchange& exchange) { return owed.wait(exchange); });
    {
        Peer visitor = rig.edge->visit(ask("app.test", "/"));
        Later later = owed.take();
        visitor.reset();
        CHECK(rig.outcome().status == 0);
        std::move(later).resume([](Exchange&) -> Decision { throw std::logic_error("nobody is there"); });
    }
    Peer another = rig.edge->visit(ask("app.test", "/"));
    std::move(owed.take()).decide(Decision::respond({200, {}, "here"}));
    CHECK(another.read_message().body == "here");
}

TEST_CASE("plugins: the edge goes while plugins decide", "[exchange][plugins]") {
    Owed owed;
    auto rig = std::make_unique<PluginsRig>([&](Exchange& exchange) { return owed.wait(exchange); });
    Peer visitor = rig->edge->visit(ask("app.test", "/"));
    Later later = owed.take();
    rig.reset();
    std::move(later).resume([](Exchange&) -> Decision { throw std::logic_error("nobody is there"); });
}

TEST_CASE("plugins: a broken body ends a held answer's wait", "[exchange][plugins]") {
    Owed owed;
    PluginsRig rig({}, [&](Exchange& exchange) {
        return exchange.origin() == plugin::Origin::backend ? owed.wait(exchange) : Decision::go_on();
    });
    Peer visitor = rig.edge->visit("POST / HTTP/1.1\r\nHost: app.test\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n");
    Peer backend = rig.edge->backend.accept();
    (void)backend.read_until("a\r\n");
    backend.send(answer("early"));
    Later later = owed.take();
    visitor.send("nonsense\r\n");
    CHECK(visitor.read_message().status() == 400);
    std::move(later).decide(Decision::go_on());
}

TEST_CASE("plugins: how an exchange has ended is told with its counts", "[exchange][plugins]") {
    PluginsRig rig({});
    Peer visitor = rig.edge->visit("POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: 4\r\n\r\nfour");
    Peer backend = rig.edge->backend.accept();
    (void)backend.read_message();
    backend.send(answer("seven!!"));
    CHECK(visitor.read_message().body == "seven!!");
    const plugin::Outcome outcome = rig.outcome();
    CHECK(outcome.status == 200);
    CHECK(outcome.complete);
    CHECK(outcome.request_bytes == 4);
    CHECK(outcome.response_bytes == 7);
}

TEST_CASE("plugins: a change of protocols passes them as an answer, and nothing behind it", "[exchange][plugins]") {
    PluginsRig rig({}, [](Exchange& exchange) {
        expect(exchange.status() == 101, "the answer is a change of protocols");
        exchange.set(Side::response, "X-Seen", "1");
        return Decision::go_on();
    });
    Peer visitor =
        rig.edge->visit("GET / HTTP/1.1\r\nHost: app.test\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n");
    Peer backend = rig.edge->backend.accept();
    (void)backend.read_message();
    backend.send("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\nraw");
    const Message message = visitor.read_message();
    CHECK(message.status() == 101);
    CHECK(message.field("x-seen") == "1");
    CHECK(visitor.read_exactly(3) == "raw");
}
