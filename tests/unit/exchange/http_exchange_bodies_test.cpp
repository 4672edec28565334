// Exchanges whose bodies plugins look at: what backends and visitors get, byte for byte, and what happens where one of
// the two goes, or is slow, meanwhile.
#include <atomic>
#include <catch2/catch.hpp>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/limits.hpp"
#include "unit/exchange/bodies_rig.hpp"
#include "unit/ingress/http2_visitor.hpp"
#include "unit/plugin/body_rig.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::ingress;
using namespace ferrotunnel::ingress::test;
using namespace ferrotunnel::exchange::test;
using namespace std::chrono_literals;
using ferrotunnel::test::counting_filter;
using ferrotunnel::test::Made;
using ferrotunnel::test::rot13;
using ferrotunnel::test::rot13_filter;
using plugin::Decision;
using plugin::Exchange;
using plugin::Later;
using plugin::Side;
using plugin::Sink;
using plugin::Text;

namespace {

std::string chunked_post(const std::string& chunks) {
    return "POST / HTTP/1.1\r\nHost: app.test\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks;
}

/// Holds all back until it is asked for it.
class Holding final : public plugin::BodyFilter {
public:
    void chunk(Text in, bool last, Sink& out) override {
        held_ += in;
        if (last) {
            flush(out);
        }
    }
    void flush(Sink& out) override { out.write(std::exchange(held_, {}) + "|"); }

private:
    std::string held_;
};

std::unique_ptr<plugin::BodyFilter> holding_filter() {
    return std::make_unique<Holding>();
}

}  // namespace

TEST_CASE("bodies: what a filter holds back of a slow request or answer does not wait for its end",
          "[exchange][plugins]") {
    Rig rig(transforming(Side::request, holding_filter), transforming(Side::response, holding_filter));
    Peer visitor = rig.visit(post(10) + "hello");
    Peer backend = rig.accept();
    (void)backend.read_until("6\r\nhello|");
    visitor.send("again");
    (void)backend.read_until("again|\r\n0\r\n\r\n");
    backend.send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nab");
    (void)visitor.read_until("3\r\nab|");
    backend.send("cd");
    (void)visitor.read_until("3\r\ncd|");
    backend.send("ef");
    (void)visitor.read_until("ef|\r\n");
}

TEST_CASE("bodies: an answer of which little becomes gives way to other visitors, and arrives", "[exchange][plugins]") {
    Rig rig({}, transforming(Side::response, [] {
                return Made::of([n = std::size_t{0}](Text in, bool last, Sink& out) mutable {
                    n += in.size();
                    if (last) {
                        out.write(std::to_string(n));
                    }
                });
            }));
    constexpr std::size_t size = 5'000'000;
    Peer visitor = rig.visit(get());
    Peer backend = rig.accept();
    (void)backend.read_message();
    std::thread sender([&] { backend.send(answer(std::string(size, 'a'))); });
    CHECK(visitor.read_message().body == std::to_string(size));
    sender.join();
}

// --- transforms of requests ---

TEST_CASE("bodies: a request's body is transformed, and framed again", "[exchange][plugins]") {
    Rig rig(transforming(Side::request, counting_filter));
    Peer visitor = rig.visit(post(5, "Content-MD5: x\r\n") + "hello");
    Peer backend = rig.accept();
    const Message request = backend.read_message();
    CHECK(request.body == "hello=5");
    CHECK(request.complete);
    CHECK(request.field("transfer-encoding") == "chunked");
    CHECK_FALSE(request.has("content-length"));
    CHECK_FALSE(request.has("content-md5"));
    backend.send(answer("ok"));
    CHECK(visitor.read_message().body == "ok");
    CHECK(rig.outcome().request_bytes == 5);
    visitor.send(post(0));  // the connection continues, on both sides
    CHECK(backend.read_message().body == "=0");
    backend.send(answer("again"));
    CHECK(visitor.read_message().body == "again");
    visitor.send(get());  // without a body there is nothing to transform
    CHECK_FALSE(backend.read_message().has("transfer-encoding"));
}

TEST_CASE("bodies: a transformed body does not depend on how it was cut on its way", "[exchange][plugins]") {
    Rig rig(transforming(Side::request, counting_filter));
    const std::string whole = post(10) + "0123456789";
    Peer visitor = rig.visit("");
    Peer backend;
    for (std::size_t cut = whole.size() - 10; cut < whole.size(); ++cut) {
        visitor.send(whole.substr(0, cut));
        if (!backend) {
            backend = rig.accept();
        }
        std::string seen = backend.read_until("\r\n\r\n");
        visitor.send(whole.substr(cut));
        seen += backend.read_until("0\r\n\r\n");
        CHECK(seen.find("chunked") != std::string::npos);
        CHECK(seen.find("=10\r\n") != std::string::npos);
        backend.send(answer("ok"));
        CHECK(visitor.read_message().body == "ok");
    }
}

