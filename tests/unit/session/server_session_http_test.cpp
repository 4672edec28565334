// HTTP services as a client registers them and the edge uses them, on sessions whose client is a bare socket.
#include <catch2/catch.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "session/server_session.hpp"
#include "unit/directory/plain_port.hpp"
#include "unit/runtime/loop.hpp"
#include "unit/session/wire_client.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::directory;
using namespace ferrotunnel::login;
using namespace ferrotunnel::session;
using namespace ferrotunnel::directory::test;
using namespace ferrotunnel::session::test;
using runtime::test::on;
using runtime::test::Signal;
using Kind = HttpMatch::Kind;

namespace {

class Rig {
public:
    explicit Rig(bool http = true, std::string domain = {}) {
        shared->registry = std::make_shared<Registry>();
        auto accepted = std::make_shared<std::vector<AcceptedToken>>(2, AcceptedToken{"one", tokens[0], {}});
        accepted->back().name = "two";
        accepted->back().token = tokens[1];
        shared->tokens = std::move(accepted);
        shared->mux.role = mux::Role::server;
        shared->tcp_bind = *runtime::SocketAddress::from_ip("127.0.0.1", 0);
        shared->public_host = "tunnel.example.com";
        shared->open_port = PlainPort::open;
        shared->log = &null_logger();
        shared->random = &runtime::system_random();
        shared->domain = std::move(domain);
        if (http) {
            shared->http_public = HttpPublic{"http", 8080};
        }
        worker.start();
    }
    ~Rig() { stop(); }

    void stop() {
        if (stopped_) {
            return;
        }
        stopped_ = true;
        worker.stop();
        worker.join();
        for (auto& session : sessions) {
            session->abandon();
        }
        shared->ports->end();
    }

    WireClient connect(std::uint8_t instance, std::size_t token = 0, std::uint32_t trunk = 1, std::uint32_t trunks = 1,
                       std::uint64_t epoch = 1) {
        auto [near, far] = transport::test::tcp_pair();
        on(worker, [&, socket = std::make_shared<runtime::Fd>(std::move(near))] {
            auto from = runtime::peer_address(socket->get());
            auto session = std::make_shared<ServerSession>(worker, from, shared, ServerSession::Callbacks{});
            sessions.push_back(session);
            session->start(std::move(*socket));
        });
        WireClient client(std::move(far), tokens[token], {instance}, epoch, trunk, trunks);
        REQUIRE(client.log_in());
        return client;
    }

    HttpMatch find(std::string_view host, std::string_view path = "/") {
        routes = shared->http->routes();
        return routes->find(host, path, Clock::now());
    }
    void wait_until_away(std::string_view host) {
        while (find(host).kind == Kind::service) {
            on(worker, [] {});
        }
    }

    std::vector<Token> tokens{parse_token(make_token(runtime::system_random())).value(),
                              parse_token(make_token(runtime::system_random())).value()};
    std::shared_ptr<ServerShared> shared = std::make_shared<ServerShared>();
    std::vector<std::shared_ptr<ServerSession>> sessions;
    std::shared_ptr<const HttpRoutes> routes;
    runtime::Worker worker;

private:
    bool stopped_ = false;
};

wire::RegisteredService registered(WireClient& client) {
    auto answer = client.full_answer();
    if (const auto* refused = std::get_if<wire::Refused>(&answer)) {
        FAIL(refused->text);
    }
    return std::get<wire::RegisteredService>(answer);
}

wire::Refused refused(WireClient& client) {
    auto answer = client.full_answer();
    REQUIRE(std::holds_alternative<wire::Refused>(answer));
    return std::get<wire::Refused>(answer);
}

// Answers the server's question whether the client lives: any frame is an answer.
void be_alive(WireClient& client) {
    client.answer_pings = false;
    auto frame = client.receive();
    REQUIRE(frame);
    REQUIRE(frame->header.type == wire::FrameType::ping);
    client.send_control(wire::encode_control(wire::Unregister{{77}}));
    client.answer_pings = true;
}

class Endpoint final : public buffer::Waker {
public:
    void wake() noexcept override {}
};

}  // namespace

TEST_CASE("a server without an HTTP port says how to get one") {
    Rig rig(false);
    WireClient client = rig.connect(1);
    client.register_http(1, {"app.example.com"});
    const wire::Refused refusal = refused(client);
    CHECK(refusal.code == wire::Code::unsupported);
    CHECK_THAT(refusal.text, Catch::Contains("--http-bind 0.0.0.0:8080"));
    client.register_port(1, 0);
    CHECK(std::holds_alternative<std::uint16_t>(client.answer()));  // the id is free for another service
}

