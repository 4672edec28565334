// HTTP services as clients register them: what they are answered, and what they may not ask for.
#include <atomic>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "unit/session/http_server_rig.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::directory;
using namespace ferrotunnel::session;
using namespace ferrotunnel::session::test;
using HttpKind = HttpMatch::Kind;

TEST_CASE("a server without an HTTP port says how to get one") {
    ServerRig rig;
    WireClient client = rig.log_in();
    client.register_http(1, {"app.example.com"});
    const wire::Refused refusal = client.refused();
    CHECK(refusal.code == wire::Code::unsupported);
    CHECK_THAT(refusal.text, Catch::Contains("--http-bind 0.0.0.0:8080"));
    client.register_port(1, 0);
    CHECK(std::holds_alternative<wire::RegisteredService>(client.answer()));  // the id is free for another service
}

TEST_CASE("an HTTP service is answered with its URL, and the routes have it") {
    HttpRig rig;
    WireClient client = rig.log_in();
    const wire::RegisteredService answer =
        client.obtain_http(3, {"App.Example.COM.", "*.example.org", "app.example.com"}, "/api");
    CHECK(answer.id == 3);
    CHECK(answer.port == 8080);
    CHECK(answer.address == "http://app.example.com:8080/api");
    CHECK(answer.host.empty());
    const HttpMatch match = rig.find("app.example.com", "/api/users");
    REQUIRE(match.kind == HttpKind::service);
    CHECK(match.service->description().hosts == std::vector<std::string>{"app.example.com", "*.example.org"});
    CHECK(match.service->description().token_name == "one");
    CHECK(rig.find("a.example.org", "/api").service == match.service);

    CHECK(client.obtain_http(4, {"*"}).address == "http://tunnel.example.com:8080");
    rig.shared->http_public->port = 80;
    CHECK(client.obtain_http(5, {"b.example.com"}, "= /status").address == "http://b.example.com/status");
    auto views = rig.sessions[0]->view().services;
    REQUIRE(views.size() == 3);
    CHECK(views[0].endpoint == "http://app.example.com:8080/api");
    CHECK(views[0].port == 0);
}

TEST_CASE("a service is shown by TLS where there is a certificate for its host") {
    HttpRig rig;
    rig.shared->https_public = HttpPublic{"https", 8443};
    rig.shared->has_certificate = [](std::string_view host) {
        return host == "app.example.com" || host == "*.example.org";
    };
    WireClient client = rig.log_in();
    const wire::RegisteredService answer = client.obtain_http(1, {"app.example.com", "other.example.com"}, "/api");
    CHECK(answer.port == 8443);
    CHECK(answer.address == "https://app.example.com:8443/api");
    CHECK(client.obtain_http(2, {"other.example.com"}).address == "http://other.example.com:8080");
    rig.shared->https_public->port = 443;
    CHECK(client.obtain_http(3, {"*.example.org"}).address == "https://*.example.org");
    rig.shared->http_public.reset();
    CHECK(client.obtain_http(4, {"last.example.com"}).address == "https://last.example.com");
}

namespace {

/// A server with HTTPS whose certificates come later.
struct CertifiedRig : HttpRig {
    CertifiedRig() {
        shared->https_public = HttpPublic{"https", 443};
        shared->has_certificate = [this](std::string_view host) {
            return certified.load() && host == "app.example.com";
        };
    }

    void announce(bool has_certificate = true) {
        certified = has_certificate;
        for (const auto& session : sessions) {
            on(worker, [&] { session->report_services([](ServiceReplies& replies) { replies.announce(); }); });
        }
    }
    /// The services of the next `registered`, which must answer no request.
    static std::vector<wire::RegisteredService> announced_to(WireClient& client) {
        const auto message = client.receive_control();
        REQUIRE(message);
        const auto* registered = std::get_if<wire::Registered>(&*message);
        REQUIRE(registered != nullptr);
        CHECK(registered->request == wire::no_request);
        return registered->services;
    }

    std::atomic<bool> certified{false};
};

}  // namespace

