// HTTP services from one facade to the other; what visitors see of them is for the tests of ingress/ and tests/e2e.
#include "ferrotunnel/http.hpp"

#include <algorithm>
#include <asio/bind_executor.hpp>
#include <asio/read.hpp>
#include <asio/use_future.hpp>
#include <asio/write.hpp>
#include <catch2/catch.hpp>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "settings/service.hpp"
#include "unit/api/end_to_end.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::test;

namespace {

std::vector<Problem> http_problems(Http service, bool application_serves = false) {
    std::vector<Problem> problems;
    detail::check_service(service, application_serves, problems);
    return problems;
}

std::string http_service_name(Http service) {
    std::vector<Problem> problems;
    detail::check_service(service, false, problems);
    CHECK(problems.empty());
    return service.name;
}

std::vector<std::string> keys_of(Server::Builder& builder) {
    std::vector<std::string> keys;
    for (const Problem& problem : builder.check()) {
        keys.push_back(problem.key);
    }
    return keys;
}

Http web_with_backend(std::string host, std::string local) {
    Http http;
    http.host = std::move(host);
    http.local = std::move(local);
    return http;
}

Server::Builder http_server(const Secret& token) {
    Server::Builder builder = server_builder(token);
    builder.http_bind("127.0.0.1:0").public_host("tunnel.example.com");
    return builder;
}

}  // namespace

TEST_CASE("an HTTP service is checked before anything is sent", "[http]") {
    CHECK(http_problems(web_with_backend("app.example.com", ":3000")).empty());
    CHECK(http_problems(web_with_backend("**.example.com", "127.0.0.1:3000")).empty());
    CHECK(http_problems(web_with_backend("*", "127.0.0.1:3000")).empty());
    CHECK(http_problems(web_with_backend("", "127.0.0.1:3000")).empty());
    CHECK(http_problems(web_with_backend("", ""), true).empty());

    auto only = [](Http service, const char* text) {
        auto problems = http_problems(std::move(service));
        REQUIRE(problems.size() == 1);
        CHECK_THAT(problems[0].text, Catch::Contains(text));
    };
    only(web_with_backend("app.example.com", ""), "missing `local`");
    only(web_with_backend("app.example.com", "nowhere"), "is not a valid address");
    only(web_with_backend("app.example.com:80", ":3000"), "The host \"app.example.com:80\" has a port");
    only(web_with_backend("app..com", ":3000"), "The host \"app..com\"");
    Http http = web_with_backend("app.example.com", ":3000");
    http.path = "api";
    only(http, "The path \"api\"");
    http.path = "~ /v[";
    only(http, "The path \"~ /v[\"");
    http.path = "/" + std::string(limits::http_path_text_max, 'x');
    only(http, "more than 1024 bytes");
    http.path.pop_back();
    CHECK(http_problems(http).empty());
    http.name = "two words";
    only(http, "up to 64 letters");
    http = web_with_backend("", ":3000");
    http.aliases = {"www.example.com"};
    only(http, "`aliases` without `host`");
    http.host = "example.com";
    http.aliases.assign(limits::http_hosts_per_service_max - 1, "www.example.com");
    CHECK(http_problems(http).empty());
    http.aliases.emplace_back("x.example.com");
    only(http, "more than 16 hosts");
}

TEST_CASE("an HTTP service has a name", "[http]") {
    CHECK(http_service_name(web_with_backend("app.example.com", ":3000")) == "app.example.com");
    CHECK(http_service_name(web_with_backend("*", ":3000")) == "*");
    CHECK(http_service_name(web_with_backend("", ":3000")) == "http::3000");
    Http http = web_with_backend("app.example.com", ":3000");
    http.path = "= /status";
    CHECK(http_service_name(http) == "app.example.com-/status-9f424be1");
    http.name = "status";
    CHECK(http_service_name(http) == "status");
}

