#include "trace/otlp.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "trace/limits.hpp"

namespace ferrotunnel::trace {

using Json = nlohmann::json;

TEST_CASE("spans are written as OTLP has them in JSON", "[otlp]") {
    Span span;
    span.trace.fill(0xab);
    span.id.fill(0x0c);
    span.kind = Kind::server;
    span.status = Status::error;
    span.name = "GET";
    span.begin = 1'700'000'000'123'456'789;
    span.end = 1'700'000'000'223'456'789;
    span.add("url.path", "/a\"b");
    span.add("http.response.status_code", 502);
    span.add("left.out", "");
    span.events.push_back({"first_byte", 1'700'000'000'200'000'000});
    Span child;
    child.trace = span.trace;
    child.id.fill(0x0d);
    child.parent = span.id;
    child.name = "\xff";
    const Json json = Json::parse(otlp_json("edge", "1.2", std::vector<Span>{span, child}));

    CHECK(json == Json::parse(R"({"resourceSpans": [{
        "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "edge"}},
                                    {"key": "service.version", "value": {"stringValue": "1.2"}}]},
        "scopeSpans": [{"scope": {"name": "ferrotunnel", "version": "1.2"}, "spans": [
            {"traceId": "abababababababababababababababab", "spanId": "0c0c0c0c0c0c0c0c", "name": "GET", "kind": 2,
             "startTimeUnixNano": "1700000000123456789", "endTimeUnixNano": "1700000000223456789",
             "attributes": [{"key": "url.path", "value": {"stringValue": "/a\"b"}},
                            {"key": "http.response.status_code", "value": {"intValue": "502"}}],
             "events": [{"timeUnixNano": "1700000000200000000", "name": "first_byte"}], "status": {"code": 2}},
            {"traceId": "abababababababababababababababab", "spanId": "0d0d0d0d0d0d0d0d",
             "parentSpanId": "0c0c0c0c0c0c0c0c", "name": "\ufffd", "kind": 1, "startTimeUnixNano": "0",
             "endTimeUnixNano": "0"}]}]}]})"));
}

TEST_CASE("a span has as much of a text as it may", "[otlp]") {
    Span span;
    span.add("url.path", std::string(text_bytes_max, 'a'));
    span.add("server.address", std::string(text_bytes_max + 1, 'a'));
    CHECK(std::get<std::string>(span.attributes[0].second).size() == text_bytes_max);
    CHECK(std::get<std::string>(span.attributes[1].second).size() == text_bytes_max);
}

}  // namespace ferrotunnel::trace