TEST_CASE("bodies: chunks and trailers of a request come behind what was made of it", "[exchange][plugins]") {
    Rig rig(transforming(Side::request, [] {
        return Made::of([all = std::string()](Text in, bool last, Sink& out) mutable {
            all += in;
            if (last) {
                out.write(rot13(all));
            }
        });
    }));
    Peer visitor = rig.visit(chunked_post("3\r\nabc\r\n2\r\nde\r\n0\r\nX-Sum: 1\r\nContent-Digest: old\r\n\r\n"));
    Peer backend = rig.accept();
    const Message request = backend.read_message();
    CHECK(request.body == "nopqr");
    CHECK(request.trailers == "X-Sum: 1\r\n");
    backend.send(answer("ok"));
    CHECK(visitor.read_message().body == "ok");
    CHECK(rig.edge->pooled() == 1);
}

TEST_CASE("bodies: a large upload is transformed, with a backend that is slow at first", "[exchange][plugins]") {
    Rig rig(transforming(Side::request, rot13_filter));
    const std::string body = random_text(3'000'000);
    Peer visitor = rig.visit(post(body.size()));
    Peer backend = rig.accept();
    const std::size_t sent = visitor.send_what_fits(body);  // until everything on the way is full
    std::thread rest([&] { visitor.send(std::string_view(body).substr(sent)); });
    const Message request = backend.read_message();
    rest.join();
    CHECK(request.complete);
    CHECK(request.body == rot13(body));
    backend.send(answer("ok"));
    CHECK(visitor.read_message().body == "ok");
}

TEST_CASE("bodies: a transform that makes much of little is held back by its backend", "[exchange][plugins]") {
    std::atomic<std::size_t> fed{0};
    Rig rig(transforming(Side::request, [&fed] {
        return Made::of([&fed](Text in, bool, Sink& out) {
            fed += in.size();
            out.write(std::string(in.size() * 50, 'm'));
        });
    }));
    const std::string body(1'000'000, 'x');
    Peer visitor = rig.visit(post(body.size()));
    Peer backend = rig.accept();
    (void)visitor.send_what_fits(body);
    CHECK(fed < body.size());
    visitor.reset();
    CHECK_FALSE(rig.outcome().complete);
    (void)backend.read_to_end();
    CHECK(backend.was_reset());
}

TEST_CASE("bodies: a request is sent when its last byte has left, not when the visitor has said it",
          "[exchange][plugins]") {
    Rig rig(transforming(Side::request, [] {
        return Made::of(
            [](Text, bool last, Sink& out) {
                if (last) {
                    out.write(std::string(limits::plugin_body_output_max, 'z'));
                    out.more();
                }
            },
            [](Sink& out) {
                out.write(std::string(limits::plugin_body_output_max, 'z'));
                out.more();
            });
    }));
    Peer visitor = rig.visit(post(1) + "a");
    Peer backend = rig.accept();
    (void)backend.read_until("\r\n\r\n");
    backend.send(answer("early"));
    const Message early = visitor.read_message();
    CHECK(early.body == "early");
    CHECK(early.field("connection") == "close");
    (void)backend.read_to_end();  // the rest must not become another request
    CHECK(rig.edge->pooled() == 0);
}

TEST_CASE("bodies: a failed transform of a request is a page, or cuts the answer that has begun",
          "[exchange][plugins]") {
    const auto fails_at = [](int call) {
        return [call] {
            return Made::of([call, n = 0](Text in, bool, Sink& out) mutable {
                if (++n == call) {
                    throw std::runtime_error("broken");
                }
                out.write(in);
            });
        };
    };
    {
        Rig rig(transforming(Side::request, fails_at(1)), {}, true);
        Peer visitor = rig.visit(post(5) + "hello");
        CHECK(visitor.read_message().status() == 503);
    }
    {
        Rig rig(transforming(Side::request, fails_at(2)));
        Peer visitor = rig.visit(post(10) + "hello");
        Peer backend = rig.accept();
        (void)backend.read_until("hello");
        visitor.send("world");
        const Message page = visitor.read_message();
        CHECK(page.status() == 500);
        CHECK(page.field("x-ferrotunnel-error") == "plugin_failed");
        (void)backend.read_to_end();
        CHECK(backend.was_reset());
    }
    {
        Rig rig(transforming(Side::request, fails_at(2)));
        Peer visitor = rig.visit(post(10) + "hello");
        Peer backend = rig.accept();
        (void)backend.read_until("hello");
        backend.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n");
        (void)visitor.read_until("ab\r\n");
        visitor.send("world");
        CHECK(visitor.read_to_end().find("0\r\n\r\n") == std::string::npos);
    }
    {  // an open one that fails at once is passed over
        Rig rig(transforming(Side::request, fails_at(1)));
        Peer visitor = rig.visit(post(5) + "hello");
        CHECK(rig.accept().read_message().body == "hello");
    }
}

