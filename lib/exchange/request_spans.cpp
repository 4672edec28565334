#include "exchange/request_spans.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "http/field_name.hpp"
#include "trace/limits.hpp"

namespace ferrotunnel::exchange {
namespace {

constexpr std::string_view parent_name = "traceparent";
constexpr std::string_view state_name = "tracestate";
constexpr std::uint16_t server_errors = 500;

bool has_valid_state(const http::Fields& fields) {
    std::size_t members = 0;
    for (const http::Field& field : fields) {
        if (field.known == http::FieldName::other && http::same_text(field.name, state_name)) {
            const std::optional<std::size_t> count = trace::count_tracestate(field.value);
            members += count.value_or(trace::tracestate_members_max + 1);
        }
    }
    return members <= trace::tracestate_members_max;
}

// Visitors choose the names of methods, so unknown ones are not passed on.
std::string_view known_method(std::string_view method) {
    constexpr std::array<std::string_view, 9> known{"GET",     "HEAD",  "POST",  "PUT",    "DELETE",
                                                    "CONNECT", "TRACE", "PATCH", "OPTIONS"};
    const auto found = std::find(known.begin(), known.end(), method);
    return found == known.end() ? std::string_view() : *found;
}

trace::WallTime wall_time(const access::Entry& entry, Duration after) {
    const auto since = entry.time.time_since_epoch() + after;
    return static_cast<trace::WallTime>(std::chrono::duration_cast<std::chrono::nanoseconds>(since).count());
}

/// Makes the spans of one request.
class Spans {
public:
    Spans(const access::Entry& entry, const trace::Context& context) : entry_(entry), context_(context) {}

    /// A span below the request's; `end` is that of the request if the span has none.
    trace::Span& add(std::string_view name, trace::SpanId id, Duration begin, std::optional<Duration> end) {
        trace::Span& span = all_.emplace_back();
        span.trace = context_.trace;
        span.id = id;
        span.parent = context_.request;
        span.name = name;
        span.begin = wall_time(entry_, begin);
        span.end = wall_time(entry_, std::max(begin, end.value_or(entry_.whole)));
        return span;
    }

    void add_request() {
        const std::string_view method = known_method(entry_.method);
        trace::Span& span = add(method.empty() ? "HTTP" : method, context_.request, {}, entry_.whole);
        span.parent = context_.parent;
        span.kind = trace::Kind::server;
        if (!entry_.method.empty()) {
            span.add("http.request.method", method.empty() ? "_OTHER" : method);
        }
        span.add("url.path", entry_.target.substr(0, entry_.target.find('?')));
        span.add("url.scheme", entry_.scheme);
        span.add("server.address", entry_.host);
        span.add("client.address", entry_.visitor);
        span.add("user_agent.original", entry_.user_agent);
        span.add("network.protocol.name", "http");
        span.add("network.protocol.version", entry_.protocol.substr(entry_.protocol.find('/') + 1));
        span.add("http.response.status_code", std::int64_t{entry_.status});
        span.add("http.request.body.size", static_cast<std::int64_t>(entry_.received));
        span.add("http.response.body.size", static_cast<std::int64_t>(entry_.sent));
        span.add("ferrotunnel.service", entry_.service);
        span.add("ferrotunnel.token", entry_.token);
        span.add("ferrotunnel.request_id", entry_.request_id);
        span.add("ferrotunnel.cause", entry_.cause);
        note_error(span);
    }

    void add_backend(Duration begin) {
        trace::Span& span = add("backend", context_.backend, begin, std::nullopt);
        span.kind = trace::Kind::client;
        span.add("http.request.method", known_method(entry_.method));
        span.add("ferrotunnel.service", entry_.service);
        if (entry_.first_byte) {
            span.add("http.response.status_code", std::int64_t{entry_.status});
            span.events.push_back({"first_byte", wall_time(entry_, *entry_.first_byte)});
        }
        note_error(span);
    }

    std::vector<trace::Span> take() { return std::move(all_); }

private:
    void note_error(trace::Span& span) const {
        const bool is_cut = entry_.outcome == access::Outcome::cut;
        if (is_cut || entry_.status >= server_errors) {
            span.status = trace::Status::error;
            span.add("error.type", is_cut                 ? std::string("cut")
                                   : entry_.cause.empty() ? std::to_string(entry_.status)
                                                          : std::string(entry_.cause));
        }
    }

    const access::Entry& entry_;
    const trace::Context& context_;
    std::vector<trace::Span> all_;
};

// An id for a span that is not sent to others: it only has to differ from the others of its request.
trace::SpanId inner_id(const trace::Context& context, std::uint8_t number) {
    trace::SpanId id = context.request;
    id.back() = static_cast<std::uint8_t>(id.back() + number);
    return id == trace::SpanId{} ? trace::SpanId{number} : id;
}

}  // namespace

std::optional<trace::Traceparent> parent_of(const http::Fields& fields) {
    std::optional<trace::Traceparent> parent;
    for (const http::Field& field : fields) {
        if (field.known == http::FieldName::other && http::same_text(field.name, parent_name)) {
            if (parent) {
                return std::nullopt;
            }
            parent = trace::parse_traceparent(field.value);
            if (!parent) {
                return std::nullopt;
            }
        }
    }
    return parent;
}

bool put_trace(const trace::Context& context, const http::Fields& fields, trace::Traceparent::Text& room,
               http::Edits& edits) {
    room = context.for_backend().text();
    const bool keeps_state = context.parent != trace::SpanId{} && has_valid_state(fields);
    return edits.set(parent_name, {room.data(), room.size()}) && (keeps_state || edits.remove(state_name));
}

std::vector<trace::Span> spans_of(const access::Entry& entry, const trace::Context& context,
                                  const PluginTimes& plugins) {
    Spans spans(entry, context);
    spans.add_request();
    if (plugins.asked) {
        (void)spans.add("plugins", inner_id(context, 1), *plugins.asked,
                        plugins.decided ? plugins.decided : entry.routed);
    }
    if (entry.routed) {
        trace::Span& trunk = spans.add("trunk", inner_id(context, 2), *entry.routed,
                                       entry.connected ? entry.connected : entry.first_byte);
        trunk.status = entry.connected || entry.first_byte ? trace::Status::unset : trace::Status::error;
    }
    if (entry.connected || entry.first_byte) {
        spans.add_backend(entry.connected ? *entry.connected : *entry.first_byte);
    }
    return spans.take();
}

}  // namespace ferrotunnel::exchange
