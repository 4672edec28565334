// The body of a request on its way: bounds, plugins that collect it, and what is kept to be sent.
#include "exchange/upload.hpp"

#include "unit/exchange/exchange_parts.hpp"
#include "unit/http/parse.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::exchange;
using namespace ferrotunnel::exchange::test;
using ferrotunnel::test::ParsedRequest;
using UploadResult = Upload::Result;

namespace {

struct UploadParts : WiredParts {
    Upload upload{at, sender, run};
};

const http::Body chunked_body{http::BodyKind::chunked, 0};

}  // namespace

TEST_CASE("upload: what comes before there is a connection is kept, with chunks where the length is unknown") {
    UploadParts parts;
    parts.request->body = chunked_body;
    CHECK(parts.upload.put(parts.piece("abc"), false) == UploadResult::going);
    CHECK(parts.upload.end(nullptr) == UploadResult::going);
    CHECK(parts.upload.bytes() == 3);
    CHECK(parts.upload.has_ended());
    constexpr std::string_view sent = "3\r\nabc\r\n0\r\n\r\n";
    constexpr std::size_t pieces = 3;  // the chunk's size, its data, the end
    CHECK(parts.edge->retry_memory.now == sent.size() + pieces * limits::http_replay_piece_cost);
    CHECK(parts.sender.is_copy_whole());
    parts.sender.forget_copy();
    CHECK(parts.edge->retry_memory.now == 0);
}

TEST_CASE("upload: the end of a body that comes while the request waits is sent later") {
    UploadParts parts;
    parts.request->body = chunked_body;
    parts.sender.set_route(RequestSender::Route::later);
    CHECK(parts.upload.end(nullptr) == UploadResult::going);
    CHECK(parts.edge->retry_memory.now == 0);
    parts.sender.set_route(RequestSender::Route::copy);
    parts.upload.send_early_end();
    const std::size_t once = parts.edge->retry_memory.now;
    CHECK(once > 0);
    parts.upload.send_early_end();
    CHECK(parts.edge->retry_memory.now == once);
}

TEST_CASE("limit: the body of a request is as large as its service takes") {
    UploadParts parts;
    parts.request->settings.body_bytes_max = 4;
    CHECK(parts.upload.put(parts.piece("abcd"), false) == UploadResult::going);
    CHECK(parts.upload.put(parts.piece("e"), false) == UploadResult::too_large);
}

TEST_CASE("upload: a plugin that collects decides at the end, and gets no more than it wants") {
    UploadParts parts;
    PartsRun& run = parts.begin_run();
    parts.sender.set_route(RequestSender::Route::later);
    CHECK(parts.upload.collect({http::BodyKind::length, run.max + 1}) == UploadResult::too_large_declared);
    CHECK(parts.upload.accepts_bulk());
    CHECK(parts.upload.collect(chunked_body) == UploadResult::going);
    CHECK(parts.upload.is_collecting());
    CHECK_FALSE(parts.upload.accepts_bulk());
    CHECK(parts.upload.accepts());
    CHECK(parts.upload.put(parts.piece(std::string(run.max, 'x')), false) == UploadResult::going);
    SECTION("one byte more") {
        CHECK(parts.upload.put(parts.piece("x"), false) == UploadResult::too_large_collected);
    }
    SECTION("the end") {
        CHECK(parts.upload.end(nullptr) == UploadResult::collected);
        CHECK(run.is_complete);
        parts.request->expects_continue = true;
        parts.upload.prepare();
        CHECK_FALSE(parts.request->expects_continue);  // the edge has read the body
        CHECK(parts.upload.is_with_plugins());
        CHECK_FALSE(parts.upload.accepts());  // there is no connection
        CHECK_FALSE(parts.upload.is_sent());
        parts.upload.drop();
        CHECK(parts.upload.is_sent());
    }
}

TEST_CASE(
    "upload: where a plugin makes another body, its length is unknown, and a failure is reported once it passes") {
    UploadParts parts;
    PartsRun& run = parts.begin_run();
    run.has_way = true;
    run.way.does_change = true;
    parts.request->body = {http::BodyKind::length, 3};
    parts.upload.prepare();
    CHECK(parts.request->body.kind == http::BodyKind::chunked);
    CHECK(parts.upload.put(parts.piece("abc"), false) == UploadResult::going);
    CHECK(run.way.text == "abc");
    CHECK_FALSE(parts.upload.has_begun());
    run.way.now = hooks::BodyFilters::State::failed;
    CHECK(parts.upload.pass() == UploadResult::failed);
}

TEST_CASE("upload: the edge says 100 once, where it reads the body before a backend does") {
    UploadParts parts;
    parts.begin_run();
    const ParsedRequest parsed(
        "POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
    parts.upload.begin(parsed.head());
    CHECK(parts.upload.awaits_continue());
    CHECK_FALSE(parts.upload.consume_continue());  // the backend says it
    CHECK(parts.upload.collect(parsed.head().body) == UploadResult::going);
    CHECK(parts.upload.consume_continue());
    CHECK_FALSE(parts.upload.consume_continue());
}