TEST_CASE("bodies: a transformed request that is sent again is as it was sent", "[exchange][plugins]") {
    std::atomic<int> made{0};
    Rig rig([&](Exchange& exchange) {
        exchange.transform(Side::request, Made::of([n = ++made](Text in, bool last, Sink& out) {
                               out.write(in);
                               out.write(last ? "#" + std::to_string(n) : "");
                           }));
        return Decision::go_on();
    });
    Peer visitor = rig.visit("PUT / HTTP/1.1\r\nHost: app.test\r\nContent-Length: 3\r\n\r\none");
    Peer backend = rig.accept();
    CHECK(backend.read_message().body == "one#1");
    backend.send(answer("ok"));
    CHECK(visitor.read_message().body == "ok");
    visitor.send("PUT / HTTP/1.1\r\nHost: app.test\r\nContent-Length: 3\r\n\r\ntwo");
    CHECK(backend.read_message().body == "two#2");
    backend.close();  // an old connection, without an answer
    Peer second = rig.accept();
    CHECK(second.read_message().body == "two#2");
    second.send(answer("done"));
    CHECK(visitor.read_message().body == "done");
}

TEST_CASE("bodies: a backend goes, or the edge, while a request's body is transformed", "[exchange][plugins]") {
    auto rig = std::make_unique<Rig>(transforming(Side::request, counting_filter));
    Peer visitor = rig->visit(post(10) + "hello");
    Peer backend = rig->accept();
    (void)backend.read_until("hello");
    backend.close();
    CHECK(visitor.read_message().status() == 502);
    Peer another = rig->visit(post(10) + "hello");
    Peer second = rig->accept();
    (void)second.read_until("hello");
    rig.reset();
    CHECK(second.read_to_end().find("=10") == std::string::npos);
}

TEST_CASE("bodies: a backend that does not answer a transformed request in time", "[exchange][plugins]") {
    exchange::EdgeSettings settings = quick_settings();
    settings.first_byte_timeout = 100ms;
    Rig rig(transforming(Side::request, counting_filter), {}, false, settings);
    Peer visitor = rig.visit(post(5) + "hello");
    Peer backend = rig.accept();
    CHECK(backend.read_message().body == "hello=5");
    CHECK(visitor.read_message().status() == 504);
}

// --- looks ---

TEST_CASE("bodies: a guard that fails while it looks lets nothing more pass", "[exchange][plugins]") {
    const auto fails = [](Side side) {
        return [side](Exchange& exchange) {
            exchange.observe(side, [](Text piece) { expect(piece.find('!') == Text::npos, "nothing is loud"); });
            return Decision::go_on();
        };
    };
    Rig rig(fails(Side::request), fails(Side::response), true);
    {
        Peer visitor = rig.visit(post(10) + "hello");
        Peer backend = rig.accept();
        (void)backend.read_until("hello");
        visitor.send("loud!");
        CHECK(visitor.read_message().status() == 500);
        (void)backend.read_to_end();
    }
    Peer visitor = rig.visit(get());
    Peer backend = rig.accept();
    (void)backend.read_message();
    backend.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello");
    (void)visitor.read_until("hello");
    backend.send("loud!");
    CHECK(visitor.read_to_end().find('!') == std::string::npos);
}

