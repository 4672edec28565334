#include "http/chunked.hpp"

#include <limits>

#include "parse.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::http;

TEST_CASE("chunked: payload is where it lies in the input") {
    const std::string_view input = "5\r\nhello\r\n3;x=y\r\nabc\r\n0\r\n\r\nnext";
    ChunkedDecoder decoder;
    ChunkedDecoder::Piece piece = decoder.next(input);
    CHECK(input.substr(piece.payload_at, piece.payload_size) == "hello");
    CHECK(piece.consumed == input.find("abc"));  // and the framing after it
    CHECK(decoder.chunk_remaining() == 3);
    const std::string_view second = input.substr(piece.consumed);
    piece = decoder.next(second);
    CHECK(second.substr(piece.payload_at, piece.payload_size) == "abc");
    CHECK(second.substr(piece.consumed) == "next");
    CHECK(decoder.state() == BodyState::complete);
    CHECK(decoder.next("next").consumed == 0);
}

TEST_CASE("chunked: a chunk that comes in parts") {
    ChunkedDecoder decoder;
    CHECK(decoder.next("1").consumed == 1);
    CHECK(decoder.next("0\r").consumed == 2);
    CHECK(decoder.next("\n").consumed == 1);
    CHECK(decoder.chunk_remaining() == 16);
    CHECK(decoder.next("0123456789").payload_size == 10);
    CHECK(decoder.chunk_remaining() == 6);
    const ChunkedDecoder::Piece piece = decoder.next("abcdef\r\n0");
    CHECK(piece.payload_size == 6);
    CHECK(piece.consumed == 9);
    CHECK(decoder.state() == BodyState::more);
    decoder.next("\r\n\r\n");
    CHECK(decoder.state() == BodyState::complete);
}

TEST_CASE("chunked: trailers are kept, and outlive the input") {
    ChunkedDecoder decoder;
    std::string input = "0\r\nX-Sum: abc\r\nHost: evil\r\nETag: \"1\"\r\n\r\n";
    CHECK(decoder.next(input).consumed == input.size());
    input.assign(input.size(), 'z');
    ChunkedDecoder moved = std::move(decoder);
    REQUIRE(moved.state() == BodyState::complete);
    REQUIRE(moved.trailers().size() == 2);
    CHECK(moved.trailers().first("X-Sum") == "abc");
    CHECK(moved.trailers().first("etag") == "\"1\"");
}

TEST_CASE("chunked: without trailers there are none") {
    ChunkedDecoder decoder;
    CHECK(decoder.trailers().empty());
    decoder.next("0\r\n\r\n");
    CHECK(decoder.trailers().empty());
}

TEST_CASE("chunked: what was refused stays refused") {
    ChunkedDecoder decoder;
    decoder.next("zz");
    CHECK(decoder.state() == BodyState::refused);
    CHECK(decoder.fault() == Fault::bad_chunk_size);
    CHECK(decoder.next("5\r\nhello\r\n").consumed == 0);
}

TEST_CASE("chunked: the head of a chunk") {
    CHECK(ChunkHead(1).text() == "1\r\n");
    CHECK(ChunkHead(0x1f4).text() == "1f4\r\n");
    CHECK(ChunkHead(65'536).text() == "10000\r\n");
    CHECK(ChunkHead(std::numeric_limits<std::uint64_t>::max()).text() == "ffffffffffffffff\r\n");
}

TEST_CASE("chunked: what is encoded is decoded") {
    std::string bytes;
    std::string payload;
    for (std::size_t size : {1, 9, 15, 16, 17, 255, 256, 4096, 70'000}) {
        const std::string chunk(size, static_cast<char>('a' + size % 26));
        payload += chunk;
        bytes += ChunkHead(chunk.size()).text();
        bytes += chunk;
        bytes += chunk_end;
    }
    bytes += last_chunk;
    ChunkedDecoder decoder;
    std::string decoded;
    std::string_view rest = bytes;
    while (decoder.state() == BodyState::more && !rest.empty()) {
        const ChunkedDecoder::Piece piece = decoder.next(rest);
        decoded += rest.substr(piece.payload_at, piece.payload_size);
        rest.remove_prefix(piece.consumed);
    }
    CHECK(decoder.state() == BodyState::complete);
    CHECK(rest.empty());
    CHECK(decoded == payload);
}

TEST_CASE("chunked: trailers that caches, conditions, gateways or the edge go by are dropped") {
    for (const char* name : {"Cache-Control", "cache_control", "Pragma", "Expires", "Age", "Vary", "If-Match",
                             "If-None-Match", "IF_Modified_Since", "Proxy", "X-FerroTunnel-Error", "x_ferrotunnel_new",
                             "X-Original-URL", "CF-Connecting-IP", "client_ip"}) {
        INFO(name);
        ChunkedDecoder decoder;
        const std::string input = "0\r\n" + std::string(name) + ": 1\r\nIff: 2\r\nAge-2: 3\r\n\r\n";
        decoder.next(input);
        CHECK(decoder.state() == BodyState::complete);
        REQUIRE(decoder.trailers().size() == 2);
        CHECK(decoder.trailers().first("Iff") == "2");
        CHECK(decoder.trailers().first("Age-2") == "3");
    }
}

TEST_CASE("chunked: rules and Connection hold for trailers as for the head") {
    ChunkedDecoder decoder;
    decoder.next("0\r\nX-Secret: 1\r\nX_Set: 2\r\nX.Hop: 3\r\nX-Added: 4\r\nX-Sum: 5\r\n\r\n");
    REQUIRE(decoder.state() == BodyState::complete);
    Edits edits;
    REQUIRE(edits.remove("x-secret"));
    REQUIRE(edits.set("X-Set", "rule"));
    REQUIRE(edits.add("X-Added", "rule"));
    std::string text(200, '\0');
    text.resize(write_trailers(decoder.trailers(), text, &edits, "close, X-Hop"));
    CHECK(text == "0\r\nX-Added: 4\r\nX-Sum: 5\r\n\r\n");
    text.resize(200);
    text.resize(write_trailers(decoder.trailers(), text));
    CHECK(text == "0\r\nX-Secret: 1\r\nX_Set: 2\r\nX.Hop: 3\r\nX-Added: 4\r\nX-Sum: 5\r\n\r\n");
}

TEST_CASE("chunked: of what Connection names, all that could be a trailer is kept for these") {
    const auto names = [](const std::string& lines) {
        return connection_names(test::ParsedRequest("GET / HTTP/1.1\r\nHost: a\r\n" + lines + "\r\n").head().fields);
    };
    CHECK(names("") == "");
    CHECK(names("Connection: keep-alive, Upgrade, TE\r\nConnection: Close\r\n") == "");
    CHECK(names("Connection: close, X-Hop, TE\r\nConnection: y\r\n") == "X-Hop, y");
}

TEST_CASE("chunked: trailers are written behind the last chunk") {
    ChunkedDecoder decoder;
    decoder.next("0\r\nX-Sum:abc \r\nX_Odd: 1\r\n\r\n");
    std::string text(write_trailers(decoder.trailers(), {}), '\0');
    CHECK(write_trailers(decoder.trailers(), text) == text.size());
    CHECK(text == "0\r\nX-Sum: abc\r\nX_Odd: 1\r\n\r\n");
    text.assign(last_chunk.size(), '\0');
    CHECK(write_trailers(Fields{}, text) == last_chunk.size());
    CHECK(text == last_chunk);
}
