// Services whose clients ask for plugins: made once for all trunks, kept over a reconnect, and refused with words.
#include <poll.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "ferrotunnel/plugin.hpp"
#include "plugin/client_plugins.hpp"
#include "plugin/session_plugins.hpp"
#include "support/recording_logger.hpp"
#include "unit/session/server_rig.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::session;
using namespace ferrotunnel::session::test;
using Catch::Contains;

namespace {

/// Lets in as many visitors as its settings say, ever.
class Quota final : public plugin::Plugin {
public:
    static constexpr plugin::Description description{
        .name = "quota",
        .version = "1",
        .schema = R"({"type": "object", "required": ["visitors"], "properties": {
            "visitors": {"type": "integer", "minimum": 0, "maximum": 100, "x-client": true},
            "file": {"type": "string", "format": "file"}}})",
        .guard = true};
    static inline std::atomic<int> made{0};

    explicit Quota(const plugin::Settings& settings) : left_(settings.integer("visitors").value()) { ++made; }
    plugin::Decision on_request(plugin::Exchange&) override { return plugin::Decision::go_on(); }
    plugin::Decision on_connect(plugin::Visitor&) override {
        return left_.fetch_sub(1) > 0 ? plugin::Decision::go_on() : plugin::Decision::refuse("no more");
    }

private:
    std::atomic<std::int64_t> left_;
};

/// A server whose clients may ask for `quota`, and whose operator has no plugins.
class AskedServer {
public:
    explicit AskedServer(std::size_t workers = 1, plugin::ClientPlugins::Bounds bounds = {})
        : clients_(log, bounds), rig(workers) {
        Quota::made = 0;
        clients_.open({{"quota", &plugin::library<Quota>}});
        plugins_->set_clients(&clients_);
        rig.shared->hooks = plugins_;
        rig.shared->log = &log;
        rig.shared->http_public = HttpPublic{"http", 8080};
    }
    ~AskedServer() {
        rig.stop();
        plugins_->set_clients(nullptr);
        clients_.close();
    }
    AskedServer(const AskedServer&) = delete;
    AskedServer& operator=(const AskedServer&) = delete;

    std::size_t instances() const { return clients_.instances(); }

    ferrotunnel::test::RecordingLogger log;

private:
    const std::shared_ptr<plugin::SessionPlugins> plugins_ = std::make_shared<plugin::SessionPlugins>();
    plugin::ClientPlugins clients_;

public:
    ServerRig rig;
};

wire::Service tcp_with(std::uint32_t id, std::string settings, std::uint16_t port = 0) {
    wire::Service service;
    service.id = id;
    service.name = "guarded";
    service.remote_port = port;
    service.plugins = {{"quota", std::move(settings)}};
    return service;
}

void ask(WireClient& client, const wire::Service& service) {
    client.register_services({&service, 1});
}

std::uint16_t obtain(WireClient& client, const wire::Service& service) {
    ask(client, service);
    return client.registered().port;
}

runtime::Fd visit_port(std::uint16_t port) {
    std::error_code error;
    runtime::Fd visitor = runtime::start_connect(loopback(port), error);
    REQUIRE(visitor);
    return visitor;
}

// Waits until the server has reset the visitor.
void is_turned_away(const runtime::Fd& visitor) {
    wait_for(visitor.get(), POLLIN);
    std::uint8_t byte = 0;
    const runtime::IoResult result = runtime::read_some(visitor.get(), {&byte, 1});
    CHECK((result.status == runtime::IoStatus::error || result.status == runtime::IoStatus::eof));
}

constexpr const char* two = R"({"visitors":"2"})";

}  // namespace

TEST_CASE("asked plugins: visitors pass them, and are rejected by them") {
    AskedServer server;
    WireClient client = server.rig.log_in();
    const std::uint16_t port = obtain(client, tcp_with(1, two));
    const runtime::Fd first = visit_port(port);
    CHECK(client.opened() == 1);
    const runtime::Fd second = visit_port(port);
    CHECK(client.opened() == 1);
    is_turned_away(visit_port(port));
    CHECK(server.rig.shared->counters->visitors_refused.load() == 1);
    CHECK(server.log.count("with the plugins that its client requests") == 1);
}