TEST_CASE("each trunk of a client learns the https URL once, when there is a certificate") {
    CertifiedRig rig;
    WireClient client = rig.log_in({.trunk = 1, .trunks = 2, .features = wire::feature::announced});
    WireClient other = rig.log_in({.trunk = 2, .trunks = 2, .features = wire::feature::announced});
    CHECK(client.obtain_http(1, {"app.example.com"}, "/api").address == "http://app.example.com:8080/api");
    CHECK(other.obtain_http(1, {"app.example.com"}, "/api").address == "http://app.example.com:8080/api");
    CHECK(client.obtain_http(2, {"b.example.com"}).address == "http://b.example.com:8080");
    rig.announce();
    for (WireClient* const trunk : {&client, &other}) {
        const auto changed = CertifiedRig::announced_to(*trunk);
        REQUIRE(changed.size() == 1);
        CHECK(changed[0].id == 1);
        CHECK(changed[0].port == 443);
        CHECK(changed[0].address == "https://app.example.com/api");
    }
    const auto views = rig.sessions[0]->view().services;
    REQUIRE(views.size() == 2);
    CHECK(views[0].endpoint == "https://app.example.com/api");
    CHECK(views[1].endpoint == "http://b.example.com:8080");

    rig.announce();  // of another host: nothing to send
    CHECK(client.obtain_http(3, {"c.example.com"}).id == 3);
    rig.announce(false);
    CHECK(CertifiedRig::announced_to(client).at(0).address == "http://app.example.com:8080/api");
}

TEST_CASE("a client without the feature keeps the URL that it has, and the server shows the other one") {
    CertifiedRig rig;
    WireClient client = rig.log_in({.features = wire::feature::announced & ~wire::feature::addresses});
    CHECK(client.obtain_http(1, {"app.example.com"}).address == "http://app.example.com:8080");
    rig.announce();
    CHECK(client.obtain_http(2, {"b.example.com"}).id == 2);  // the next message
    CHECK(rig.sessions[0]->view().services.at(0).endpoint == "https://app.example.com");
}

TEST_CASE("a session that is over, or has no service, announces nothing") {
    CertifiedRig rig;
    WireClient client = rig.log_in({.features = wire::feature::announced});
    rig.announce();
    CHECK(client.obtain_http(1, {"app.example.com"}).address == "https://app.example.com");
    client.close();
    while (rig.sessions[0]->view().connected) {
        on(rig.worker, [] {});
    }
    rig.announce(false);
    CHECK_FALSE(rig.sessions[0]->view().connected);
}

TEST_CASE("what is not a host or path is refused in words") {
    HttpRig rig;
    WireClient client = rig.log_in();
    client.register_http(1, {"app.example.com:8080"});
    wire::Refused refusal = client.refused();
    CHECK(refusal.code == wire::Code::protocol);
    CHECK_THAT(refusal.text, Catch::StartsWith("The host \"app.example.com:8080\" has a port"));
    client.register_http(1, {"a.example", "a..b"});
    CHECK_THAT(client.refused().text, Catch::StartsWith("The host \"a..b\" "));
    client.register_http(1, {"a.example"}, "api");
    CHECK_THAT(client.refused().text, Catch::StartsWith("The path \"api\" "));
    CHECK(client.obtain_http(1, {"a.example"}, "/api").id == 1);
}

TEST_CASE("rules and limits of a service reach the routes, and others after it was registered again") {
    HttpRig rig;
    WireClient client = rig.log_in();
    wire::HttpPart http{{"a.example"}, "/api"};
    http.rules.prefix = "/v2";
    http.rules.host = "127.0.0.1:3000";
    http.rules.request_headers = {{wire::HttpFieldRule::Action::set, "X-A", "1"},
                                  {wire::HttpFieldRule::Action::remove, "X-B", ""}};
    http.limits.first_byte_ms = 600'000;
    http.limits.body_max = 5;
    client.register_part(1, http);
    CHECK(client.registered().id == 1);
    directory::HttpDescription description = rig.find("a.example", "/api").service->description();
    CHECK(description.rules == rules_of(http.rules));
    CHECK(description.rules.prefix == http::PrefixRewrite{"/v2"});
    CHECK(description.rules.host == "127.0.0.1:3000");
    CHECK(description.rules.request_headers.size() == 2);
    CHECK(description.limits.first_byte == std::chrono::minutes(10));
    CHECK(description.limits.body_bytes_max == 5U);
    CHECK_FALSE(description.limits.backend_connect);

    client.unregister(1);
    http.rules = {};
    http.rules.redirect = {"https://b.example", 308};
    client.register_part(2, http);
    CHECK(client.registered().id == 2);
    description = rig.find("a.example", "/api").service->description();
    CHECK_FALSE(description.rules.prefix);
    CHECK(description.rules.redirect == http::Redirect{308, "https://b.example"});
}

