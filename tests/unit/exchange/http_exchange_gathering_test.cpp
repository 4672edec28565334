// Exchanges whose answers' bodies plugins collect: nothing reaches the visitor before they have decided, all of it
// afterwards, and what is done where the body is too large, does not come, or breaks off.
#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <utility>

#include "base/limits.hpp"
#include "unit/exchange/bodies_rig.hpp"
#include "unit/plugin/body_rig.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::ingress;
using namespace ferrotunnel::ingress::test;
using namespace ferrotunnel::exchange::test;
using namespace std::chrono_literals;
using ferrotunnel::test::rot13;
using ferrotunnel::test::rot13_filter;
using plugin::Later;

namespace {

/// Lets pass what it has collected, and says how much that was.
Bodies::Hook measuring(std::size_t max) {
    return collecting(max, [](Exchange& exchange, Text body) {
        exchange.set(Side::response, "X-Size", std::to_string(body.size()));
        return Decision::go_on();
    });
}

std::string head(std::size_t length) {
    return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(length) + "\r\n\r\n";
}

}  // namespace

TEST_CASE("gathering: an answer is held until its body is there, and continues as it came", "[exchange][plugins]") {
    Rig rig({}, measuring(0));
    const std::string body = random_text(50'000);
    Peer visitor = rig.visit(get());
    Peer backend = rig.accept();
    (void)backend.read_message();
    backend.send(head(body.size()) + body.substr(0, 30'000));
    CHECK_FALSE(visitor.stirs(50));
    backend.send(body.substr(30'000));
    const Message message = visitor.read_message();
    CHECK(message.field("content-length") == std::to_string(body.size()));
    CHECK(message.field("x-size") == std::to_string(body.size()));
    CHECK(message.body == body);
    CHECK(rig.outcome().response_bytes == body.size());
    CHECK(rig.collected() == 0);

    visitor.send(get());  // on the same connections
    (void)backend.read_message();
    backend.send(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\nX-T: "
        "1\r\n\r\n");
    const Message chunked = visitor.read_message();
    CHECK(chunked.field("transfer-encoding") == "chunked");
    CHECK(chunked.field("x-size") == "5");
    CHECK(chunked.body == "abcde");
    CHECK(chunked.trailers == "X-T: 1\r\n");

    visitor.send(get());  // lasts until its backend closes
    (void)backend.read_message();
    backend.send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello");
    CHECK_FALSE(visitor.stirs(50));
    backend.close();
    const Message until_close = visitor.read_message();
    CHECK(until_close.field("x-size") == "5");
    CHECK(until_close.body == "hello");
    CHECK(rig.collected() == 0);
}

TEST_CASE("gathering: an answer's head that comes byte by byte is still there behind the body", "[exchange][plugins]") {
    Rig rig({}, measuring(0));
    Peer visitor = rig.visit(get());
    Peer backend = rig.accept();
    (void)backend.read_message();
    for (const char c :
         "HTTP/1.1 200 OK\r\nX-Mark: a-mark-to-find\r\nContent-Length: 5\r\n\r\n" + std::string("hello")) {
        backend.send(std::string(1, c));
    }
    const Message message = visitor.read_message();
    CHECK(message.field("x-mark") == "a-mark-to-find");
    CHECK(message.field("x-size") == "5");
    CHECK(message.body == "hello");
}

TEST_CASE("gathering: a plugin that judges a body answers in the backend's place", "[exchange][plugins]") {
    Rig rig({}, collecting(0, [](Exchange&, Text body) {
                return body == "a secret" ? Decision::reject(403, "leak") : Decision::go_on();
            }));
    Peer visitor = rig.visit(get());
    {
        Peer backend = rig.accept();
        (void)backend.read_message();
        backend.send(answer("a secret"));
        const Message page = visitor.read_message();
        CHECK(page.status() == 403);
        CHECK(page.field("x-ferrotunnel-error") == "leak");
        CHECK(page.body.find("secret") == page.body.npos);
    }
    CHECK(rig.collected() == 0);
    visitor.send(get());
    Peer backend = rig.accept();
    serve_one(backend, "fine");
    CHECK(visitor.read_message().body == "fine");
}

TEST_CASE("gathering: what has no body is judged at once", "[exchange][plugins]") {
    Rig rig({}, measuring(0));
    Peer visitor = rig.visit("HEAD / HTTP/1.1\r\nHost: app.test\r\n\r\n");
    Peer backend = rig.accept();
    (void)backend.read_until("\r\n\r\n");
    backend.send(head(7));
    const Message to_head = visitor.read_message(true);
    CHECK(to_head.field("content-length") == "7");
    CHECK(to_head.field("x-size") == "0");
    visitor.send(get());
    (void)backend.read_message();
    backend.send("HTTP/1.1 204 No Content\r\n\r\n");
    CHECK(visitor.read_message().field("x-size") == "0");
}

TEST_CASE("gathering: pages are collected too", "[exchange][plugins]") {
    Rig rig({}, measuring(0));
    rig.edge->carrier->refuse_with = wire::Code::unknown_service;
    rig.edge->carrier->refuse_next = 1;
    Peer visitor = rig.visit(get("/", "Accept: text/plain\r\n"));
    const Message page = visitor.read_message();
    CHECK(page.status() == 503);
    CHECK(page.field("x-size") == std::to_string(page.body.size()));
    rig.edge->carrier->refuse_next = 1;
    visitor.send("HEAD / HTTP/1.1\r\nHost: app.test\r\n\r\n");
    const Message to_head = visitor.read_message(true);
    CHECK(to_head.status() == 503);
    CHECK(to_head.field("x-size") == "0");
    CHECK(rig.collected() == 0);
}

TEST_CASE("gathering: a body that is too large passes whole where failures are open", "[exchange][plugins]") {
    const std::string body = random_text(200'000);
    Rig rig({}, measuring(10'000));
    Peer visitor = rig.visit(get());
    Peer backend = rig.accept();
    (void)backend.read_message();
    backend.send(head(body.size()) + body);
    const Message message = visitor.read_message();
    CHECK_FALSE(message.has("x-size"));
    CHECK(message.body == body);
    CHECK(rig.log.count("a plugin failed") == 1);
    CHECK(rig.collected() == 0);
}

TEST_CASE("gathering: a body that is too large is replaced where failures are closed", "[exchange][plugins]") {
    Rig rig({}, measuring(10), true);
    Peer visitor = rig.visit(get());
    Peer backend = rig.accept();
    (void)backend.read_message();
    backend.send(head(11) + "hello world");
    const Message page = visitor.read_message();
    CHECK(page.status() == 500);
    CHECK(page.field("x-ferrotunnel-error") == "plugin_failed");
    CHECK(rig.collected() == 0);
    (void)backend.read_to_end();  // its connection is not used again
}

TEST_CASE("gathering: a body that does not come in time is a failure of whoever wants it", "[exchange][plugins]") {
    exchange::EdgeSettings settings = quick_settings();
    settings.first_byte_timeout = 100ms;
    Rig rig({}, measuring(0), false, settings);
    // The body of the request does not come either: so the time runs from the answer's head on.
    Peer visitor = rig.visit(post(1));
    Peer backend = rig.accept();
    (void)backend.read_until("\r\n\r\n");
    backend.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nevent\r\n");
    const std::string begun = visitor.read_until("event\r\n");  // a stream of events is passed on, late
    CHECK(begun.find("X-Size") == std::string::npos);
    backend.send("4\r\nmore\r\n");
    (void)visitor.read_until("more\r\n");
    CHECK(rig.log.count("a plugin failed") == 1);
}

TEST_CASE("gathering: a body that breaks off is a page, not half an answer", "[exchange][plugins]") {
    Rig rig({}, measuring(0));
    Peer visitor = rig.visit(get());
    Peer backend = rig.accept();
    (void)backend.read_message();
    backend.send(head(10) + "hello");
    backend.close();
    const Message page = visitor.read_message();
    CHECK(page.status() == 502);
    CHECK(page.complete);
    CHECK(page.body.find("hello") == page.body.npos);
    CHECK(rig.collected() == 0);
}

TEST_CASE("gathering: what was collected is transformed on its way", "[exchange][plugins]") {
    const std::string body = random_text(40'000);
    Rig rig({}, [](Exchange& exchange) {
        expect(exchange.transform(Side::response, rot13_filter()), "the body may be transformed");
        return exchange.collect(0, passes);
    });
    Peer visitor = rig.visit(get());
    Peer backend = rig.accept();
    (void)backend.read_message();
    backend.send(head(body.size()) + body);
    const Message message = visitor.read_message();
    CHECK(message.field("transfer-encoding") == "chunked");
    CHECK(message.body == rot13(body));
    CHECK(rig.collected() == 0);
}

TEST_CASE("gathering: visitors, backends and the edge go meanwhile", "[exchange][plugins]") {
    auto rig = std::make_unique<Rig>(Bodies::Hook(), measuring(0));
    Peer visitor = rig->visit(get());
    Peer backend = rig->accept();
    (void)backend.read_message();
    backend.send(head(10) + "hello");
    eventually([&] { return rig->collected() > 0; });
    visitor.reset();
    eventually([&] { return rig->collected() == 0; });
    Peer second = rig->visit(get());
    Peer other = rig->accept();
    (void)other.read_message();
    other.send(head(10) + "hello");
    eventually([&] { return rig->collected() > 0; });
    rig.reset();
}

TEST_CASE("gathering: a decision on a body may be owed, while its visitor still sends", "[exchange][plugins]") {
    std::vector<Later> owed;
    Rig rig({}, collecting(0, [&](Exchange& exchange, Text) {
                return exchange.later([&](Later later) { owed.push_back(std::move(later)); });
            }));
    Peer visitor = rig.visit(post(10) + "hello");
    Peer backend = rig.accept();
    (void)backend.read_until("hello");
    backend.send(answer("ok"));
    eventually([&] { return on(rig.edge->edge_worker(), [&] { return owed.size() == 1; }); });
    visitor.send("world");
    (void)backend.read_until("world");
    std::move(owed.back()).decide(Decision::go_on());
    CHECK(visitor.read_message().body == "ok");
}