TEST_CASE("asked plugins: the trunks of a client have one set of them") {
    AskedServer server(2);
    WireClient first = server.rig.log_in({.trunk = 1, .trunks = 3});
    WireClient second = server.rig.log_in({.trunk = 2, .trunks = 3});
    ask(first, tcp_with(1, two));
    ask(second, tcp_with(1, two));
    const std::uint16_t port = first.registered().port;
    CHECK(second.registered().port == port);
    WireClient third = server.rig.log_in({.trunk = 3, .trunks = 3});
    CHECK(obtain(third, tcp_with(1, two, port)) == port);
    CHECK(Quota::made == 1);
    CHECK(server.instances() == 1);
    // Whichever trunks have them, two visitors come in, and one does not.
    const runtime::Fd visitors[] = {visit_port(port), visit_port(port), visit_port(port)};
    pollfd looks[] = {{visitors[0].get(), POLLIN, 0}, {visitors[1].get(), POLLIN, 0}, {visitors[2].get(), POLLIN, 0}};
    CHECK(::poll(looks, 3, 60'000) == 1);
    CHECK(server.rig.shared->counters->visitors_refused.load() == 1);
}

TEST_CASE("asked plugins: a client that comes back finds them as they were; another description is another chain") {
    AskedServer server;
    std::uint16_t port = 0;
    {
        WireClient client = server.rig.log_in({.epoch = 1});
        port = obtain(client, tcp_with(1, two));
        const runtime::Fd visitor = visit_port(port);
        CHECK(client.opened() == 1);
        client.close();
    }
    WireClient again = server.rig.log_in({.epoch = 2});
    CHECK(obtain(again, tcp_with(1, two, port)) == port);
    CHECK(Quota::made == 1);
    const runtime::Fd second = visit_port(port);
    CHECK(again.opened() == 1);
    is_turned_away(visit_port(port));

    again.unregister(1);
    obtain(again, tcp_with(1, R"({"visitors":"1"})"));
    CHECK(Quota::made == 2);
    CHECK(server.instances() == 2);  // the old one counts as long as it has a visitor
}

TEST_CASE("asked plugins: refusals have words, and nothing is served without what was asked for") {
    AskedServer server;
    WireClient client = server.rig.log_in();
    const auto refused = [&](const wire::Service& service) {
        ask(client, service);
        return client.refused();
    };
    wire::Service service = tcp_with(1, two);
    service.plugins[0].type = "forward-auth";
    wire::Refused refusal = refused(service);
    CHECK(refusal.code == wire::Code::forbidden);
    CHECK_THAT(refusal.text, Contains("forward-auth") && Contains("clients may request quota"));
    refusal = refused(tcp_with(1, R"({"visitors":"2","file":"/etc/passwd"})"));
    CHECK(refusal.code == wire::Code::protocol);
    CHECK_THAT(refusal.text, Contains("quota: file cannot be set by clients"));
    CHECK_THAT(refused(tcp_with(1, "")).text, Contains("`visitors` is missing"));
    service = tcp_with(1, two);
    service.kind = wire::ServiceKind::private_tcp;
    CHECK(refused(service).code == wire::Code::unsupported);
    service.kind = wire::ServiceKind::udp;
    CHECK(refused(service).code == wire::Code::unsupported);
    CHECK(Quota::made == 0);
    CHECK(server.instances() == 0);
    CHECK(obtain(client, tcp_with(1, two)) != 0);  // the id is free
}

TEST_CASE("asked plugins: a server without plugins refuses the service") {
    ServerRig rig;
    WireClient client = rig.log_in();
    ask(client, tcp_with(1, two));
    const wire::Refused refusal = client.refused();
    CHECK(refusal.code == wire::Code::forbidden);
    CHECK_THAT(refusal.text, Contains("request plugins"));
}

TEST_CASE("limit: plugins of a token's clients: the next service is refused as one that may be tried again") {
    plugin::ClientPlugins::Bounds bounds;
    bounds.instances = {2, 10};
    AskedServer server(1, bounds);
    WireClient client = server.rig.log_in();
    obtain(client, tcp_with(1, two));
    obtain(client, tcp_with(2, two));
    ask(client, tcp_with(3, two));
    CHECK(client.refused().code == wire::Code::busy);
    client.unregister(2);
    obtain(client, tcp_with(4, two));
}

TEST_CASE("asked plugins: a service that is unregistered while they are made is not there") {
    AskedServer server;
    WireClient client = server.rig.log_in();
    const wire::Service service = tcp_with(1, two);
    client.send_together([&] {
        client.register_services({&service, 1});
        client.unregister(1);
        client.register_services({&service, 1});
    });
    CHECK(client.registered().id == 1);
    CHECK(server.instances() == 1);
    ask(client, service);
    CHECK(client.refused().code == wire::Code::protocol);  // the id is in use
}

TEST_CASE("asked plugins: an HTTP service has them with its routes, the same ones on all trunks") {
    AskedServer server(2);
    WireClient first = server.rig.log_in({.trunk = 1, .trunks = 2});
    WireClient second = server.rig.log_in({.trunk = 2, .trunks = 2});
    wire::Service service = tcp_with(1, two);
    service.kind = wire::ServiceKind::http;
    service.http.hosts = {"app.test"};
    for (WireClient* client : {&first, &second}) {
        ask(*client, service);
        CHECK(client->registered().address == "http://app.test:8080");
    }
    CHECK(Quota::made == 1);
    const auto routes = server.rig.shared->http->routes();
    const directory::HttpMatch match = routes->find("app.test", "/", Clock::now());
    REQUIRE(match.kind == directory::HttpMatch::Kind::service);
    REQUIRE(match.service->description().asked.has_plugins());
    REQUIRE(match.service->description().asked.get());
    CHECK(match.service->description().asked.get()->names() == "quota");
    // Routes that are kept for longer than the service do not keep its plugins.
    first.unregister(1);
    second.unregister(1);
    obtain(first, tcp_with(2, two));
    obtain(second, tcp_with(3, two));
    CHECK_FALSE(match.service->description().asked.get());
    CHECK(server.instances() == 2);
}

TEST_CASE("limit: what the plugins and rules of a client's services take together") {
    AskedServer server;
    WireClient client = server.rig.log_in();
    const std::string settings = R"({"visitors":"2"})" + std::string(limits::http_rules_bytes_max - 60, ' ');
    const std::size_t each = wire::bytes_of(tcp_with(1, settings).plugins);
    const std::size_t fit = limits::http_rules_bytes_per_session_max / each;
    for (std::size_t id = 1; id <= fit; ++id) {
        obtain(client, tcp_with(static_cast<std::uint32_t>(id), settings));
    }
    ask(client, tcp_with(static_cast<std::uint32_t>(fit + 1), settings));
    CHECK(client.refused().code == wire::Code::limit);
}
