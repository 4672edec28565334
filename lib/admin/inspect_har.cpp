#include "admin/inspect_har.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>

#include "admin/inspect_json.hpp"
#include "base/iso_time.hpp"
#include "base/text.hpp"
#include "ferrotunnel/version.hpp"
#include "inspect/reading.hpp"

namespace ferrotunnel::admin {
namespace {

using inspect::Exchange;
using inspect::HeadView;
using inspect::RecordedMessage;

std::string date_text(double ms_since_1970) {
    const std::chrono::milliseconds whole(static_cast<std::int64_t>(std::floor(ms_since_1970)));
    std::string text;
    append_iso_time(text, std::chrono::system_clock::time_point(whole));
    return text;
}

Json fields_of(const HeadView& head) {
    Json fields = Json::array();
    for (const auto& [name, value] : head.fields) {
        fields.push_back(Json{{"name", name}, {"value", value}});
    }
    return fields;
}

Json query_of(std::string_view target) {
    Json list = Json::array();
    const std::size_t question = target.find('?');
    std::string_view rest = question == std::string_view::npos ? std::string_view() : target.substr(question + 1);
    while (!rest.empty()) {
        const std::string_view pair = rest.substr(0, rest.find('&'));
        rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
        const std::size_t equals = std::min(pair.find('='), pair.size());
        list.push_back(
            Json{{"name", pair.substr(0, equals)}, {"value", pair.substr(std::min(equals + 1, pair.size()))}});
    }
    return list;
}

// The third word of a request's first line and the first of an answer's.
std::string_view version_of(std::string_view line, bool is_answer) {
    return is_answer ? line.substr(0, line.find(' ')) : line.substr(line.rfind(' ') + 1);
}

std::string_view reason_of(std::string_view line) {
    const std::size_t status = line.find(' ');
    const std::size_t reason = status == std::string_view::npos ? status : line.find(' ', status + 1);
    return reason == std::string_view::npos ? std::string_view() : line.substr(reason + 1);
}

// Missing parts are reported in the comment of their half.
std::string comment_of(const RecordedMessage& half) {
    return half.dropped ? "the body was not kept" : half.cut ? "the body exceeded the recording limit" : "";
}

Json request_of(const Exchange& exchange) {
    const RecordedMessage& half = exchange.request;
    const HeadView head(half.head);
    Json request{{"method", inspect::method_of(exchange)},
                 {"url", inspect::url_of(exchange)},
                 {"httpVersion", version_of(head.line, false)},
                 {"cookies", Json::array()},
                 {"headers", fields_of(head)},
                 {"queryString", query_of(inspect::target_of(exchange))},
                 {"headersSize", half.head.size()},
                 {"bodySize", half.body_bytes}};
    if (half.body_bytes > 0) {
        const std::string plain = inspect::plain_body(half).value_or(half.body);
        Json post{{"mimeType", head.value("Content-Type")}, {"params", Json::array()}};
        post["text"] = is_utf8(plain) ? plain : inspect::base64(plain);
        std::string comment = comment_of(half);
        if (!is_utf8(plain)) {
            comment += comment.empty() ? "the text is base64" : "; the text is base64";
        }
        if (!comment.empty()) {
            post["comment"] = std::move(comment);
        }
        request["postData"] = std::move(post);
    }
    return request;
}

Json response_of(const Exchange& exchange) {
    const RecordedMessage& half = exchange.answer;
    const HeadView head(half.head);
    const std::string plain = inspect::plain_body(half).value_or(half.body);
    Json content{{"size", half.cut ? half.body_bytes : plain.size()}, {"mimeType", head.value("Content-Type")}};
    content["text"] = is_utf8(plain) ? plain : inspect::base64(plain);
    if (!is_utf8(plain)) {
        content["encoding"] = "base64";
    }
    if (std::string comment = comment_of(half); !comment.empty()) {
        content["comment"] = std::move(comment);
    }
    return {{"status", inspect::status_of(exchange)},
            {"statusText", reason_of(head.line)},
            {"httpVersion", head.line.empty() ? "HTTP/1.1" : version_of(head.line, true)},
            {"cookies", Json::array()},
            {"headers", fields_of(head)},
            {"content", content},
            {"redirectURL", head.value("Location")},
            {"headersSize", half.head.empty() ? -1 : static_cast<std::int64_t>(half.head.size())},
            {"bodySize", half.body_bytes}};
}

}  // namespace

Json har_entry(const Exchange& exchange) {
    const double sent = milliseconds_of(exchange.request_sent.value_or(Duration::zero()));
    const double first = std::max(sent, milliseconds_of(exchange.first_byte.value_or(Duration::zero())));
    const double end = std::max(first, milliseconds_of(exchange.end.value_or(Duration::zero())));
    Json entry{{"startedDateTime", date_text(unix_ms(exchange.began))},
               {"time", end},
               {"request", request_of(exchange)},
               {"response", response_of(exchange)},
               {"cache", Json::object()},
               {"timings", Json{{"send", sent}, {"wait", first - sent}, {"receive", end - first}}}};
    std::string comment = inspect::problem_of(exchange);
    if (exchange.replay_of != 0) {
        comment += (comment.empty() ? "" : "; ") + ("sent again: exchange " + std::to_string(exchange.replay_of));
    }
    if (!comment.empty()) {
        entry["comment"] = std::move(comment);
    }
    if (!exchange.messages.empty()) {  // in the form that browsers write
        const double began = unix_ms(exchange.began);
        Json messages = Json::array();
        for (const inspect::Message& message : exchange.messages) {
            const bool is_text = message.kind != inspect::Message::Kind::binary;
            messages.push_back(Json{{"type", message.by_visitor ? "send" : "receive"},
                                    {"time", (began + milliseconds_of(message.at)) / 1'000},
                                    {"opcode", is_text ? 1 : 2},
                                    {"data", message.text}});
        }
        entry["_webSocketMessages"] = std::move(messages);
    }
    return entry;
}

Json har_of(Json entries) {
    return {{"log", Json{{"version", "1.2"},
                         {"creator", Json{{"name", "ferrotunnel"}, {"version", version_string}}},
                         {"entries", std::move(entries)}}}};
}

}  // namespace ferrotunnel::admin
