#include "exchange/request_spans.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "http/request_parser.hpp"
#include "trace/limits.hpp"

namespace ferrotunnel::exchange {
namespace {

using namespace std::chrono_literals;

const std::string valid_parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// A head that was parsed, with its bytes.
struct Parsed {
    explicit Parsed(const std::string& fields) : text("GET / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n") {
        REQUIRE(parser.parse(text) == http::ParseState::complete);
    }
    const http::Fields& fields() const { return parser.head().fields; }

    std::string text;
    http::RequestParser parser;
};

trace::Context some_context() {
    trace::Context context;
    context.trace.fill(1);
    context.parent.fill(2);
    context.request.fill(3);
    context.backend.fill(4);
    context.sampled = true;
    return context;
}

access::Entry some_entry() {
    access::Entry entry;
    entry.time = std::chrono::system_clock::time_point(1s);
    entry.method = "GET";
    entry.target = "/a?secret=1";
    entry.protocol = "HTTP/1.1";
    entry.status = 200;
    entry.whole = 10ms;
    return entry;
}

std::string text_in(const trace::Span& span, std::string_view key) {
    for (const auto& [name, value] : span.attributes) {
        if (name == key) {
            const auto* const text = std::get_if<std::string>(&value);
            return text != nullptr ? *text : std::to_string(std::get<std::int64_t>(value));
        }
    }
    return {};
}

}  // namespace

TEST_CASE("the trace of a request is what its one valid traceparent says", "[spans]") {
    CHECK_FALSE(parent_of(Parsed("").fields()));
    CHECK(parent_of(Parsed("TraceParent: " + valid_parent + "\r\n").fields()));
    CHECK_FALSE(parent_of(Parsed("traceparent: " + valid_parent + "-\r\n").fields()));
    const std::string twice = "traceparent: " + valid_parent + "\r\n";
    CHECK_FALSE(parent_of(Parsed(twice + twice).fields()));
    CHECK_FALSE(parent_of(Parsed("traceparent: x\r\n" + twice).fields()));
}

TEST_CASE("a backend is told its place, and a tracestate that goes with it", "[spans]") {
    const auto changes = [](const trace::Context& context, const std::string& fields) {
        const Parsed parsed(fields);
        trace::Traceparent::Text room;
        http::Edits edits;
        REQUIRE(put_trace(context, parsed.fields(), room, edits));
        std::string said;
        for (const http::Edits::Edit& edit : edits.all()) {
            said +=
                std::string(edit.name) + (edit.kind == http::Edits::Kind::set ? "=" + std::string(edit.value) : "-");
        }
        return said;
    };
    const std::string told = "traceparent=00-01010101010101010101010101010101-0404040404040404-01";
    const std::string goes = "tracestate-";
    CHECK(changes(some_context(), "") == told);
    CHECK(changes(some_context(), "tracestate: a=1\r\ntracestate: b=2\r\n") == told);
    CHECK(changes(some_context(), "tracestate: a=1\r\ntracestate: b\r\n") == told + goes);
    std::string members;
    for (std::size_t i = 0; i < trace::tracestate_members_max; ++i) {
        members += "tracestate: k" + std::to_string(i) + "=1\r\n";
    }
    CHECK(changes(some_context(), members) == told);
    CHECK(changes(some_context(), members + "tracestate: k=1\r\n") == told + goes);
    trace::Context begun = some_context();
    begun.parent = {};
    CHECK(changes(begun, "tracestate: a=1\r\n") == told + goes);
}

TEST_CASE("a request that has come to its backend has all spans", "[spans]") {
    access::Entry entry = some_entry();
    entry.routed = 2ms;
    entry.connected = 3ms;
    entry.first_byte = 5ms;
    const std::vector<trace::Span> spans = spans_of(entry, some_context(), {1ms, std::nullopt});
    REQUIRE(spans.size() == 4);
    const std::vector<std::string> names{"GET", "plugins", "trunk", "backend"};
    const std::vector<std::pair<trace::WallTime, trace::WallTime>> times{{0, 10}, {1, 2}, {2, 3}, {3, 10}};
    for (std::size_t i = 0; i < spans.size(); ++i) {
        CHECK(spans[i].name == names[i]);
        CHECK(spans[i].begin == 1'000'000'000 + times[i].first * 1'000'000);
        CHECK(spans[i].end == 1'000'000'000 + times[i].second * 1'000'000);
        CHECK(spans[i].trace == some_context().trace);
        CHECK(spans[i].parent == (i == 0 ? some_context().parent : some_context().request));
        CHECK(spans[i].status == trace::Status::unset);
        for (std::size_t j = 0; j < i; ++j) {
            CHECK(spans[i].id != spans[j].id);
        }
    }
    CHECK(spans[3].id == some_context().backend);
    CHECK(spans[3].events.at(0).time == 1'005'000'000);
    CHECK(text_in(spans[0], "url.path") == "/a");
    CHECK(text_in(spans[0], "http.response.status_code") == "200");
    CHECK(text_in(spans[0], "network.protocol.version") == "1.1");
}

TEST_CASE("a request that has not come so far has fewer spans", "[spans]") {
    access::Entry entry = some_entry();
    entry.status = 403;
    entry.cause = "denied";
    std::vector<trace::Span> spans = spans_of(entry, some_context(), {1ms, 4ms});  // a plugin has answered
    REQUIRE(spans.size() == 2);
    CHECK(spans[1].end - spans[1].begin == 3'000'000);
    CHECK(spans[0].status == trace::Status::unset);
    CHECK(text_in(spans[0], "ferrotunnel.cause") == "denied");

    entry.status = 502;
    entry.cause = "backend_unreachable";
    entry.routed = 2ms;
    spans = spans_of(entry, some_context(), {});
    REQUIRE(spans.size() == 2);
    CHECK(spans[1].name == "trunk");
    CHECK(spans[1].status == trace::Status::error);
    CHECK(spans[1].end == spans[0].end);
    CHECK(text_in(spans[0], "error.type") == "backend_unreachable");

    entry.status = 200;
    entry.cause = {};
    entry.outcome = access::Outcome::cut;
    entry.first_byte = 3ms;  // a connection that nobody had time to note
    spans = spans_of(entry, some_context(), {});
    REQUIRE(spans.size() == 3);
    CHECK(spans[2].begin == 1'003'000'000);
    CHECK(spans[2].status == trace::Status::error);
    CHECK(text_in(spans[2], "error.type") == "cut");
}

TEST_CASE("no name of a method but the known ones becomes a span's", "[spans]") {
    access::Entry entry = some_entry();
    entry.method = "BREW";
    CHECK(spans_of(entry, some_context(), {})[0].name == "HTTP");
    CHECK(text_in(spans_of(entry, some_context(), {})[0], "http.request.method") == "_OTHER");
    entry.method = {};
    CHECK(spans_of(entry, some_context(), {})[0].name == "HTTP");
    CHECK(text_in(spans_of(entry, some_context(), {})[0], "http.request.method").empty());
    trace::Context context = some_context();
    context.request = {0, 0, 0, 0, 0, 0, 0, 255};  // ids that are made of it are none that is all zero
    entry.routed = 1ms;
    CHECK(spans_of(entry, context, {1ms, std::nullopt})[1].id != trace::SpanId{});
}

}  // namespace ferrotunnel::exchange