TEST_CASE("where a server takes HTTP visitors is checked", "[http]") {
    const Secret token = Secret::generate();
    auto keys = [&](const std::string& bind, const std::string& domain) {
        Server::Builder builder = server_builder(token);
        builder.http_bind(bind).domain(domain);
        return keys_of(builder);
    };
    using Keys = std::vector<std::string>;
    CHECK(keys("127.0.0.1:8080", "t.example.com").empty());
    CHECK(keys("localhost", "T.Example.COM.").empty());
    CHECK(keys("", "").empty());
    CHECK(keys("nowhere", "") == Keys{"http_bind"});
    CHECK(keys("", "t.example.com") == Keys{"domain"});
    for (const char* domain : {"*.example.com", "10.0.0.1", "[::1]", "a..b", "example.com:80", "exa mple"}) {
        CAPTURE(domain);
        CHECK(keys("127.0.0.1:0", domain) == Keys{"domain"});
    }
    const std::string longest = std::string(60, 'a') + '.' + std::string(60, 'b') + '.' + std::string(60, 'c') + '.' +
                                std::string(61, 'd');  // 244 bytes, and 9 for what stands before it
    CHECK(keys("127.0.0.1:0", longest).empty());
    CHECK(keys("127.0.0.1:0", longest + 'd') == Keys{"domain"});
}

TEST_CASE("a server listens for HTTP visitors when it is asked to", "[http]") {
    const Secret token = Secret::generate();
    Server plain = server_builder(token).build();
    plain.start();
    CHECK(plain.http_endpoint().empty());

    Server server = http_server(token).build();
    CHECK(server.http_endpoint().empty());
    server.start();
    const std::string at = server.http_endpoint();
    CHECK(at.starts_with("127.0.0.1:"));

    Server needs_it = server_builder(token).http_bind(at).build();
    std::error_code error;
    needs_it.start(error);
    CHECK(error == std::errc::address_in_use);
    try {
        needs_it.start();
        FAIL("it listens twice");
    } catch (const std::system_error& problem) {
        CHECK_THAT(problem.what(), Catch::StartsWith("listen for HTTP on " + at));
    }
    Server does_without = server_builder(token).http_bind(at, false).build();
    does_without.start();
    CHECK(does_without.http_endpoint().empty());
}

TEST_CASE("a client's HTTP service has a URL, and reaches its backend through the tunnel", "[http][threads]") {
    Echo echo;
    const Secret token = Secret::generate();
    std::mutex mutex;
    std::vector<Event> events;
    Server server = http_server(token).build();
    server.start();
    const std::string port = server.http_endpoint().substr(server.http_endpoint().rfind(':'));
    Client client = client_builder(token, server.control_endpoint())
                        .connections(2)
                        .on_event([&](const Event& event) {
                            std::lock_guard lock(mutex);
                            events.push_back(event);
                        })
                        .build();
    Http http = web_with_backend("App.Example.com", echo.address());
    http.aliases = {"*.example.org"};
    http.path = "/api";
    Service service = client.add(http);
    client.start();
    REQUIRE_FALSE(client.wait_ready(patience));
    const std::string url = "http://app.example.com" + port + "/api";
    CHECK(service.endpoint() == url);
    CHECK(':' + std::to_string(service.port()) == port);
    CHECK(service.name() == "App.Example.com/api");
    CHECK(eventually([&] {
        std::lock_guard lock(mutex);
        return std::any_of(events.begin(), events.end(), [&](const Event& event) {
            return event.kind == Event::Kind::registered && event.endpoint == url;
        });
    }));
    REQUIRE(eventually([&] { return server.tunnels().at(0).connections == 2; }));
    REQUIRE(eventually([&] { return server.tunnels().at(0).services.size() == 1; }));
    CHECK(server.tunnels().at(0).services.at(0).endpoint == url);

    for (const std::string& name : {std::string("App.Example.com/api"), url}) {
        Stream stream = server.async_open(name, asio::use_future).get();
        asio::async_write(stream, asio::buffer("hello", 5), asio::use_future).get();
        std::string answer(5, '\0');
        asio::async_read(stream, asio::buffer(answer), asio::use_future).get();
        CHECK(answer == "hello");
    }
    CHECK_THROWS(server.async_open(port, asio::use_future).get());  // many services share that port
    service.close();
    CHECK(eventually([&] { return server.tunnels().at(0).services.empty(); }));
}

