// A usual request and its response are parsed, edited and written without memory from the heap.
#include <array>

#include "http/body_reader.hpp"
#include "http/forwarding.hpp"
#include "parse.hpp"
#include "support/count_allocations.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::http;

namespace {

constexpr std::string_view usual_request =
    "POST /index.html?x=y HTTP/1.1\r\nHost: www.example.com\r\nConnection: keep-alive, X-Hop\r\nX-Hop: 1\r\n"
    "X_Forwarded_For: 6.6.6.6\r\nX-Forwarded-For: 203.0.113.9\r\nTransfer-Encoding: chunked\r\n\r\n";
constexpr std::string_view usual_request_body = "5\r\nhello\r\n0\r\n\r\n";
constexpr std::string_view usual_response =
    "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nSet-Cookie: a=b\r\nContent-Length: 2\r\n\r\n";

}  // namespace

TEST_CASE("http: a usual exchange allocates nothing") {
    std::array<char, 2'000> room;
    RequestParser request;
    ResponseParser response;
    ForwardingFacts facts;
    facts.peer = "10.0.0.1";
    facts.trusted = true;
    facts.forwarded = true;
    facts.via = "edge";
    const std::uint64_t before = test::allocations_so_far();
    const ParseState first = request.parse(usual_request);
    const Forwarding forwarding(request.head(), facts);
    Edits edits;
    const bool fits = forwarding.write(edits);
    RequestOut out = RequestOut::of(request.head());
    out.edits = &edits;
    const std::size_t written = write_request(out, room);
    BodyReader body(request.head().body);
    const std::size_t payload = body.next(usual_request_body).payload.size();
    response.reset(ResponseContext::of(request.head()));
    const ParseState second = response.parse(usual_response);
    const std::size_t answered = write_response(ResponseOut::of(response.head(), Version::http11, true), room);
    const std::uint64_t after = test::allocations_so_far();
    CHECK(after == before);
    CHECK(first == ParseState::complete);
    CHECK(second == ParseState::complete);
    CHECK(fits);
    CHECK(written > 100);
    CHECK(payload == 5);
    CHECK(body.state() == BodyState::complete);
    CHECK(answered > 50);
}
