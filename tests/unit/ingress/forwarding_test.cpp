// Requests between members of a cluster, from the visitor of one to the backend behind another.
#include <catch2/catch.hpp>
#include <thread>

#include "access/lanes.hpp"
#include "unit/ingress/http2_visitor.hpp"
#include "unit/ingress/link_rig.hpp"

namespace ferrotunnel::ingress::test {
namespace {

exchange::EdgeSettings holding(std::chrono::milliseconds hold = 600s) {
    exchange::EdgeSettings settings = quick_settings();
    settings.hold = hold;
    return settings;
}

std::size_t waiting_at(LinkRig& rig) {
    return on(rig.worker(), [&] { return rig.entry->at(0).hold.waiting(); });
}

/// Another member, without any client.
struct EmptyMember {
    explicit EmptyMember(LinkRig& rig) : worker(rig.worker()) {
        EdgeShared shared;
        shared.settings = quick_settings();
        shared.directory = directory;
        edge = std::make_unique<HttpEdge>(std::vector<runtime::Worker*>{&worker}, std::move(shared));
    }
    ~EmptyMember() {
        on(worker, [this] { edge.reset(); });
    }

    runtime::Worker& worker;
    std::shared_ptr<directory::HttpDirectory> directory = std::make_shared<directory::HttpDirectory>();
    std::unique_ptr<HttpEdge> edge;
};

}  // namespace

TEST_CASE("forwarding: requests, one after the other, are served as the host member's own") {
    exchange::EdgeSettings named = quick_settings();
    named.via = "edge";
    LinkRig rig(named, named);
    rig.forward_to({rig.link});
    Peer visitor = rig.visit(get("/1", "X-Forwarded-For: 9.9.9.9\r\nVia: 1.1 before\r\n"));
    Peer backend = rig.host.backend.accept();
    Message request = backend.read_message();
    CHECK(request.start == "GET /1 HTTP/1.1");
    CHECK(request.field("x-forwarded-for") == "127.0.0.1");  // the visitor's own claim is not trusted
    CHECK(request.field("x-forwarded-proto") == "http");
    CHECK(request.fields.count("via") == 2);  // the visitor's, and that of one edge
    backend.send(answer("one", "Via: 1.0 backend\r\n"));
    Message response = visitor.read_message();
    CHECK(response.body == "one");
    CHECK(response.fields.count("x-request-id") == 1);
    CHECK(response.field("x-request-id") == request.field("x-request-id"));
    CHECK(response.fields.count("date") == 1);

    visitor.send(post(5) + "hello");
    request = backend.read_message();
    CHECK(request.body == "hello");
    backend.send(answer("two"));
    CHECK(visitor.read_message().body == "two");
    CHECK(rig.link->opens == 1);
    CHECK(rig.host.backend.accepted == 1);
}

TEST_CASE("forwarding: HEAD, 204, chunks with trailers, and a body of unknown length") {
    LinkRig rig;
    rig.forward_to({rig.link});
    Peer visitor = rig.visit("HEAD / HTTP/1.1\r\nHost: app.test\r\n\r\n");
    Peer backend = rig.host.backend.accept_request();
    backend.send("HTTP/1.1 200 OK\r\nContent-Length: 77\r\n\r\n");
    CHECK(visitor.read_message(true).field("content-length") == "77");

    visitor.send(get());
    backend.read_message();
    backend.send("HTTP/1.1 204 No Content\r\n\r\n");
    CHECK(visitor.read_message().status() == 204);

    visitor.send(
        "POST / HTTP/1.1\r\nHost: app.test\r\nTransfer-Encoding: chunked\r\nTE: trailers\r\n"
        "Connection: TE\r\nTrailer: X-Sum\r\n\r\n4\r\nbody\r\n0\r\nX-Sum: up\r\n\r\n");
    const Message request = backend.read_message();
    CHECK(request.body == "body");
    CHECK(request.trailers == "X-Sum: up\r\n");
    backend.send(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n6\r\nanswer\r\n0\r\n"
        "X-Sum: down\r\n\r\n");
    const Message response = visitor.read_message();
    CHECK(response.body == "answer");
    CHECK(response.trailers == "X-Sum: down\r\n");

    visitor.send(get());
    backend.read_message();
    backend.send("HTTP/1.1 200 OK\r\n\r\nuntil the end");
    backend.close();
    const Message last = visitor.read_message();
    CHECK(last.body == "until the end");
    CHECK(last.complete);
}

TEST_CASE("forwarding: after 101 the bytes of both sides pass, and their ends") {
    LinkRig rig;
    rig.forward_to({rig.link});
    Peer visitor =
        rig.visit("GET /chat HTTP/1.1\r\nHost: app.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nearly");
    Peer backend = rig.host.backend.accept();
    CHECK(backend.read_message().field("upgrade") == "websocket");
    backend.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello");
    const Message response = visitor.read_message();
    CHECK(response.status() == 101);
    CHECK(response.field("upgrade") == "websocket");
    CHECK(visitor.read_exactly(5) == "hello");
    CHECK(backend.read_exactly(5) == "early");
    const std::string bulk = random_text(1'000'000);
    std::thread echo([&] { backend.send(backend.read_exactly(bulk.size())); });
    visitor.send(bulk);
    CHECK(visitor.read_exactly(bulk.size()) == bulk);
    echo.join();
    SECTION("the visitor's first") {
        visitor.send("bye");
        visitor.finish();
        CHECK(backend.read_to_end() == "bye");
        backend.send("goodbye");
        backend.close();
        CHECK(visitor.read_to_end() == "goodbye");
    }
    SECTION("the visitor's reset") {
        visitor.reset();
        CHECK(backend.read_to_end().empty());
        CHECK(backend.was_reset());
    }
}

TEST_CASE("forwarding: a visitor of HTTP/2, with trailers") {
    LinkRig rig(with_h2c());
    rig.forward_to({rig.link});
    Peer visitor = rig.visit(hello + h2::test::request(1));
    Peer backend = rig.host.backend.accept();
    CHECK(backend.read_message().start == "GET / HTTP/1.1");
    backend.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\nGrpc-Status: 0\r\n\r\n");
    CHECK(read_until(visitor, h2::test::headers).stream == 1);
    CHECK(read_until(visitor, h2::test::data).payload == "body");
    CHECK((read_until(visitor, h2::test::headers).flags & h2::test::end_stream) != 0);  // the trailers
}

TEST_CASE("forwarding: a visitor that leaves takes its request with it") {
    LinkRig rig;
    rig.forward_to({rig.link});
    Peer visitor = rig.visit(get());
    Peer backend = rig.host.backend.accept_request();
    visitor.reset();
    CHECK(backend.read_to_end().empty());
    CHECK(backend.was_reset());
    CHECK(eventually([&] { return rig.host.edge->connections() == 0; }));
}

TEST_CASE("forwarding: a side that does not read holds the other back, in bounded memory") {
    LinkRig rig;
    rig.forward_to({rig.link});
    constexpr std::size_t size = 48 << 20;
    constexpr std::size_t most = 32 << 20;  // buffers of five sockets, windows and queues
    const std::string body = random_text(size);
    SECTION("the backend") {
        Peer visitor = rig.visit(post(size));
        Peer backend = rig.host.backend.accept();
        const std::size_t sent = visitor.send_what_fits(body);
        CHECK(sent < most);
        std::thread rest([&] { visitor.send(std::string_view(body).substr(sent)); });
        CHECK((backend.read_message().body == body));
        rest.join();
    }
    SECTION("the visitor") {
        Peer visitor = rig.visit(get());
        Peer backend = rig.host.backend.accept_request();
        backend.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n");
        const std::size_t sent = backend.send_what_fits(body);
        CHECK(sent < most);
        std::thread rest([&] { backend.send(std::string_view(body).substr(sent)); });
        CHECK((visitor.read_message().body == body));
        rest.join();
    }
}

TEST_CASE("forwarding: a stream of a link is for one visitor alone") {
    LinkRig rig;
    rig.forward_to({rig.link});
    Peer first = rig.visit(get("/1"));
    Peer backend = rig.host.backend.accept_request();
    backend.send(answer("1"));
    CHECK(first.read_message().body == "1");
    REQUIRE(eventually([&] { return on(rig.worker(), [&] { return rig.entry->at(0).pool.size(); }) == 1; }));
    Peer second = rig.visit(get("/2"));
    CHECK(backend.read_message().start == "GET /2 HTTP/1.1");  // to the backend its connection may be shared
    backend.send(answer("2"));
    CHECK(second.read_message().body == "2");
    CHECK(rig.link->opens == 2);
    first.send(get("/3"));
    CHECK(backend.read_message().start == "GET /3 HTTP/1.1");
    backend.send(answer("3"));
    CHECK(first.read_message().body == "3");
    CHECK(rig.link->opens == 2);
}

TEST_CASE("forwarding: a member without the service is passed over, before anything was done") {
    LinkRig rig;
    EmptyMember empty(rig);
    const auto nowhere = rig.add_link("empty", *empty.edge);
    const auto nowhere_too = rig.add_link("empty too", *empty.edge);
    rig.forward_to({nowhere, nowhere_too, rig.link});
    Peer visitor = rig.visit(post(5) + "hello");
    Peer backend = rig.host.backend.accept();
    CHECK(backend.read_message().body == "hello");  // although a POST is not repeated
    backend.send(answer("ok"));
    CHECK(visitor.read_message().body == "ok");
    CHECK(nowhere->opens == 1);
    CHECK(nowhere_too->opens == 1);
    CHECK(empty.edge->counters().pages == 0);
    on(rig.worker(), [&] { rig.entry->at(0).pool.clear(); });
}

TEST_CASE("forwarding: at most three members are tried, then the request waits, and gets 503") {
    LinkRig rig(holding(GENERATE(0ms, 300ms)));
    EmptyMember empty(rig);
    std::vector<std::shared_ptr<LinkCarrier>> links;
    for (const char* name : {"a", "b", "c"}) {
        links.push_back(rig.add_link(name, *empty.edge));
    }
    links.push_back(rig.link);
    rig.forward_to(links);
    Peer visitor = rig.visit(get());
    CHECK(visitor.read_message().status() == 503);
    CHECK(links[0]->opens + links[1]->opens + links[2]->opens == 3);
    CHECK(rig.link->opens == 0);
}

TEST_CASE("forwarding: a request that waits is sent again after a change, to so many members in all") {
    LinkRig rig(holding());
    EmptyMember empty(rig);
    const auto link = rig.add_link("a", *empty.edge);
    rig.forward_to({link});
    Peer visitor = rig.visit(get());
    REQUIRE(eventually([&] { return waiting_at(rig) == 1; }));
    const auto change = [&](int i) {
        must_join(*rig.directory, rig.client, 100 + i, described("other" + std::to_string(i) + ".test"), rig.link);
    };
    SECTION("it has the service by now") {
        must_join(*empty.directory, {}, 1, described("app.test"), rig.host.carrier);
        change(0);
        Peer backend = rig.host.backend.accept_request();
        backend.send(answer("late"));
        CHECK(visitor.read_message().body == "late");
        CHECK(link->opens == 2);
    }
    SECTION("there is a way to its member again") {
        must_join(*empty.directory, {}, 1, described("app.test"), rig.host.carrier);
        rig.directory->carrier_is_back();
        Peer backend = rig.host.backend.accept_request();
        backend.send(answer("late"));
        CHECK(visitor.read_message().body == "late");
    }
    SECTION("another member has it") {
        auto service = rig.directory->routes()->find("app.test", "/", Clock::now()).service->shared_from_this();
        rig.directory->leave(*service, *link, Clock::now());
        rig.forward_to({rig.link});
        serve_one(*std::make_unique<Peer>(rig.host.backend.accept()), "moved");
        CHECK(visitor.read_message().body == "moved");
        CHECK(link->opens == 1);
    }
    SECTION("a client of this server has it: its rules apply") {
        auto service = rig.directory->routes()->find("app.test", "/", Clock::now()).service->shared_from_this();
        rig.directory->leave(*service, *link, Clock::now());
        must_join(*rig.directory, rig.client, 2, described("app.test"), rig.host.carrier);
        on(rig.worker(), [&] { rig.host.places[2] = rig.host.backend.place(); });
        Peer backend = rig.host.backend.accept();
        CHECK(backend.read_message().field("x-forwarded-for") == "127.0.0.1");
        backend.send(answer("home"));
        CHECK(visitor.read_message().body == "home");
    }
    SECTION("none has it, however often something changes") {
        for (int i = 0; i < 10; ++i) {
            const int before = link->opens;
            change(i);
            REQUIRE(eventually([&] { return waiting_at(rig) == 1 && (link->opens > before || before >= 8); }));
        }
        CHECK(link->opens == 8);
    }
    on(rig.worker(), [&] { rig.entry->at(0).pool.clear(); });
    visitor.reset();
    CHECK(eventually([&] { return waiting_at(rig) == 0; }));
}

TEST_CASE("forwarding: a change that comes before a refusal is not lost") {
    LinkRig rig(holding());
    EmptyMember empty(rig);
    const auto link = rig.add_link("a", *empty.edge);
    link->stands_still = true;
    rig.forward_to({link});
    Peer visitor = rig.visit(get());
    REQUIRE(eventually([&] { return link->opens == 1; }));
    must_join(*rig.directory, rig.client, 100, described("other.test"), rig.link);
    link->go_on();  // the refusal is older than the change
    REQUIRE(eventually([&] { return link->opens == 2; }));
    REQUIRE(eventually([&] { return waiting_at(rig) == 1; }));
    must_join(*empty.directory, {}, 1, described("app.test"), rig.host.carrier);
    must_join(*rig.directory, rig.client, 101, described("another.test"), rig.link);
    Peer backend = rig.host.backend.accept_request();
    backend.send(answer("late"));
    CHECK(visitor.read_message().body == "late");
    CHECK(link->opens == 3);
    on(rig.worker(), [&] { rig.entry->at(0).pool.clear(); });
}

TEST_CASE("forwarding: on a kept stream, too, a member may no longer have the service") {
    LinkRig rig;
    EmptyMember other(rig);
    must_join(*other.directory, {}, 1, described("app.test"), rig.host.carrier);
    const auto second = rig.add_link("second", *other.edge);
    rig.forward_to({rig.link, second});
    Peer visitor = rig.visit(post(3) + "one");
    Peer backend = rig.host.backend.accept_request();
    backend.send(answer("1"));
    CHECK(visitor.read_message().body == "1");
    auto service = rig.host.directory->routes()->find("app.test", "/", Clock::now()).service->shared_from_this();
    rig.host.directory->leave(*service, *rig.host.carrier, Clock::now());
    visitor.send(post(3) + "two");
    Peer next = rig.host.backend.accept();
    CHECK(next.read_message().body == "two");
    next.send(answer("2"));
    CHECK(visitor.read_message().body == "2");
    CHECK(second->opens == 1);
}

TEST_CASE("forwarding: what a lost link had is sent again only if that does no harm") {
    LinkRig rig;
    EmptyMember other(rig);
    must_join(*other.directory, {}, 1, described("app.test"), rig.host.carrier);
    const auto second = rig.add_link("second", *other.edge);
    rig.forward_to({rig.link, second});
    const bool repeatable = GENERATE(true, false);
    Peer visitor = rig.visit(repeatable ? get() : post(3) + "one");
    Peer lost = rig.host.backend.accept_request();
    rig.link->busy = 1000;  // another one is preferred
    on(rig.worker(), [&] { rig.link->cut(); });
    if (repeatable) {
        Peer backend = rig.host.backend.accept_request();
        backend.send(answer("again"));
        CHECK(visitor.read_message().body == "again");
    } else {
        CHECK(visitor.read_message().status() == 502);
        CHECK(second->opens == 0);
    }
}

TEST_CASE("forwarding: what a member does not accept in time is sent again only if that does no harm") {
    exchange::EdgeSettings settings = quick_settings();
    settings.backend_connect_timeout = 1s;
    LinkRig rig(settings);
    EmptyMember other(rig);
    must_join(*other.directory, {}, 1, described("app.test"), rig.host.carrier);
    const auto second = rig.add_link("second", *other.edge);
    rig.forward_to({rig.link, second});
    rig.link->stands_still = true;
    const bool repeatable = GENERATE(true, false);
    Peer visitor = rig.visit(repeatable ? get() : post(3) + "one");
    if (repeatable) {
        Peer backend = rig.host.backend.accept_request();
        backend.send(answer("again"));
        CHECK(visitor.read_message().body == "again");
    } else {  // it may arrive there yet
        CHECK(visitor.read_message().status() == 502);
        CHECK(second->opens == 0);
    }
}

TEST_CASE("forwarding: the host member answers as for its own visitors, and the entry adds nothing") {
    LinkRig rig;
    rig.forward_to({rig.link});
    Peer visitor = rig.visit(get());
    rig.host.backend.accept_request().close();
    const Message page = visitor.read_message();
    CHECK(page.status() == 502);
    CHECK(page.field("x-ferrotunnel-error") == "closed_early");
    CHECK(page.fields.count("x-request-id") == 1);
    CHECK(page.fields.count("date") == 1);
    CHECK(rig.entry->counters().pages == 0);
    CHECK(rig.host.counters().pages == 1);
}

TEST_CASE("forwarding: the entry's access log names the member that had the request last") {
    const auto lanes = std::make_shared<access::Lanes>(1, 100'000);
    LinkRig rig(quick_settings(), quick_settings(), [&](EdgeShared& shared) {
        auto format = access::Format::parse("{method} {status} {member} {sent}", {});
        shared.access = {lanes, std::make_shared<const access::Format>(std::move(*format))};
    });
    EmptyMember empty(rig);
    rig.forward_to({rig.add_link("empty", *empty.edge), rig.link});
    Peer visitor = rig.visit(get());
    Peer backend = rig.host.backend.accept_request();
    backend.send(answer("five5"));
    CHECK(visitor.read_message().body == "five5");
    visitor.send(get());  // on the kept stream
    backend.read_message();
    backend.send(answer("six666"));
    CHECK(visitor.read_message().body == "six666");
    std::string lines;
    CHECK(eventually([&] {
        lanes->take_all(lines);
        return lines == "GET 200 host 5\nGET 200 host 6\n";
    }));
    on(rig.worker(), [&] { rig.entry->at(0).pool.clear(); });
}

}  // namespace ferrotunnel::ingress::test
