#include "trace/otlp.hpp"

#include "access/escape.hpp"
#include "base/hex.hpp"
#include "trace/limits.hpp"

namespace ferrotunnel::trace {
namespace {

using access::append_json;

constexpr std::size_t span_bytes_usual = 1'024;

void append_attribute(std::string& json, std::string_view key, const Span::Value& value) {
    json += R"({"key":)";
    append_json(json, key);
    json += R"(,"value":{)";
    if (const auto* const number = std::get_if<std::int64_t>(&value)) {
        json.append(R"("intValue":")").append(std::to_string(*number)).append("\"}}");
    } else {
        json += R"("stringValue":)";
        append_json(json, std::get<std::string>(value));
        json += "}}";
    }
}

template <typename List, typename Append>
void append_list(std::string& json, std::string_view name, const List& list, const Append& append) {
    if (list.empty()) {
        return;
    }
    json.append(",\"").append(name).append("\":[");
    bool first = true;
    for (const auto& each : list) {
        json += first ? "" : ",";
        first = false;
        append(each);
    }
    json += ']';
}

void append_span(std::string& json, const Span& span) {
    json += R"({"traceId":")";
    append_hex(json, span.trace);
    json += R"(","spanId":")";
    append_hex(json, span.id);
    if (span.parent != SpanId{}) {
        json += R"(","parentSpanId":")";
        append_hex(json, span.parent);
    }
    json += R"(","name":)";
    append_json(json, span.name);
    json.append(R"(,"kind":)").append(std::to_string(static_cast<unsigned>(span.kind)));
    json.append(R"(,"startTimeUnixNano":")").append(std::to_string(span.begin));
    json.append(R"(","endTimeUnixNano":")").append(std::to_string(span.end)).append("\"");
    append_list(json, "attributes", span.attributes,
                [&](const auto& each) { append_attribute(json, each.first, each.second); });
    append_list(json, "events", span.events, [&](const Span::Event& event) {
        json.append(R"({"timeUnixNano":")").append(std::to_string(event.time)).append(R"(","name":)");
        append_json(json, event.name);
        json += '}';
    });
    if (span.status != Status::unset) {
        json.append(R"(,"status":{"code":)").append(std::to_string(static_cast<unsigned>(span.status))).append("}");
    }
    json += '}';
}

}  // namespace

void Span::add(std::string_view key, std::string_view text) {
    if (!text.empty()) {
        attributes.emplace_back(key, std::string(text.substr(0, text_bytes_max)));
    }
}

std::string otlp_json(std::string_view service, std::string_view version, std::span<const Span> spans) {
    std::string json;
    json.reserve(spans.size() * span_bytes_usual);
    json += R"({"resourceSpans":[{"resource":{"attributes":[)";
    append_attribute(json, "service.name", std::string(service));
    json += ',';
    append_attribute(json, "service.version", std::string(version));
    json += R"(]},"scopeSpans":[{"scope":{"name":"ferrotunnel","version":)";
    append_json(json, version);
    json += '}';
    append_list(json, "spans", spans, [&](const Span& span) { append_span(json, span); });
    json += "}]}]}";
    return json;
}

}  // namespace ferrotunnel::trace
