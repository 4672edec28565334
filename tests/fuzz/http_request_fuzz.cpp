// The input is a request, after two bytes that choose limits and cuts. Wherever the request is cut, the answer is the
// same. An accepted request is written again for a backend: that text parses again, with the same meaning and nothing
// left over; and writing what was parsed from it gives the same bytes.
#include "http/body_reader.hpp"
#include "http/forwarding.hpp"
#include "http/head_writer.hpp"
#include "http/request_parser.hpp"
#include "http_split.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::fuzz;
using namespace ferrotunnel::http;

namespace {

// What a request says, copied into memory of its own.
struct Meaning {
    std::uint16_t refused = 0;
    Fault fault = Fault::none;
    bool complete = false;
    std::string method;
    std::string target;
    std::string host;
    std::string seen;
    std::string body;
    std::string trailers;
    std::string rest;
    bool keep_alive = false;
    Body framing;

    bool operator==(const Meaning&) const = default;
};

std::string written(const RequestOut& request) {
    std::vector<char> into(write_request(request, {}));
    require(write_request(request, into) == into.size());
    return {into.begin(), into.end()};
}

// Every trailer that may pass is written, parsed again as fields of a chunked body, and must be the same.
std::string trailers_of(const BodyReader& reader) {
    std::vector<char> into(write_trailers(reader.trailers(), {}));
    require(write_trailers(reader.trailers(), into) == into.size());
    BodyReader again(Body{BodyKind::chunked, 0});
    again.next(view(into));
    if (into.size() > limits::http_trailers_max) {
        return {into.begin(), into.end()};  // "Name:value" became one byte longer
    }
    require(again.state() == BodyState::complete && again.trailers().size() == reader.trailers().size());
    return {into.begin(), into.end()};
}

Meaning meaning_of(const std::vector<std::string>& pieces, const HeadLimits& limits) {
    Meaning meaning;
    RequestParser parser(limits, true);
    std::size_t next = 0;
    std::vector<char> copy;
    const ParseState state = read_head(parser, pieces, next, copy);
    if (state != ParseState::complete) {
        meaning.fault = parser.refusal().fault;
        meaning.refused = parser.refusal().status;
        require((state == ParseState::refused) == (meaning.refused >= 400));
        return meaning;
    }
    const RequestHead& head = parser.head();
    meaning.method = head.method_text;
    meaning.target = std::string(head.target.path) + std::string(head.target.query);
    HostBuffer room;
    meaning.host = normal_host(head.authority, room);
    require(!meaning.host.empty());
    meaning.keep_alive = head.keep_alive;
    meaning.framing = head.body;
    meaning.seen = written(RequestOut::of(head));
    BodyReader body(head.body);
    read_body(body, view(copy).substr(parser.size()), pieces, next, meaning.body, meaning.rest);
    if (body.state() == BodyState::refused) {
        Meaning refused;
        refused.fault = body.refusal().fault;
        refused.refused = body.refusal().status;
        return refused;
    }
    meaning.complete = body.state() == BodyState::complete;
    if (meaning.complete) {
        meaning.trailers = trailers_of(body);
    }
    return meaning;
}

void check_forwarding(const std::string& seen) {
    RequestParser parser({}, true);
    if (parser.parse(seen) != ParseState::complete) {
        return;  // grew beyond a limit
    }
    ForwardingFacts facts;
    facts.peer = "10.0.0.1";
    facts.request_id = "id";
    facts.forwarded = true;
    facts.via = "edge";
    for (bool trusted : {false, true}) {
        facts.trusted = trusted;
        facts.is_trusted = [](const void*, std::string_view address) { return address.size() % 2 == 0; };
        const Forwarding forwarding(parser.head(), facts);
        Edits edits;
        require(forwarding.write(edits));
        require(trusted || (forwarding.client() == facts.peer && forwarding.request_id() == "id"));
        RequestOut out = RequestOut::of(parser.head());
        out.edits = &edits;
        const std::string text = written(out);
        RequestParser again({}, true);
        if (again.parse(text) != ParseState::complete) {
            continue;  // one field or byte more than the limits
        }
        for (FieldName name : {FieldName::x_forwarded_for, FieldName::x_forwarded_host, FieldName::x_forwarded_port,
                               FieldName::x_forwarded_proto, FieldName::x_real_ip, FieldName::x_request_id}) {
            require(again.head().fields.count(name) == 1);
        }
        for (const Field& field : again.head().fields) {
            require(field.known != FieldName::proxy && (trusted || !is_claim(field.known)));
        }
        require(trusted || again.head().fields.first(FieldName::x_forwarded_for) == facts.peer);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const Input input = Input::of(data, size);
    HeadLimits limits;
    if ((input.options & 1) != 0) {
        limits = {200, 60, 4, 20};
    }
    const Meaning whole = meaning_of({std::string(input.message)}, limits);
    require(meaning_of(input.pieces(), limits) == whole);
    if (whole.seen.empty()) {
        return 0;
    }
    // What a backend gets: the head, and the whole body in the framing that the head announces.
    const std::string sent = whole.seen + framed(whole.framing, whole.body, whole.complete ? whole.trailers : "");
    const Meaning again = meaning_of({sent}, {});
    require(again.refused == 0 || again.refused == 431);  // "Name:value" became one byte longer
    if (again.refused == 0) {
        require(again.complete == whole.complete && again.rest.empty());
        require(again.method == whole.method && again.target == whole.target && again.host == whole.host);
        require(again.body == whole.body && again.framing == whole.framing && again.trailers == whole.trailers);
        require(again.seen == whole.seen);
    }
    check_forwarding(whole.seen);
    return 0;
}