TEST_CASE("an HTTP service is answered with its URL, and the routes have it") {
    Rig rig;
    WireClient client = rig.connect(1);
    client.register_http(3, {"App.Example.COM.", "*.example.org", "app.example.com"}, "/api");
    const wire::RegisteredService answer = registered(client);
    CHECK(answer.id == 3);
    CHECK(answer.port == 8080);
    CHECK(answer.address == "http://app.example.com:8080/api");
    CHECK(answer.host.empty());
    const HttpMatch match = rig.find("app.example.com", "/api/users");
    REQUIRE(match.kind == Kind::service);
    CHECK(match.service->description().hosts == std::vector<std::string>{"app.example.com", "*.example.org"});
    CHECK(match.service->description().token_name == "one");
    CHECK(rig.find("a.example.org", "/api").service == match.service);

    client.register_http(4, {"*"});
    CHECK(registered(client).address == "http://tunnel.example.com:8080");
    rig.shared->http_public->port = 80;
    client.register_http(5, {"b.example.com"}, "= /status");
    CHECK(registered(client).address == "http://b.example.com/status");
    auto views = rig.sessions[0]->view().services;
    REQUIRE(views.size() == 3);
    CHECK(views[0].endpoint == "http://app.example.com:8080/api");
    CHECK(views[0].port == 0);
}

TEST_CASE("a service is shown by TLS where there is a certificate for its host") {
    Rig rig;
    rig.shared->https_public = HttpPublic{"https", 8443};
    rig.shared->has_certificate = [](std::string_view host) {
        return host == "app.example.com" || host == "*.example.org";
    };
    WireClient client = rig.connect(1);
    client.register_http(1, {"app.example.com", "other.example.com"}, "/api");
    const wire::RegisteredService answer = registered(client);
    CHECK(answer.port == 8443);
    CHECK(answer.address == "https://app.example.com:8443/api");
    client.register_http(2, {"other.example.com"});
    CHECK(registered(client).address == "http://other.example.com:8080");
    rig.shared->https_public->port = 443;
    client.register_http(3, {"*.example.org"});
    CHECK(registered(client).address == "https://*.example.org");
    rig.shared->http_public.reset();
    client.register_http(4, {"last.example.com"});
    CHECK(registered(client).address == "https://last.example.com");
}

TEST_CASE("what is no host or path is refused in words") {
    Rig rig;
    WireClient client = rig.connect(1);
    client.register_http(1, {"app.example.com:8080"});
    wire::Refused refusal = refused(client);
    CHECK(refusal.code == wire::Code::protocol);
    CHECK_THAT(refusal.text, Catch::StartsWith("The host \"app.example.com:8080\" has a port"));
    client.register_http(1, {"a.example", "a..b"});
    CHECK_THAT(refused(client).text, Catch::StartsWith("The host \"a..b\" "));
    client.register_http(1, {"a.example"}, "api");
    CHECK_THAT(refused(client).text, Catch::StartsWith("The path \"api\" "));
    client.register_http(1, {"a.example"}, "/api");
    CHECK(registered(client).id == 1);
}

TEST_CASE("rules and limits of a service reach the routes, and others after it was registered anew") {
    Rig rig;
    WireClient client = rig.connect(1);
    wire::HttpPart http{{"a.example"}, "/api"};
    http.rules.prefix = "/v2";
    http.rules.host = "127.0.0.1:3000";
    http.rules.request_headers = {{wire::HttpFieldRule::Action::set, "X-A", "1"},
                                  {wire::HttpFieldRule::Action::remove, "X-B", ""}};
    http.limits.first_byte_ms = 600'000;
    http.limits.body_max = 5;
    client.register_part(1, http);
    CHECK(registered(client).id == 1);
    directory::HttpDescription description = rig.find("a.example", "/api").service->description();
    CHECK(description.rules == rules_of(http.rules));
    CHECK(description.rules.prefix == http::PrefixRewrite{"/v2"});
    CHECK(description.rules.host == "127.0.0.1:3000");
    CHECK(description.rules.request_headers.size() == 2);
    CHECK(description.limits.first_byte == std::chrono::minutes(10));
    CHECK(description.limits.body_bytes_max == 5U);
    CHECK_FALSE(description.limits.backend_connect);

    client.send_control(wire::encode_control(wire::Unregister{{1}}));
    http.rules = {};
    http.rules.redirect = {"https://b.example", 308};
    client.register_part(2, http);
    CHECK(registered(client).id == 2);
    description = rig.find("a.example", "/api").service->description();
    CHECK_FALSE(description.rules.prefix);
    CHECK(description.rules.redirect == http::Redirect{308, "https://b.example"});
}