TEST_CASE("what the HTTP edge does is counted, and its pages are the application's", "[http]") {
    Echo echo;  // answers what is not valid HTTP
    const Secret token = Secret::generate();
    HttpServerSettings settings;
    settings.pages = {{"all", HttpPage::Format::text, "mine: {{code}}"}};
    Server server = http_server(token).http_settings(settings).build();
    CHECK(server.stats().http.requests == 0);
    server.start();
    Client client = client_builder(token, server.control_endpoint()).build();
    Http http = web_with_backend("app.example.com", echo.address());
    http.path = "/api";
    client.add(http);
    client.start();
    REQUIRE_FALSE(client.wait_ready(patience));
    const std::string at = server.http_endpoint();
    const auto ask = [&](const std::string& path) {
        asio::io_context io;
        tcp::socket visitor(io);
        const std::string port = at.substr(at.rfind(':') + 1);
        visitor.connect({asio::ip::make_address("127.0.0.1"), static_cast<asio::ip::port_type>(std::stoi(port))});
        const std::string request = "GET " + path + " HTTP/1.1\r\nHost: app.example.com\r\nConnection: close\r\n\r\n";
        asio::write(visitor, asio::buffer(request));
        std::string answer;
        std::error_code end;
        asio::read(visitor, asio::dynamic_buffer(answer), end);
        return answer;
    };
    CHECK_THAT(ask("/other"), Catch::EndsWith("mine: unknown_path"));
    CHECK_THAT(ask("/api"), Catch::EndsWith("mine: bad_version"));
    const HttpStats stats = server.stats().http;
    CHECK(stats.connections == 2);
    CHECK(stats.requests == 2);
    CHECK(stats.requests_refused == 0);
    CHECK(stats.pages == 2);
    CHECK(stats.backend_opened == 1);
    CHECK(stats.bytes_received > 100);
    CHECK(stats.bytes_sent > stats.bytes_received);
    CHECK(eventually([&] { return server.stats().http.connections_now == 0; }));
    CHECK(server.tunnels().at(0).services.at(0).requests == 1);
    server.stop();
    CHECK(server.stats().http.requests == 2);
}

TEST_CASE("an application serves an HTTP service itself, at a host that the server assigns", "[http]") {
    const Secret token = Secret::generate();
    const std::string control = lasting_address();
    const std::string http_at = lasting_address();
    Server server = server_builder(token, control).http_bind(http_at).domain("t.example.com").build();
    server.start();
    Client client = client_builder(token, control).build();
    client.start();
    Http http;
    http.name = "web";
    Listener listener = client.async_listen(http, asio::use_future).get();
    CHECK(listener.name() == "web");
    const std::string url = listener.endpoint();
    CHECK_THAT(url, Catch::StartsWith("http://") && Catch::Contains(".t.example.com:"));
    auto visitor = server.async_open("web", asio::use_future);
    Stream accepted = listener.async_accept(asio::use_future).get();
    Stream opened = visitor.get();
    asio::async_write(opened, asio::buffer("GET", 3), asio::use_future).get();
    std::string got(3, '\0');
    asio::async_read(accepted, asio::buffer(got), asio::use_future).get();
    CHECK(got == "GET");

    // The server goes, and another one comes that knows nothing: the client asks for the host that it had.
    server = Server();
    REQUIRE(eventually([&] { return !client.connected(); }));
    server = server_builder(token, control).http_bind(http_at).domain("t.example.com").build();
    server.start();
    REQUIRE_FALSE(client.wait_ready(patience));
    CHECK(listener.endpoint() == url);
}

