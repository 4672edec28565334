#include "fetch/client.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <future>
#include <memory>
#include <string>

#include "fetch/plugin_table.hpp"
#include "scripted_server.hpp"
#include "support/eventually.hpp"
#include "support/temporary_folder.hpp"

namespace ferrotunnel::fetch {
namespace {

using ferrotunnel::test::eventually;

UrlRequest request_to(const test::ScriptedServer& server, const std::string& path = "/") {
    UrlRequest wanted;
    wanted.url = "http://" + server.destination().authority + path;
    return wanted;
}

TEST_CASE("any thread can have a request sent", "[fetch]") {
    test::ScriptedServer server;
    Client client;
    std::promise<Response> promise;
    REQUIRE(client.fetch(request_to(server, "/a?b"), [&](Response& response) { promise.set_value(response); }));
    REQUIRE(eventually([&] { return server.has("GET /a?b HTTP/1.1", 0); }));
    server.say(0, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    CHECK(promise.get_future().get().body == "ok");
}

TEST_CASE("a request reaches a server at a Unix socket, over one connection that is kept", "[fetch]") {
    const ferrotunnel::test::TemporaryFolder folder;
    test::ScriptedServer server(folder / "app.sock");
    Client client;
    for (const std::string path : {"/", "/hook?a=b"}) {
        UrlRequest wanted;
        wanted.url = "unix:" + folder / "app.sock" + (path == "/" ? "" : ":" + path);
        std::promise<Response> promise;
        REQUIRE(client.fetch(std::move(wanted), [&](Response& response) { promise.set_value(response); }));
        REQUIRE(eventually([&] { return server.has("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n", 0); }));
        server.say(0, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        CHECK(promise.get_future().get().body == "ok");
    }
    CHECK(server.connections() == 1);
}

TEST_CASE("what cannot be sent is told on the client's thread", "[fetch]") {
    const ferrotunnel::test::TemporaryFolder folder;
    Client client;
    const auto error_of = [&](const std::string& url, const std::string& ca_file) {
        std::promise<Response> promise;
        UrlRequest wanted;
        wanted.url = url;
        wanted.ca_file = ca_file;
        REQUIRE(client.fetch(std::move(wanted), [&](Response& response) { promise.set_value(response); }));
        return promise.get_future().get().error;
    };
    CHECK_THAT(error_of("ftp://example.org/", ""), Catch::Contains("http://"));
    CHECK_THAT(error_of("https://127.0.0.1:1/", "/nowhere/ca.pem"), Catch::Contains("/nowhere/ca.pem"));
    CHECK(error_of("unix:" + folder / "none.sock", "") == "No such file or directory");
}

TEST_CASE("a client that stops ends its requests, and takes no more", "[fetch]") {
    test::ScriptedServer server;
    Client client;
    const auto kept = std::make_shared<int>(1);
    bool was_told = false;
    REQUIRE(client.fetch(request_to(server), [&was_told, kept](Response&) { was_told = true; }));
    REQUIRE(eventually([&] { return server.has("GET / HTTP/1.1", 0); }));
    client.stop();
    CHECK(kept.use_count() == 1);
    CHECK(eventually([&] { return server.has_ended(0); }));
    CHECK_FALSE(client.fetch(request_to(server), [&was_told](Response&) { was_told = true; }));
    CHECK_FALSE(was_told);
}

TEST_CASE("a client has so many requests at once, and a place again when one ends", "[fetch]") {
    test::ScriptedServer server;
    Client client;
    std::atomic<std::size_t> told{0};
    const auto wanted = [&] {
        UrlRequest made = request_to(server);
        made.bounds.time = std::chrono::seconds(2);
        return made;
    };
    for (std::size_t i = 0; i < requests_max; ++i) {
        REQUIRE(client.fetch(wanted(), [&](Response&) { ++told; }));
    }
    CHECK_FALSE(client.fetch(wanted(), [&](Response&) { ++told; }));
    REQUIRE(eventually([&] { return told == requests_max; }));  // nobody answers in time
    CHECK(eventually([&] { return client.fetch(wanted(), [](Response&) {}); }));
}

TEST_CASE("a client calls after a time, in order, and not once it has stopped", "[fetch]") {
    std::string order;
    std::promise<void> done;
    bool was_late = false;
    {
        Client client;
        REQUIRE(client.call_after(std::chrono::hours(1), [&] { was_late = true; }));
        REQUIRE(client.call_after(std::chrono::milliseconds(60), [&] {
            order += 'b';
            done.set_value();
        }));
        REQUIRE(client.call_after(std::chrono::milliseconds(0), [&] { order += 'a'; }));
        done.get_future().get();
    }
    CHECK(order == "ab");
    CHECK_FALSE(was_late);
}

TEST_CASE("contexts of TLS are kept for a while, by host and CAs, and only so many", "[fetch]") {
    TlsContexts contexts;
    const TimePoint now = Clock::now();
    const auto first = contexts.get("a.example", "", now);
    CHECK(contexts.get("a.example", "", now + context_time / 2) == first);
    CHECK(contexts.get("b.example", "", now) != first);
    CHECK(contexts.get("a.example", "", now + context_time) != first);
    CHECK(contexts.size() == 2);
    CHECK_THROWS_AS(contexts.get("a.example", "/nowhere/ca.pem", now), transport::TlsConfigError);
    CHECK(contexts.size() == 2);
    for (std::size_t i = 2; i < contexts_max; ++i) {
        (void)contexts.get("host" + std::to_string(i), "", now);
    }
    CHECK(contexts.size() == contexts_max);
    (void)contexts.get("one.more", "", now);
    CHECK(contexts.size() == 1);
}

TEST_CASE("plugins are told why a URL cannot be fetched", "[fetch]") {
    const auto fault = [](std::string_view url) {
        const ft_text words = plugin_table().url_fault({url.data(), url.size()});
        return std::string(words.data != nullptr ? words.data : "", words.size);
    };
    CHECK(fault("https://example.org/verify").empty());
    CHECK(fault("unix:/run/app.sock").empty());
    CHECK_FALSE(fault("example.org").empty());
}

TEST_CASE("a plugin's request is released once, whether or not it was answered", "[fetch]") {
    struct Seen {
        std::promise<std::string> body;
        std::promise<void> released;
    };
    test::ScriptedServer server;
    const ft_fetch& table = plugin_table();
    ft_fetcher* const fetcher = table.make();
    REQUIRE(fetcher != nullptr);
    const std::string url = request_to(server).url;
    const ft_field field{{"X-A", 3}, {"1", 1}};
    const auto send = [&](Seen& seen) {
        ft_fetch_request request{};
        request.size = sizeof(request);
        request.url = {url.data(), url.size()};
        request.method = {"POST", 4};
        request.fields = &field;
        request.fields_count = 1;
        request.body = {"hello", 5};
        request.has_body = 1;
        request.timeout_ns = 60'000'000'000;
        request.body_max = 100;
        return table.fetch(
            fetcher, &request,
            [](void* user, const ft_fetch_response* response) {
                static_cast<Seen*>(user)->body.set_value(std::string(response->body.data, response->body.size));
            },
            &seen, [](void* user) { static_cast<Seen*>(user)->released.set_value(); });
    };
    Seen answered;
    REQUIRE(send(answered) == 1);
    REQUIRE(eventually([&] { return server.has("\r\nX-A: 1\r\nContent-Length: 5\r\n\r\nhello", 0); }));
    server.say(0, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    CHECK(answered.body.get_future().get() == "ok");
    answered.released.get_future().get();

    Seen given_up;
    REQUIRE(send(given_up) == 1);
    table.stop(fetcher);
    given_up.released.get_future().get();
    Seen late;
    CHECK(send(late) == 0);
    late.released.get_future().get();
    table.destroy(fetcher);
}

}  // namespace
}  // namespace ferrotunnel::fetch