TEST_CASE("rules that cannot be applied, or are not allowed, are refused in words") {
    HttpRig rig;
    rig.shared->http_bounds = {.first_byte = std::chrono::minutes(1)};
    WireClient client = rig.log_in();
    wire::HttpPart http{{"a.example"}, "= /x"};
    http.rules.prefix = "";
    client.register_part(1, http);
    wire::Refused refusal = client.refused();
    CHECK(refusal.code == wire::Code::protocol);
    CHECK(refusal.text == "The service's rule `prefix` has no prefix to replace: the rule is for `= /x`.");
    http.rules = {};
    http.rules.request_headers = {{wire::HttpFieldRule::Action::set, "Host", "evil"}};
    client.register_part(1, http);
    CHECK_THAT(client.refused().text, Catch::StartsWith("The service's rule `request_headers[0].name` decides where"));
    http.rules = {};
    http.limits.first_byte_ms = 60'001;
    client.register_part(1, http);
    refusal = client.refused();
    CHECK(refusal.code == wire::Code::limit);
    CHECK(refusal.text == "The service's limit `first_byte_timeout` exceeds the limit of this server, which is 60 s.");
    http.limits.first_byte_ms = 60'000;
    http.limits.upgraded_idle_ms = 24 * 3'600'000 + 1;
    client.register_part(1, http);
    CHECK_THAT(client.refused().text, Catch::Contains("`upgraded_idle_timeout` exceeds"));
    http.limits.upgraded_idle_ms = 24 * 3'600'000;
    client.register_part(1, http);
    CHECK(client.registered().id == 1);
}

TEST_CASE("a rule that the server does not know is not left out: the service is refused") {
    HttpRig rig;
    WireClient client = rig.log_in();
    wire::cbor::Writer message;
    message.map(3).text("t").text("register").text("request").unsigned_integer(1).text("services").array(1).map(4);
    message.text("id").unsigned_integer(1).text("kind").unsigned_integer(2).text("remote_port").unsigned_integer(0);
    message.text("http").map(2).text("hosts").array(1).text("a.example").text("rules").map(1);
    message.text("basic_auth").text("alice:secret");
    client.send_control(message.take());
    const wire::Refused refusal = client.refused();
    CHECK(refusal.code == wire::Code::unsupported);
    CHECK_THAT(refusal.text, Catch::StartsWith("This server does not support the rule `basic_auth`"));
    CHECK(rig.find("a.example").kind == HttpKind::unknown_host);
}

TEST_CASE("the rules of one client's services have a bound in all, which is reached and passed by one") {
    HttpRig rig;
    WireClient client = rig.log_in();
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
        REQUIRE(client.registered().id == id);
    }
    http.hosts = {"more.example"};
    http.rules = {};
    client.register_part(most + 1, http);
    CHECK(client.registered().id == most + 1);  // a service without rules still fits
    http.rules.map_back = false;
    http.hosts = {"much.example"};
    client.register_part(most + 2, http);
    const wire::Refused refusal = client.refused();
    CHECK(refusal.code == wire::Code::limit);
    CHECK_THAT(refusal.text, Catch::Contains("262144 bytes in all"));
}

TEST_CASE("what a client's hosts take with their paths has a bound, which is reached and passed by one") {
    HttpRig rig;
    WireClient client = rig.log_in();
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
        REQUIRE(client.registered().id == id);
    }
    for (http.hosts = {host_of(9'000, host_bytes)}; most - bytes >= each; bytes += each) {
        http.hosts = {host_of(9'001 + id, host_bytes)};
        client.register_part(++id, http);
        REQUIRE(client.registered().id == id);
    }
    http.hosts = {host_of(9'001 + id, 200)};
    http.path = "/" + std::string(most - bytes - 200, 'q');  // one byte too much
    client.register_part(++id, http);
    const wire::Refused refusal = client.refused();
    CHECK(refusal.code == wire::Code::limit);
    CHECK_THAT(refusal.text, Catch::Contains(std::to_string(most) + " bytes in all"));
    http.path.pop_back();
    client.register_part(++id, http);
    CHECK(client.registered().id == id);
}