TEST_CASE("an application's answer reaches a visitor that still uploads", "[http]") {
    const Secret token = Secret::generate();
    Server server = http_server(token).build();
    server.start();
    Client client = client_builder(token, server.control_endpoint()).build();
    client.start();
    Http http;
    http.host = "app.example.com";
    Listener listener = client.async_listen(http, asio::use_future).get();
    asio::io_context io;
    tcp::socket visitor(io);
    const std::string at = server.http_endpoint();
    visitor.connect({asio::ip::make_address("127.0.0.1"),
                     static_cast<asio::ip::port_type>(std::stoi(at.substr(at.rfind(':') + 1)))});
    const std::string body(5'000'000, 'x');  // more than all windows on the way
    asio::write(visitor, asio::buffer("POST / HTTP/1.1\r\nHost: app.example.com\r\nContent-Length: " +
                                      std::to_string(body.size()) + "\r\n\r\n"));
    Stream accepted = listener.async_accept(asio::use_future).get();
    asio::async_write(accepted,
                      asio::buffer(std::string("HTTP/1.1 413 Content Too Large\r\nContent-Length: 5\r\n"
                                               "Connection: close\r\n\r\nlarge")),
                      asio::use_future)
        .get();
    accepted.close();
    asio::write(visitor, asio::buffer(body));  // throws where the visitor is reset
    std::string answer;
    std::error_code end;
    asio::read(visitor, asio::dynamic_buffer(answer), end);
    CHECK_THAT(answer, Catch::StartsWith("HTTP/1.1 413") && Catch::EndsWith("large"));
}

TEST_CASE("what a server does not want of HTTP is told in words", "[http]") {
    const Secret token = Secret::generate();
    Server plain = server_builder(token).build();
    plain.start();
    Client client = client_builder(token, plain.control_endpoint()).build();
    Service service = client.add(web_with_backend("app.example.com", ":3000"));
    client.start();
    CHECK(client.wait_ready(patience) == errc::unsupported);
    CHECK_THAT(service.error_text(), Catch::Contains("--http-bind"));

    Server server = http_server(token).build();
    server.start();
    Client first = client_builder(token, server.control_endpoint()).build();
    first.add(web_with_backend("app.example.com", ":3000"));
    first.start();
    REQUIRE_FALSE(first.wait_ready(patience));
    Client second = client_builder(token, server.control_endpoint()).build();
    Service taken = second.add(web_with_backend("app.example.com", ":3000"));
    Service free = second.add(web_with_backend("free.example.com", ":3000"));
    Service nameless = second.add(web_with_backend("", ":3000"));
    second.start();
    CHECK(second.wait_ready(patience));
    CHECK(taken.error() == errc::name_taken);
    CHECK_THAT(taken.error_text(), Catch::Contains("app.example.com") && Catch::Contains("which is still connected"));
    CHECK(free.state() == Service::State::registered);
    CHECK(nameless.error() == errc::unsupported);
    CHECK_THAT(nameless.error_text(), Catch::Contains("--domain"));
}

TEST_CASE("a client has so many hosts, and no two services of one name", "[http]") {
    Client client = client_builder(Secret::generate(), "127.0.0.1:1").build();
    Http http = web_with_backend("a.example.com", ":3000");
    client.add(http);
    CHECK_THROWS_WITH(client.add(http), Catch::Contains("with that name"));
    http.aliases.assign(limits::http_hosts_per_service_max - 1, "b.example.com");
    std::size_t hosts = 1;
    for (int i = 0; hosts + limits::http_hosts_per_service_max <= limits::http_hosts_per_session_max; ++i) {
        http.name = "n" + std::to_string(i);
        client.add(http);
        hosts += limits::http_hosts_per_service_max;
    }
    http.name = "last";
    http.aliases.resize(limits::http_hosts_per_session_max - hosts);
    CHECK_THROWS_WITH(client.add(http), Catch::Contains("4096 hosts"));
    http.aliases.pop_back();
    client.add(http);
}
