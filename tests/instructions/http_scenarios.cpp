#include "instructions/http_scenarios.hpp"

#include <array>
#include <string>

#include "base/check.hpp"
#include "http/body_reader.hpp"
#include "http/forwarding.hpp"
#include "http/head_writer.hpp"
#include "http/request_parser.hpp"
#include "http/response_parser.hpp"
#include "instructions/http_messages.hpp"
#include "instructions/measurement.hpp"

namespace ferrotunnel::instructions {
namespace {

using namespace ferrotunnel::http;

void parse(std::string_view text, std::uint64_t requests) {
    RequestParser parser;
    std::uint64_t fields = 0;
    measurement::begin();
    for (std::uint64_t i = 0; i < requests; ++i) {
        parser.reset();
        check(parser.parse(text) == ParseState::complete, "a usual request is complete");
        fields += parser.head().fields.size();
    }
    measurement::end();
    check(fields >= requests, "every request has a field");
}

}  // namespace

void http_small(std::uint64_t requests) {
    parse(small_request, requests);
}

void http_browser(std::uint64_t requests) {
    parse(browser_request, requests);
}

// All that the edge does to two heads: reads the request, writes it with forwarding fields, reads the response, writes
// it.
void http_exchange(std::uint64_t exchanges) {
    RequestParser request;
    ResponseParser response;
    std::array<char, 4'096> into;
    ForwardingFacts facts;
    facts.peer = "203.0.113.195";
    facts.request_id = "0194f3a2-7b1c-7def-8000-0123456789ab";
    measurement::begin();
    for (std::uint64_t i = 0; i < exchanges; ++i) {
        request.reset();
        check(request.parse(browser_request) == ParseState::complete, "a usual request is complete");
        const Forwarding forwarding(request.head(), facts);
        Edits edits;
        check(forwarding.write(edits), "there is room for what an edge adds");
        RequestOut out = RequestOut::of(request.head());
        out.edits = &edits;
        check(write_request(out, into) <= into.size(), "the request fits");
        response.reset(ResponseContext::of(request.head()));
        check(response.parse(usual_response) == ParseState::complete, "a usual response is complete");
        const ResponseOut answer = ResponseOut::of(response.head(), Version::http11, request.head().keep_alive);
        check(write_response(answer, into) <= into.size(), "the response fits");
    }
    measurement::end();
}

// Chunks of 64 bytes, as a server sends them that flushes each line.
void http_chunks(std::uint64_t chunks) {
    std::string input;
    for (int i = 0; i < 100; ++i) {
        input += ChunkHead(64).text();
        input.append(64, 'd');
        input += chunk_end;
    }
    BodyReader body(Body{BodyKind::chunked, 0});
    std::uint64_t bytes = 0;
    measurement::begin();
    while (bytes < chunks * 64) {
        for (std::string_view rest = input; !rest.empty();) {
            const BodyReader::Piece piece = body.next(rest);
            bytes += piece.payload.size();
            rest.remove_prefix(piece.consumed);
        }
    }
    measurement::end();
}

}  // namespace ferrotunnel::instructions