TEST_CASE("bodies: a look changes nothing in either direction", "[exchange][plugins]") {
    Noted up;
    Noted down;
    std::atomic<int> ends{0};
    Rig rig(
        [&](Exchange& exchange) {
            exchange.observe(Side::request, [&](Text piece, bool last) {
                up.add(piece);
                ends += last ? 1 : 0;
            });
            return Decision::go_on();
        },
        [&](Exchange& exchange) {
            exchange.observe(Side::response, [&](Text piece, bool last) {
                down.add(piece);
                ends += last ? 1 : 0;
            });
            return Decision::go_on();
        });
    const std::string body = random_text(200'000);
    Peer visitor = rig.visit(post(body.size()));
    std::thread sends([&] { visitor.send(body); });
    Peer backend = rig.accept();
    const Message request = backend.read_message();
    sends.join();
    CHECK(request.body == body);
    CHECK(request.field("content-length") == std::to_string(body.size()));
    backend.send(answer(body, "ETag: \"e\"\r\n"));
    const Message message = visitor.read_message();
    CHECK(message.body == body);
    CHECK(message.field("content-length") == std::to_string(body.size()));
    CHECK(message.field("etag") == "\"e\"");
    (void)rig.outcome();
    CHECK(up.text() == body);
    CHECK(down.text() == body);
    CHECK(ends == 2);
    CHECK(rig.edge->pooled() == 1);
}

// --- transforms of answers ---

TEST_CASE("bodies: an answer's body is transformed and framed again, whatever its framing was", "[exchange][plugins]") {
    Rig rig({}, transforming(Side::response, counting_filter));
    Peer visitor = rig.visit(get());
    Peer backend = rig.accept();
    (void)backend.read_message();
    backend.send(answer("hello", "ETag: \"e\"\r\nAccept-Ranges: bytes\r\nDigest: x\r\n"));
    const Message first = visitor.read_message();
    CHECK(first.body == "hello=5");
    CHECK(first.field("transfer-encoding") == "chunked");
    CHECK_FALSE(first.has("content-length"));
    CHECK_FALSE(first.has("accept-ranges"));
    CHECK_FALSE(first.has("digest"));
    CHECK(first.field("etag") == "W/\"e\"");
    visitor.send(get());
    (void)backend.read_message();
    backend.send(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\nDigest: y\r\nX-T: 1\r\n\r\n");
    const Message second = visitor.read_message();
    CHECK(second.body == "abc=3");
    CHECK(second.trailers == "X-T: 1\r\n");
    visitor.send(get());
    (void)backend.read_message();
    backend.send(answer(""));
    CHECK(visitor.read_message().body == "=0");
    visitor.send(get());
    (void)backend.read_message();
    backend.send("HTTP/1.1 200 OK\r\n\r\nuntil the end");
    backend.close();
    const Message last = visitor.read_message();
    CHECK(last.complete);
    CHECK(last.body == "until the end=13");
}

TEST_CASE("bodies: an answer cut at every place comes out the same", "[exchange][plugins]") {
    Rig rig({}, transforming(Side::response, counting_filter));
    const std::string whole = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
    Peer visitor = rig.visit("");
    Peer backend;
    for (std::size_t cut = 1; cut < whole.size(); ++cut) {
        visitor.send(get());
        if (!backend) {
            backend = rig.accept();
        }
        (void)backend.read_message();
        backend.send(whole.substr(0, cut));
        backend.send(whole.substr(cut));
        const Message message = visitor.read_message();
        CHECK(message.complete);
        CHECK(message.body == "abcde=5");
    }
}

TEST_CASE("bodies: towards HTTP/1.0 a transformed answer lasts until the close", "[exchange][plugins]") {
    Rig rig({}, transforming(Side::response, counting_filter));
    Peer visitor = rig.visit("GET / HTTP/1.0\r\nHost: app.test\r\nConnection: keep-alive\r\n\r\n");
    Peer backend = rig.accept();
    serve_one(backend, "hello");
    const Message message = visitor.read_message();
    CHECK(message.body == "hello=5");
    CHECK(message.complete);
    CHECK_FALSE(message.has("transfer-encoding"));
    CHECK_FALSE(message.has("content-length"));
    CHECK(message.field("connection") == "close");
}

TEST_CASE("bodies: HEAD says what GET would, and has no body; 204 and 304 neither", "[exchange][plugins]") {
    Rig rig({}, transforming(Side::response, counting_filter));
    Peer visitor = rig.visit("HEAD / HTTP/1.1\r\nHost: app.test\r\n\r\n");
    Peer backend = rig.accept();
    (void)backend.read_message();
    backend.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nETag: \"e\"\r\nAccept-Ranges: bytes\r\n\r\n");
    const Message head = visitor.read_message(true);
    CHECK(head.status() == 200);
    CHECK_FALSE(head.has("content-length"));
    CHECK_FALSE(head.has("accept-ranges"));
    CHECK(head.field("etag") == "W/\"e\"");
    visitor.send(get());
    (void)backend.read_message();
    backend.send("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\nETag: \"e\"\r\n\r\n");
    const Message unchanged = visitor.read_message();
    CHECK(unchanged.status() == 304);
    CHECK_FALSE(unchanged.has("content-length"));
    CHECK(unchanged.field("etag") == "W/\"e\"");
    visitor.send(get());
    (void)backend.read_message();
    backend.send("HTTP/1.1 204 No Content\r\n\r\n");
    CHECK(visitor.read_message().status() == 204);
    visitor.send(get());  // nothing was left between the answers
    (void)backend.read_message();
    backend.send(answer("x"));
    CHECK(visitor.read_message().body == "x=1");
}

TEST_CASE("bodies: an interim answer has no hooks, and a part of a file stays what it is", "[exchange][plugins]") {
    Rig rig({}, [](Exchange& exchange) {
        expect(exchange.status() >= 200, "the answer is final");
        expect(exchange.transform(Side::response, counting_filter()) == (exchange.status() != 206), "206 stays");
        return Decision::go_on();
    });
    Peer visitor = rig.visit(get());
    Peer backend = rig.accept();
    (void)backend.read_message();
    backend.send("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + answer("x"));
    CHECK(visitor.read_message().status() == 103);
    CHECK(visitor.read_message().body == "x=1");
    visitor.send(get("/", "Range: bytes=0-3\r\n"));
    (void)backend.read_message();
    backend.send("HTTP/1.1 206 Partial\r\nContent-Length: 4\r\nContent-Range: bytes 0-3/9\r\nETag: \"e\"\r\n\r\npart");
    const Message part = visitor.read_message();
    CHECK(part.body == "part");
    CHECK(part.field("content-length") == "4");
    CHECK(part.field("etag") == "\"e\"");
}

TEST_CASE("bodies: what follows a change of protocols is not a body", "[exchange][plugins]") {
    Rig rig(
        [](Exchange& exchange) {
            expect(exchange.observe(Side::request, [](Text) { expect(false, "there is no body"); }), "a look");
            return Decision::go_on();
        },
        [](Exchange& exchange) {
            expect(!exchange.observe(Side::response, [](Text) {}), "not behind a 101");
            expect(!exchange.transform(Side::response, rot13_filter()), "not behind a 101");
            return Decision::go_on();
        });
    Peer visitor = rig.visit(get("/", "Connection: upgrade\r\nUpgrade: websocket\r\n"));
    Peer backend = rig.accept();
    (void)backend.read_message();
    backend.send("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\nraw");
    CHECK(visitor.read_message().status() == 101);
    CHECK(visitor.read_exactly(3) == "raw");
    visitor.send("and back");
    CHECK(backend.read_exactly(8) == "and back");
    visitor.close();
    backend.close();
    const plugin::Outcome outcome = rig.outcome();
    CHECK(outcome.request_bytes == 8);
    CHECK(outcome.response_bytes == 3);
}

TEST_CASE("bodies: pages and answers of plugins pass the transforms of those that saw the request",
          "[exchange][plugins]") {
    Rig rig({}, transforming(Side::response, counting_filter));
    rig.edge->carrier->refuse_next = 1;
    rig.edge->carrier->refuse_with = wire::Code::unknown_service;
    Peer visitor = rig.visit(get("/", "Accept: text/plain\r\n"));
    const Message page = visitor.read_message();
    CHECK(page.status() == 503);
    CHECK(page.complete);
    CHECK(page.field("transfer-encoding") == "chunked");
    const std::size_t at = page.body.rfind('=');
    REQUIRE(at != std::string::npos);
    CHECK(page.body.substr(at + 1) == std::to_string(at));
    rig.edge->carrier->refuse_next = 1;
    visitor.send("HEAD / HTTP/1.1\r\nHost: app.test\r\n\r\n");
    CHECK_FALSE(visitor.read_message(true).has("content-length"));
    visitor.send(get());
    Peer backend = rig.accept();
    serve_one(backend, "x");
    CHECK(visitor.read_message().body == "x=1");
}

TEST_CASE("bodies: a failed transform cuts an answer that has begun", "[exchange][plugins]") {
    Rig rig({}, transforming(Side::response, [] {
                return Made::of([n = 0](Text in, bool, Sink& out) mutable {
                    if (++n == 2) {
                        throw std::runtime_error("broken");
                    }
                    out.write(in);
                });
            }));
    Peer visitor = rig.visit(get());
    Peer backend = rig.accept();
    (void)backend.read_message();
    backend.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello");
    (void)visitor.read_until("hello\r\n");
    backend.send("world");
    CHECK(visitor.read_to_end().find("0\r\n") == std::string::npos);
    CHECK_FALSE(rig.outcome().complete);
    (void)backend.read_to_end();
}

TEST_CASE("bodies: a backend that goes within its answer cuts what is made of it", "[exchange][plugins]") {
    Rig rig({}, transforming(Side::response, counting_filter));
    Peer visitor = rig.visit(get());
    Peer backend = rig.accept();
    (void)backend.read_message();
    backend.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello");
    (void)visitor.read_until("hello\r\n");
    backend.close();
    CHECK(visitor.read_to_end().find("=5") == std::string::npos);
    CHECK_FALSE(rig.outcome().complete);
}

TEST_CASE("bodies: a visitor who does not read holds the backend of a transformed answer back", "[exchange][plugins]") {
    Rig rig({}, transforming(Side::response, [] {
                return Made::of([](Text in, bool, Sink& out) {
                    for (int i = 0; i < 20; ++i) {
                        out.write(in);
                    }
                });
            }));
    constexpr std::size_t size = 3'000'000;
    Peer visitor = rig.visit(get());
    Peer backend = rig.accept();
    (void)backend.read_message();
    backend.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n");
    const std::size_t sent = backend.send_what_fits(std::string(size, 'a'));
    std::thread rest([&] { backend.send(std::string(size - sent, 'a')); });
    const Message message = visitor.read_message();
    rest.join();
    CHECK(message.complete);
    CHECK(message.body.size() == 20 * size);
}

TEST_CASE("bodies: visitors and the edge go while bodies are transformed", "[exchange][plugins]") {
    const auto endless = [] {
        return Made::of([](Text, bool, Sink& out) { out.more(); },
                        [](Sink& out) {
                            out.write(std::string(50'000, 'e'));
                            out.more();
                        });
    };
    auto rig = std::make_unique<Rig>(Bodies::Hook{}, transforming(Side::response, endless));
    Peer backend;
    {
        Peer visitor = rig->visit(get());
        backend = rig->accept();
        serve_one(backend, "x");
        (void)visitor.read_exactly(500'000);
        visitor.reset();
        CHECK_FALSE(rig->outcome().complete);
    }
    Peer visitor = rig->visit(get());
    backend = rig->accept();
    serve_one(backend, "x");
    (void)visitor.read_exactly(500'000);
    rig.reset();
}

// --- collecting ---

TEST_CASE("bodies: a collected request continues as it came", "[exchange][plugins]") {
    Noted seen;
    Rig rig(collecting(0, [&](Exchange& exchange, Text body) {
        seen.set(body);
        exchange.set(Side::request, "X-Judged", std::to_string(body.size()));
        return Decision::go_on();
    }));
    const std::string body = random_text(50'000);
    Peer visitor = rig.visit(post(body.size()) + body.substr(0, 100));
    CHECK_FALSE(rig.edge->backend.comes(50));  // the head is held until the body is there
    visitor.send(body.substr(100));
    Peer backend = rig.accept();
    const Message request = backend.read_message();
    CHECK(request.field("content-length") == std::to_string(body.size()));
    CHECK(request.field("x-judged") == "50000");
    CHECK(request.body == body);
    CHECK(seen.text() == body);
    backend.send(answer("ok"));
    CHECK(visitor.read_message().body == "ok");
    CHECK(rig.outcome().request_bytes == body.size());
    CHECK(rig.collected() == 0);
    visitor.send(chunked_post("3\r\nabc\r\n2\r\nde\r\n0\r\nX-T: 1\r\n\r\n") + get());  // pipelined
    const Message chunked = backend.read_message();
    CHECK(chunked.field("transfer-encoding") == "chunked");
    CHECK(chunked.body == "abcde");
    CHECK(chunked.trailers == "X-T: 1\r\n");
    CHECK(seen.text() == "abcde");
    backend.send(answer("second"));
    CHECK(visitor.read_message().body == "second");
    CHECK(backend.read_message().start == "GET / HTTP/1.1");
    backend.send(answer("third"));
    CHECK(visitor.read_message().body == "third");
    CHECK(seen.text().empty());
}

TEST_CASE("bodies: a plugin that judges a body answers in the backend's place", "[exchange][plugins]") {
    Rig rig(collecting(0, [](Exchange&, Text body) {
        return body == "good" ? Decision::go_on() : Decision::reject(403, "bad_body");
    }));
    Peer visitor = rig.visit(post(4) + "evil");
    const Message page = visitor.read_message();
    CHECK(page.status() == 403);
    CHECK(page.field("x-ferrotunnel-error") == "bad_body");
    CHECK(rig.edge->carrier->opens == 0);
    visitor.send(post(4) + "good");  // on the same connection: all of the body was read
    Peer backend = rig.accept();
    serve_one(backend, "ok");
    CHECK(visitor.read_message().body == "ok");
}

TEST_CASE("bodies: the edge itself asks for a body that is collected", "[exchange][plugins]") {
    Rig rig(collecting(0, passes));
    Peer visitor = rig.visit(post(5, "Expect: 100-continue\r\n"));
    CHECK(visitor.read_message().status() == 100);
    CHECK(rig.edge->carrier->opens == 0);
    visitor.send("hello");
    Peer backend = rig.accept();
    const Message request = backend.read_message();
    CHECK_FALSE(request.has("expect"));
    CHECK(request.body == "hello");
    backend.send(answer("ok"));
    CHECK(visitor.read_message().body == "ok");
    visitor.send(post(5, "Expect: 100-continue\r\n") + "world");  // who does not wait is not told
    CHECK(backend.read_message().body == "world");
    backend.send(answer("ok"));
    CHECK(visitor.read_message().status() == 200);
}

TEST_CASE("bodies: a transformed body is asked for by its backend", "[exchange][plugins]") {
    Rig rig(transforming(Side::request, rot13_filter));
    Peer visitor = rig.visit(post(5, "Expect: 100-continue\r\n"));
    Peer backend = rig.accept();
    CHECK(backend.read_until("\r\n\r\n").find("Expect: 100-continue") != std::string::npos);
    backend.send("HTTP/1.1 100 Continue\r\n\r\n");
    CHECK(visitor.read_message().status() == 100);
    visitor.send("hello");
    CHECK(backend.read_until("0\r\n\r\n").find("uryyb") != std::string::npos);
}

TEST_CASE("bodies: a body beyond the bound is refused, declared or counted", "[exchange][plugins]") {
    std::atomic<int> asked{0};
    Rig rig(collecting(5, [&](Exchange&, Text) {
        ++asked;
        return Decision::go_on();
    }));
    {
        Peer visitor = rig.visit(post(6, "Expect: 100-continue\r\n"));
        CHECK(visitor.read_message().status() == 413);  // before it sends a byte
    }
    {
        Peer visitor = rig.visit(chunked_post("5\r\nabcde\r\n1\r\nf\r\n"));
        CHECK(visitor.read_message().status() == 413);
    }
    CHECK(asked == 0);
    CHECK(rig.edge->carrier->opens == 0);
    Peer visitor = rig.visit(chunked_post("5\r\nabcde\r\n0\r\n\r\n"));
    CHECK(rig.accept().read_message().body == "abcde");
    CHECK(asked == 1);
}

TEST_CASE("bodies: beyond what a worker collects there is 503", "[exchange][plugins]") {
    Rig rig(collecting(SIZE_MAX, passes));
    const std::string part(limits::plugin_collect_max - 1, 'a');
    std::vector<Peer> visitors;
    for (std::size_t i = 0; i < limits::plugin_collected_max / limits::plugin_collect_max; ++i) {
        visitors.push_back(rig.visit(post(limits::plugin_collect_max)));
        visitors.back().send(part);
    }
    eventually([&] { return rig.collected() == limits::plugin_collected_max; });
    Peer late = rig.visit(post(5) + "hello");
    CHECK(late.read_message().status() == 503);
    visitors.back().reset();
    eventually([&] { return rig.collected() < limits::plugin_collected_max; });
    Peer next = rig.visit(post(5) + "hello");
    Peer backend = rig.accept();
    CHECK(backend.read_message().body == "hello");
    visitors.front().send("b");
    Peer other = rig.accept();
    CHECK(other.read_message().body == part + "b");
}

TEST_CASE("bodies: a visitor who is slow with a collected body is watched as without plugins", "[exchange][plugins]") {
    exchange::EdgeSettings settings = quick_settings();
    settings.body_grace = 50ms;
    settings.body_rate = 1'000;
    Rig rig(collecting(0, passes), {}, true, settings);
    Peer visitor = rig.visit(post(100) + "a");
    const Message page = visitor.read_message();
    CHECK(page.status() == 408);
    CHECK(page.field("x-ferrotunnel-error") == "body_too_slow");
    CHECK(rig.log.count("a plugin failed") == 0);
    CHECK(rig.collected() == 0);
}

TEST_CASE("bodies: a broken body ends what is collected", "[exchange][plugins]") {
    Rig rig(collecting(0, passes));
    Peer visitor = rig.visit(chunked_post("1\r\na\r\nnonsense\r\n"));
    CHECK(visitor.read_message().status() == 400);
    Peer gone = rig.visit(post(5) + "hel");
    eventually([&] { return rig.collected() > 0; });
    gone.reset();
    eventually([&] { return rig.collected() == 0; });
    CHECK(rig.edge->carrier->opens == 0);
}

TEST_CASE("bodies: a body of no bytes that ends while its request waits for a client is whole for plugins",
          "[exchange][plugins]") {
    namespace h2 = h2::test;
    exchange::EdgeSettings settings = quick_settings();
    settings.hold = 60s;
    settings.h2c = true;
    const bool collects = GENERATE(true, false);
    Rig rig(collects ? collecting(100, passes) : transforming(Side::request, rot13_filter), {}, false, settings);
    EdgeRig& edge = *rig.edge;
    edge.directory->leave(*edge.add_service("away.test", 2, edge.backend.place()), *edge.carrier, Clock::now());
    const auto head = [](const char* method) {
        return h2::field(":method", method) + h2::field(":scheme", "http") + h2::field(":path", "/") +
               h2::field(":authority", "away.test");
    };
    Peer visitor = rig.visit(h2::hello() + h2::frame(h2::headers, h2::end_headers, 1, head("POST")));
    REQUIRE(eventually([&] { return edge.counters().held.load() == 1; }));
    visitor.send(h2::frame(h2::data, h2::end_stream, 1) + h2::frame(h2::ping, 0, 0, "12345678"));
    (void)read_until(visitor, h2::ping);  // so the end has been read
    edge.add_service("away.test", 2, edge.backend.place());
    Peer backend = rig.accept();
    const Message post = backend.read_message();
    CHECK(post.start == "POST / HTTP/1.1");
    CHECK(post.complete);
    CHECK(post.body.empty());
    backend.send(answer("done"));
    CHECK(read_until(visitor, h2::data).payload == "done");
    visitor.send(h2::frame(h2::headers, h2::end_headers | h2::end_stream, 3, head("GET")));
    CHECK(backend.read_message().start == "GET / HTTP/1.1");  // nothing was left over in front of it
}

TEST_CASE("bodies: the edge goes while it collects", "[exchange][plugins]") {
    auto rig = std::make_unique<Rig>(collecting(0, passes));
    Peer visitor = rig->visit(post(5) + "hel");
    eventually([&] { return rig->collected() > 0; });
    rig.reset();
}

TEST_CASE("bodies: what was collected is transformed and looked at on its way", "[exchange][plugins]") {
    Noted seen;
    Rig rig([&](Exchange& exchange) {
        return exchange.collect(SIZE_MAX, [&](Exchange& with_body, Text) {
            with_body.transform(Side::request, counting_filter());
            with_body.observe(Side::request, [&](Text piece) { seen.add(piece); });
            return Decision::go_on();
        });
    });
    const std::string body = random_text(limits::plugin_collect_max);
    Peer visitor = rig.visit(post(body.size()));
    visitor.send(body);
    Peer backend = rig.accept();
    const Message request = backend.read_message();
    CHECK(request.body == body + "=" + std::to_string(body.size()));
    CHECK(request.complete);
    backend.send(answer("ok"));
    CHECK(visitor.read_message().body == "ok");
    CHECK(seen.text() == request.body);
    CHECK(rig.collected() == 0);
}

TEST_CASE("bodies: a collected request whose backend goes is answered, or sent again", "[exchange][plugins]") {
    Rig rig(collecting(0, passes));
    Peer visitor = rig.visit(post(5) + "first");
    Peer backend = rig.accept();
    serve_one(backend, "ok");
    CHECK(visitor.read_message().body == "ok");
    visitor.send("PUT / HTTP/1.1\r\nHost: app.test\r\nContent-Length: 6\r\n\r\nsecond");
    CHECK(backend.read_message().body == "second");
    backend.close();
    Peer again = rig.accept();
    CHECK(again.read_message().body == "second");
    again.close();
    CHECK(visitor.read_message().status() == 502);
    CHECK(rig.collected() == 0);
}

TEST_CASE("bodies: a decision on a body may be owed, and its visitor go meanwhile", "[exchange][plugins]") {
    std::mutex mutex;
    std::vector<Later> owed;
    Rig rig(collecting(0, [&](Exchange& exchange, Text) {
        return exchange.later([&](Later later) {
            const std::lock_guard lock(mutex);
            owed.push_back(std::move(later));
        });
    }));
    const auto take = [&] {
        eventually([&] {
            const std::lock_guard lock(mutex);
            return !owed.empty();
        });
        const std::lock_guard lock(mutex);
        Later later = std::move(owed.back());
        owed.pop_back();
        return later;
    };
    {
        Peer visitor = rig.visit(post(5) + "hello");
        Later later = take();
        visitor.reset();
        (void)rig.outcome();
        std::move(later).decide(Decision::go_on());
    }
    Peer visitor = rig.visit(post(5) + "hello");
    std::move(take()).decide(Decision::go_on());
    Peer backend = rig.accept();
    CHECK(backend.read_message().body == "hello");
    CHECK(rig.edge->carrier->opens == 1);
}
