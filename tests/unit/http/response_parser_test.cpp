#include "http/response_parser.hpp"

#include "parse.hpp"

using namespace ferrotunnel::http;
using ferrotunnel::test::ParsedResponse;

TEST_CASE("response_parser: the model") {
    const ParsedResponse response("HTTP/1.1 404 Gone for good\r\nContent-Length: 12\r\nServer: x\r\n\r\n");
    const ResponseHead& head = response.head();
    CHECK(head.status == 404);
    CHECK(head.reason == "Gone for good");
    CHECK(head.body == Body::of_length(12));
    CHECK(head.content_length == 12U);
    CHECK(head.keep_alive);
    CHECK_FALSE(head.switches);
    CHECK_FALSE(head.is_interim());
    CHECK(head.fields.first(FieldName::server) == "x");
}

TEST_CASE("response_parser: interim responses, then the final one") {
    const std::string bytes =
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: "
        "5\r\n\r\n";
    ResponseContext context;
    context.method = Method::head;
    ResponseParser parser;
    parser.reset(context);
    std::string_view rest = bytes;
    for (int status : {100, 103, 200}) {
        REQUIRE(parser.parse(rest) == ParseState::complete);
        CHECK(parser.head().status == status);
        CHECK(parser.head().is_interim() == (status < 200));
        CHECK(parser.head().body == Body{});  // that of 200, too, because it still answers HEAD
        rest.remove_prefix(parser.size());
        parser.reset();
    }
    CHECK(rest.empty());
}

TEST_CASE("response_parser: what follows one answer is read by what it answers") {
    ResponseParser parser;
    const std::string bytes = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
    ResponseContext context;
    context.method = Method::head;
    parser.reset(context);
    REQUIRE(parser.parse(bytes) == ParseState::complete);
    CHECK(parser.head().body.kind == BodyKind::none);
    CHECK(parser.head().content_length == 5U);
    context.method = Method::get;
    parser.reset(context);
    REQUIRE(parser.parse(bytes) == ParseState::complete);
    CHECK(parser.head().body == Body::of_length(5));
    parser.reset();
    CHECK(parser.parse("HTTP/1.1 200 OK\r\n\r\n") == ParseState::complete);
    CHECK(parser.head().body.kind == BodyKind::until_close);
    CHECK_FALSE(parser.head().content_length);
    CHECK_FALSE(parser.head().keep_alive);
}

TEST_CASE("response_parser: behind a 204 that announces a body nothing else may come") {
    const auto keeps = [](const std::string& fields) {
        return ParsedResponse("HTTP/1.1 204 No Content\r\n" + fields + "\r\n").head().keep_alive;
    };
    CHECK(keeps(""));
    CHECK(keeps("Content-Length: 0\r\n"));
    CHECK_FALSE(keeps("Content-Length: 1\r\n"));
    CHECK_FALSE(keeps("Transfer-Encoding: chunked\r\n"));
}

TEST_CASE("response_parser: the context is taken from a request, and outlives it") {
    ResponseContext context;
    {
        const ferrotunnel::test::ParsedRequest request(
            "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n");
        context = ResponseContext::of(request.head());
    }
    const ParsedResponse response(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n", context);
    CHECK(response.head().switches);
    CHECK_FALSE(response.head().is_interim());
    CHECK_FALSE(response.head().keep_alive);
}

TEST_CASE("response_parser: refusals are 502, with the code of the rule") {
    ResponseParser parser;
    CHECK(parser.parse("HTTP/1.1 200 OK\r\nX : y\r\n\r\n") == ParseState::refused);
    CHECK(parser.refusal().status == 502);
    CHECK(parser.refusal().code == "space_before_colon");
}

TEST_CASE("response_parser: a limit that is set lower is reached and passed by one") {
    const std::string bytes = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
    HeadLimits limits;
    limits.head_bytes_max = bytes.size();
    ResponseParser exact(limits);
    CHECK(exact.parse(bytes) == ParseState::complete);
    --limits.head_bytes_max;
    ResponseParser below(limits);
    CHECK(below.parse(bytes) == ParseState::refused);
    CHECK(below.refusal().fault == Fault::head_too_long);
}