TEST_CASE("rules that can not be applied, or are not allowed, are refused in words") {
    Rig rig;
    rig.shared->http_bounds.first_byte = std::chrono::minutes(1);
    WireClient client = rig.connect(1);
    wire::HttpPart http{{"a.example"}, "= /x"};
    http.rules.prefix = "";
    client.register_part(1, http);
    wire::Refused refusal = refused(client);
    CHECK(refusal.code == wire::Code::protocol);
    CHECK(refusal.text == "The service's rule `prefix` has no prefix to replace: the rule is for `= /x`.");
    http.rules = {};
    http.rules.request_headers = {{wire::HttpFieldRule::Action::set, "Host", "evil"}};
    client.register_part(1, http);
    CHECK_THAT(refused(client).text, Catch::StartsWith("The service's rule `request_headers[0].name` decides where"));
    http.rules = {};
    http.limits.first_byte_ms = 60'001;
    client.register_part(1, http);
    refusal = refused(client);
    CHECK(refusal.code == wire::Code::limit);
    CHECK(refusal.text == "The service's limit `first_byte_timeout` is above what this server allows, which is 60 s.");
    http.limits.first_byte_ms = 60'000;
    http.limits.upgraded_idle_ms = 24 * 3'600'000 + 1;
    client.register_part(1, http);
    CHECK_THAT(refused(client).text, Catch::Contains("`upgraded_idle_timeout` is above"));
    http.limits.upgraded_idle_ms = 24 * 3'600'000;
    client.register_part(1, http);
    CHECK(registered(client).id == 1);
}

TEST_CASE("a rule that the server does not know is not left out: the service is refused") {
    Rig rig;
    WireClient client = rig.connect(1);
    wire::cbor::Writer message;
    message.map(3).text("t").text("register").text("request").unsigned_integer(1).text("services").array(1).map(4);
    message.text("id").unsigned_integer(1).text("kind").unsigned_integer(2).text("remote_port").unsigned_integer(0);
    message.text("http").map(2).text("hosts").array(1).text("a.example").text("rules").map(1);
    message.text("basic_auth").text("alice:secret");
    client.send_control(message.take());
    const wire::Refused refusal = refused(client);
    CHECK(refusal.code == wire::Code::unsupported);
    CHECK_THAT(refusal.text, Catch::StartsWith("This server does not know the rule `basic_auth`"));
    CHECK(rig.find("a.example").kind == Kind::unknown_host);
}

