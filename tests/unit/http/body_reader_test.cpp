#include "http/body_reader.hpp"

#include "parse.hpp"

using namespace ferrotunnel::http;

TEST_CASE("body_reader: nothing to read is complete from the start") {
    CHECK(BodyReader().state() == BodyState::complete);
    CHECK(BodyReader(Body::of_length(0)).state() == BodyState::complete);
    BodyReader none;
    CHECK(none.next("GET").consumed == 0);
    CHECK(none.end_of_input());
}

TEST_CASE("body_reader: a length, and not one byte more") {
    BodyReader body(Body::of_length(5));
    CHECK(body.remaining() == 5);
    BodyReader::Piece piece = body.next("he");
    CHECK(piece.consumed == 2);
    CHECK(piece.payload == "he");
    CHECK(body.remaining() == 3);
    const std::string_view input = "lloGET";
    piece = body.next(input);
    CHECK(piece.payload == "llo");
    CHECK(piece.payload.data() == input.data());
    CHECK(piece.consumed == 3);
    CHECK(body.state() == BodyState::complete);
    CHECK(body.trailers().empty());
}

TEST_CASE("body_reader: a body that is cut off is not complete") {
    for (const Body& kind : {Body::of_length(5), Body{BodyKind::chunked, 0}}) {
        BodyReader body(kind);
        body.next("4");
        CHECK_FALSE(body.end_of_input());
        CHECK(body.state() == BodyState::refused);
        CHECK(body.refusal().fault == Fault::truncated);
        CHECK(body.next("more").consumed == 0);
    }
}

TEST_CASE("body_reader: until the close") {
    BodyReader body(Body{BodyKind::until_close, 0});
    CHECK(body.next("abc").payload == "abc");
    CHECK(body.state() == BodyState::more);
    CHECK(body.end_of_input());
    CHECK(body.state() == BodyState::complete);
}

TEST_CASE("body_reader: chunks") {
    BodyReader body(Body{BodyKind::chunked, 0});
    const std::string_view input = "3\r\nabc\r\n0\r\nX: y\r\n\r\nrest";
    const BodyReader::Piece piece = body.next(input);
    CHECK(piece.payload == "abc");
    CHECK(piece.payload.data() == input.data() + 3);
    CHECK(input.substr(piece.consumed) == "rest");
    CHECK(body.state() == BodyState::complete);
    CHECK(body.trailers().first("X") == "y");
    CHECK(body.end_of_input());
}

TEST_CASE("body_reader: a fault in the framing") {
    BodyReader body(Body{BodyKind::chunked, 0});
    body.next("3\nabc");
    CHECK(body.state() == BodyState::refused);
    CHECK(body.refusal().code == "bad_chunk_end");
    CHECK_FALSE(body.end_of_input());
    CHECK(body.refusal().code == "bad_chunk_end");
}
