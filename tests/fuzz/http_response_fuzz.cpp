// The input is a response, after two bytes that choose the request that it answers and the cuts. Wherever it is cut,
// the answer is the same. An accepted response is written again for a visitor: that text parses again, with the same
// meaning.
#include "http/body_reader.hpp"
#include "http/head_writer.hpp"
#include "http/response_parser.hpp"
#include "http_split.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::fuzz;
using namespace ferrotunnel::http;

namespace {

struct Meaning {
    Fault fault = Fault::none;
    bool complete = false;
    bool switches = false;
    bool keep_alive = false;
    std::uint16_t status = 0;
    std::string seen;  // by a visitor of HTTP/1.1
    std::string seen_by_old;
    std::string body;
    std::string rest;
    std::size_t trailers = 0;
    Body framing;

    bool operator==(const Meaning&) const = default;
};

ResponseContext context_of(std::uint8_t options) {
    constexpr Method methods[] = {Method::get, Method::head, Method::post, Method::connect};
    ResponseContext context;
    context.method = methods[options % 4];
    if ((options & 4) != 0) {
        context.upgrade.add("websocket");
        context.upgrade.add("a/1");
    }
    return context;
}

std::string written(const ResponseOut& response) {
    std::vector<char> into(write_response(response, {}));
    require(write_response(response, into) == into.size());
    return {into.begin(), into.end()};
}

Meaning meaning_of(const std::vector<std::string>& pieces, const ResponseContext& context) {
    Meaning meaning;
    ResponseParser parser;
    parser.reset(context);
    std::size_t next = 0;
    std::vector<char> copy;
    const ParseState state = read_head(parser, pieces, next, copy);
    if (state != ParseState::complete) {
        meaning.fault = parser.refusal().fault;
        require(parser.refusal().status == (state == ParseState::refused ? 502 : 0));
        return meaning;
    }
    const ResponseHead& head = parser.head();
    meaning.status = head.status;
    meaning.switches = head.switches;
    meaning.keep_alive = head.keep_alive;
    meaning.seen = written(ResponseOut::of(head, Version::http11, true));
    meaning.seen_by_old = written(ResponseOut::of(head, Version::http10, true));
    meaning.framing = ResponseOut::of(head, Version::http11, true).body;
    BodyReader body(head.body);
    read_body(body, view(copy).substr(parser.size()), pieces, next, meaning.body, meaning.rest);
    if (body.state() == BodyState::refused) {
        Meaning refused;
        refused.fault = body.refusal().fault;
        return refused;
    }
    meaning.complete = body.end_of_input();
    meaning.trailers = meaning.complete ? body.trailers().size() : 0;
    return meaning;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const Input input = Input::of(data, size);
    const ResponseContext context = context_of(input.options);
    const Meaning whole = meaning_of({std::string(input.message)}, context);
    require(meaning_of(input.pieces(), context) == whole);
    if (whole.fault != Fault::none || whole.seen.empty()) {
        return 0;
    }
    // What a visitor gets: the head, and the body in the framing that this head announces.
    const std::string sent = whole.seen + framed(whole.framing, whole.body, whole.complete ? last_chunk : "");
    const Meaning again = meaning_of({sent}, context);
    require(again.fault == Fault::none || again.fault == Fault::line_too_long || again.fault == Fault::head_too_long ||
            again.fault == Fault::too_many_fields);
    if (again.fault == Fault::none) {
        require(again.status == whole.status && again.body == whole.body && again.complete == whole.complete);
        require(again.rest.empty() && again.switches == whole.switches && again.framing == whole.framing);
        require(again.seen == whole.seen && again.seen_by_old == whole.seen_by_old);
    }
    // A visitor of HTTP/1.0 sees no chunks.
    require(whole.seen_by_old.find("\r\nTransfer-Encoding:") == std::string::npos);
    return 0;
}