TEST_CASE("the rules of one client's services have a bound in all, which is reached and passed by one") {
    Rig rig;
    WireClient client = rig.connect(1);
    wire::HttpPart http{{"a.example"}, ""};
    const auto rule_of = [](std::size_t bytes) {
        return wire::HttpFieldRule{wire::HttpFieldRule::Action::set, "X",
                                   std::string(bytes - limits::http_header_rule_bytes - 1, 'v')};
    };
    http.rules.request_headers = {rule_of(4'096)};
    http.rules.response_headers = {rule_of(4'096)};
    REQUIRE(http.rules.bytes() == limits::http_rules_bytes_max);
    const std::uint32_t most = limits::http_rules_bytes_per_session_max / limits::http_rules_bytes_max;
    for (std::uint32_t id = 1; id <= most; ++id) {
        http.hosts = {"h" + std::to_string(id) + ".example"};
        client.register_part(id, http);
        REQUIRE(registered(client).id == id);
    }
    http.hosts = {"more.example"};
    http.rules = {};
    client.register_part(most + 1, http);
    CHECK(registered(client).id == most + 1);  // a service without rules still fits
    http.rules.map_back = false;
    http.hosts = {"much.example"};
    client.register_part(most + 2, http);
    const wire::Refused refusal = refused(client);
    CHECK(refusal.code == wire::Code::limit);
    CHECK_THAT(refusal.text, Catch::Contains("262144 bytes in all"));
}

TEST_CASE("what a client's hosts take with their paths has a bound, which is reached and passed by one") {
    Rig rig;
    WireClient client = rig.connect(1);
    wire::HttpPart http;
    http.path = "/" + std::string(limits::http_path_text_max - 1, 'p');
    const auto host_of = [](std::size_t i, std::size_t bytes) {  // in labels of at most 60
        std::string host = "h" + std::to_string(1'000 + i);
        while (host.size() < bytes) {
            host += '.' + std::string(std::min<std::size_t>(60, bytes - host.size() - 1), 'x');
        }
        return host;
    };
    constexpr std::size_t host_bytes = 245;
    constexpr std::size_t most = limits::http_names_bytes_per_session_max;
    constexpr std::size_t each = host_bytes + limits::http_path_text_max;
    std::uint32_t id = 0;
    std::size_t bytes = 0;
    for (; most - bytes >= limits::http_hosts_per_service_max * each; bytes += http.hosts.size() * each) {
        http.hosts.clear();
        for (std::size_t i = 0; i < limits::http_hosts_per_service_max; ++i) {
            http.hosts.push_back(host_of(id * limits::http_hosts_per_service_max + i, host_bytes));
        }
        client.register_part(++id, http);
        REQUIRE(registered(client).id == id);
    }
    for (http.hosts = {host_of(9'000, host_bytes)}; most - bytes >= each; bytes += each) {
        http.hosts = {host_of(9'001 + id, host_bytes)};
        client.register_part(++id, http);
        REQUIRE(registered(client).id == id);
    }
    http.hosts = {host_of(9'001 + id, 200)};
    http.path = "/" + std::string(most - bytes - 200, 'q');  // one byte too much
    client.register_part(++id, http);
    const wire::Refused refusal = refused(client);
    CHECK(refusal.code == wire::Code::limit);
    CHECK_THAT(refusal.text, Catch::Contains(std::to_string(most) + " bytes in all"));
    http.path.pop_back();
    client.register_part(++id, http);
    CHECK(registered(client).id == id);
}

TEST_CASE("without a host the server assigns a name below its domain, or says that it does not") {
    SECTION("no domain") {
        Rig rig;
        WireClient client = rig.connect(1);
        client.register_http(1, {});
        const wire::Refused refusal = refused(client);
        CHECK(refusal.code == wire::Code::unsupported);
        CHECK_THAT(refusal.text, Catch::Contains("needs a host") && Catch::Contains("--domain"));
    }
    SECTION("a domain") {
        Rig rig(true, "t.example.com");
        WireClient client = rig.connect(1);
        client.register_http(1, {}, "", "web");
        const wire::RegisteredService first = registered(client);
        CHECK(first.host.ends_with(".t.example.com"));
        CHECK(first.address == "http://" + first.host + ":8080");
        client.register_http(2, {}, "", "api");
        CHECK(registered(client).host != first.host);

        // Another client with the same token has a service of that name: it gets a host of its own.
        WireClient other = rig.connect(2);
        std::optional<wire::RegisteredService> second;
        other.register_http(1, {}, "", "web");
        be_alive(client);
        second = registered(other);
        CHECK(second->host != first.host);
        CHECK(second->host.ends_with(".t.example.com"));

        // The client that comes back, as another process, gets the host that it had.
        other.close();
        rig.wait_until_away(second->host);
        WireClient again = rig.connect(3);
        again.register_http(9, {}, "", "web");
        CHECK(registered(again).host == second->host);
    }
}

TEST_CASE("two clients can not hold one host, and a host belongs to the token that claimed it") {
    Rig rig;
    WireClient holder = rig.connect(1);
    holder.register_http(1, {"app.example.com"});
    registered(holder);

    WireClient stranger = rig.connect(2, 1);
    stranger.register_http(1, {"free.example.com", "app.example.com"});
    wire::Refused refusal = refused(stranger);
    CHECK(refusal.code == wire::Code::name_taken);
    CHECK_THAT(refusal.text, Catch::Contains("belongs to another token"));
    CHECK(rig.find("free.example.com").kind == Kind::unknown_host);
    CHECK_FALSE(rig.shared->registry->holder_of(ClaimName("free.example.com", "/")));

    WireClient sibling = rig.connect(3);
    sibling.register_http(1, {"free.example.com", "app.example.com"});
    be_alive(holder);
    refusal = refused(sibling);
    CHECK(refusal.code == wire::Code::name_taken);
    CHECK_THAT(refusal.text, Catch::Contains("and that one is alive"));
    CHECK_FALSE(rig.shared->registry->holder_of(ClaimName("free.example.com", "/")));
    // Another path of the same host is free, but for the same token alone.
    sibling.register_http(1, {"app.example.com"}, "/api");
    registered(sibling);

    holder.close();
    sibling.close();
    rig.wait_until_away("app.example.com");
    CHECK(rig.find("app.example.com").kind == Kind::away);
    stranger.register_http(1, {"app.example.com"});
    CHECK(refused(stranger).code == wire::Code::name_taken);
    WireClient back = rig.connect(4);
    back.register_http(1, {"app.example.com"});
    registered(back);
    CHECK(rig.find("app.example.com").kind == Kind::service);
}

TEST_CASE("a service that was unregistered is away, and its host is free for the same token") {
    Rig rig;
    WireClient client = rig.connect(1);
    client.register_http(1, {"app.example.com"});
    registered(client);
    client.send_control(wire::encode_control(wire::Unregister{{1}}));
    client.register_http(2, {"app.example.com"}, "/api");
    registered(client);
    CHECK(rig.find("app.example.com").kind == Kind::away);
    CHECK(rig.find("app.example.com", "/api").kind == Kind::service);
    // Unregistered between a request and its answer: what was claimed for the first request is not lost for the second.
    client.send_together([&] {
        client.register_http(3, {"b.example.com"});
        client.send_control(wire::encode_control(wire::Unregister{{3}}));
        client.register_http(3, {"b.example.com"});
    });
    registered(client);
    CHECK(rig.find("b.example.com").kind == Kind::service);
    CHECK(rig.shared->registry->holder_of(ClaimName("b.example.com", "/")));
}

TEST_CASE("the hosts of a client that drains are away at once") {
    Rig rig;
    WireClient client = rig.connect(1);
    client.register_http(1, {"app.example.com"});
    registered(client);
    client.send_goaway(wire::Code::going_away);
    rig.wait_until_away("app.example.com");
    CHECK(rig.find("app.example.com").kind == Kind::away);
    CHECK_FALSE(rig.shared->registry->holder_of(ClaimName("app.example.com", "/")));
}

TEST_CASE("the trunks of a tunnel carry a host together") {
    Rig rig(true, "t.example.com");
    WireClient first = rig.connect(1, 0, 1, 2);
    first.register_http(1, {}, "", "web");
    const std::string host = registered(first).host;
    WireClient second = rig.connect(1, 0, 2, 2);
    second.register_http(1, {host}, "", "web");  // as a client does that knows what the first trunk got
    CHECK(registered(second).address == "http://" + host + ":8080");
    auto service = rig.find(host).service->shared_from_this();
    CHECK(service->carries(*rig.sessions[0]));
    CHECK(service->carries(*rig.sessions[1]));
    // A client that does not know the host is given the same one.
    second.send_control(wire::encode_control(wire::Unregister{{1}}));
    rig.wait_until_away(host);
    first.send_control(wire::encode_control(wire::Unregister{{1}}));
    first.register_http(1, {host}, "", "web");
    registered(first);
    second.register_http(1, {}, "", "web");
    CHECK(registered(second).host == host);
    CHECK(rig.find(host).service->carries(*rig.sessions[1]));

    first.close();
    while (rig.find(host).service->carries(*rig.sessions[0])) {
        on(rig.worker, [] {});
    }
    CHECK(rig.find(host).kind == Kind::service);
    // A service that is unregistered on one trunk is closed for all.
    second.send_control(wire::encode_control(wire::Unregister{{1}}));
    rig.wait_until_away(host);
}

TEST_CASE("the edge opens streams on a trunk, which count until they are let go") {
    Rig rig;
    WireClient client = rig.connect(1);
    client.register_http(5, {"app.example.com"});
    registered(client);
    auto carrier = rig.find("app.example.com").service->choose();
    REQUIRE(carrier);
    CHECK(carrier->service == 5);
    const std::uint64_t idle = carrier->trunk->load();

    Signal answered;
    std::optional<Result<HttpStream, wire::Code>> result;
    auto keep = [&](Result<HttpStream, wire::Code> opened) {
        result.emplace(std::move(opened));
        answered.tell();
    };
    net::Address visitor;
    visitor.family = 4;
    visitor.port = 4711;
    carrier->trunk->open(5, visitor, make_intrusive<Endpoint>(), true, keep);
    REQUIRE(answered.wait());
    REQUIRE(*result);
    auto frame = client.receive();
    REQUIRE(frame);
    REQUIRE(frame->header.type == wire::FrameType::open);
    auto open = wire::decode_open(frame->payload);
    REQUIRE(open);
    CHECK(open->service == 5);
    CHECK(open->kind == wire::ServiceKind::http);
    CHECK(open->visitor.port == 4711);
    CHECK(carrier->trunk->load() > idle);
    CHECK(rig.sessions[0]->view().services.at(0).traffic->visitors_now == 1);
    HttpStream stream = **result;
    result.reset();
    CHECK(carrier->trunk->load() > idle);
    stream.counted.reset();
    CHECK(carrier->trunk->load() == idle);
    CHECK(rig.sessions[0]->view().services.at(0).traffic->visitors_now == 0);

    carrier->trunk->open(6, visitor, make_intrusive<Endpoint>(), true, keep);
    REQUIRE(answered.wait(2));
    REQUIRE_FALSE(*result);
    CHECK(result->error() == wire::Code::unknown_service);
    on(rig.worker, [&] {  // on the session's worker the answer comes within the call
        carrier->trunk->open(5, visitor, make_intrusive<Endpoint>(), false, keep);
        CHECK(static_cast<bool>(*result));
        result.reset();
        stream = {};
    });
    rig.stop();
    carrier->trunk->open(5, visitor, make_intrusive<Endpoint>(), true, keep);
    REQUIRE(result);
    REQUIRE_FALSE(*result);
    CHECK(result->error() == wire::Code::going_away);
    CHECK(carrier->trunk->load() == idle);
}

TEST_CASE("a trunk that can open no stream any more is not one without room: another one may carry") {
    Rig rig;
    rig.shared->mux.last_id = 4;
    WireClient client = rig.connect(1);
    client.register_http(1, {"app.example.com"});
    registered(client);
    auto carrier = rig.find("app.example.com").service->choose();
    REQUIRE(carrier);
    std::vector<wire::Code> failures;
    on(rig.worker, [&] {
        for (int i = 0; i < 4; ++i) {
            carrier->trunk->open(1, {}, make_intrusive<Endpoint>(), false, [&](const auto& result) {
                if (!result) {
                    failures.push_back(result.error());
                }
            });
        }
    });
    REQUIRE_FALSE(failures.empty());
    CHECK(failures == std::vector<wire::Code>(failures.size(), wire::Code::going_away));
}

TEST_CASE("a session whose ids run out carries its hosts until a fresh one does") {
    Rig rig;
    rig.shared->mux.rotate_at = 3;
    WireClient old = rig.connect(1);
    old.register_http(1, {"app.example.com"});
    registered(old);
    auto service = rig.find("app.example.com").service->shared_from_this();
    auto open = [&] {
        Signal answered;
        bool opened = false;
        auto carrier = service->choose();
        REQUIRE(carrier);
        carrier->trunk->open(1, {}, make_intrusive<Endpoint>(), true, [&](const auto& result) {
            opened = static_cast<bool>(result);
            answered.tell();
        });
        REQUIRE(answered.wait());
        CHECK(opened);
    };
    auto wait_for_goaway = [&](wire::Code code) {
        while (auto frame = old.receive()) {
            if (frame->header.type == wire::FrameType::goaway) {
                CHECK(wire::decode_goaway(frame->payload)->code == code);
                return;
            }
        }
        FAIL("the server has closed");
    };
    open();
    open();
    wait_for_goaway(wire::Code::rotated);
    open();  // the old session goes on

    WireClient fresh = rig.connect(1, 0, 1, 1, 2);
    CHECK(service->carries(*rig.sessions[0]));
    CHECK(rig.find("app.example.com").kind == Kind::service);
    fresh.register_http(1, {"app.example.com"});
    registered(fresh);
    CHECK(rig.find("app.example.com").service == service.get());
    CHECK(service->carries(*rig.sessions[1]));
    CHECK_FALSE(service->carries(*rig.sessions[0]));
    wait_for_goaway(wire::Code::going_away);  // the old session drains
    CHECK(rig.find("app.example.com").kind == Kind::service);
    CHECK(rig.shared->registry->holder_of(ClaimName("app.example.com", "/")));
}
