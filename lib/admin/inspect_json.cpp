#include "admin/inspect_json.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "base/text.hpp"
#include "inspect/reading.hpp"

namespace ferrotunnel::admin {
namespace {

using inspect::Exchange;
using inspect::HeadView;
using inspect::Message;
using inspect::RecordedMessage;

std::string_view name_of(Exchange::State state) noexcept {
    switch (state) {
        case Exchange::State::under_way:
            return "under_way";
        case Exchange::State::complete:
            return "complete";
        case Exchange::State::visitor_left:
            return "visitor_left";
        case Exchange::State::backend_left:
            return "backend_left";
        case Exchange::State::not_http:
            return "not_http";
        case Exchange::State::lost:
            break;
    }
    return "lost";
}

std::string_view name_of(Message::Kind kind) noexcept {
    switch (kind) {
        case Message::Kind::text:
            return "text";
        case Message::Kind::binary:
            return "binary";
        case Message::Kind::close:
            return "close";
        case Message::Kind::ping:
            return "ping";
        case Message::Kind::pong:
            return "pong";
        case Message::Kind::event:
            break;
    }
    return "event";
}

Json json_of(const RecordedMessage& half) {
    const HeadView head(half.head);
    Json fields = Json::array();
    for (const auto& [name, value] : head.fields) {
        fields.push_back(Json::array({name, value}));
    }
    Json body{{"bytes", half.body_bytes}, {"kept", half.body.size()}};
    const std::optional<std::string> plain = inspect::plain_body(half);
    const std::string& shown = plain ? *plain : half.body;
    body[is_utf8(shown) ? "text" : "base64"] = is_utf8(shown) ? shown : inspect::base64(shown);
    body["cut"] = half.cut;
    body["masked"] = half.body_masked;
    body["dropped"] = half.dropped;
    return {
        {"line", head.line}, {"fields", fields}, {"complete", half.complete}, {"masked", half.masked}, {"body", body}};
}

Json json_of(const Message& message) {
    Json json{{"ms", milliseconds_of(message.at)},
              {"from", message.by_visitor ? "visitor" : "backend"},
              {"kind", name_of(message.kind)},
              {"bytes", message.bytes}};
    if (message.compressed) {
        json["compressed"] = true;
    } else if (message.kind != Message::Kind::binary) {
        json["text"] = message.text;
        json["cut"] = message.cut;
    }
    return json;
}

void put_time(Json& json, const char* name, const std::optional<Duration>& time) {
    if (time) {
        json[name] = milliseconds_of(*time);
    }
}

}  // namespace

double unix_ms(TimePoint time) {
    const auto then = std::chrono::system_clock::now() - (Clock::now() - time);
    return std::chrono::duration<double, std::milli>(then.time_since_epoch()).count();
}

double milliseconds_of(Duration time) {
    return static_cast<double>(std::chrono::duration_cast<std::chrono::microseconds>(time).count()) / 1'000;
}

Json row_of(const Exchange& exchange) {
    Json row{{"id", exchange.id},
             {"kind", exchange.kind == Exchange::Kind::http ? "http" : "connection"},
             {"service", exchange.service},
             {"began_ms", unix_ms(exchange.began)},
             {"state", name_of(exchange.state)},
             {"visitor", inspect::visitor_of(exchange)}};
    if (exchange.kind == Exchange::Kind::http) {
        row["method"] = inspect::method_of(exchange);
        row["target"] = inspect::target_of(exchange);
        row["status"] = inspect::status_of(exchange);
        row["request_bytes"] = exchange.request.body_bytes;
        row["answer_bytes"] = exchange.answer.body_bytes;
        row["type"] = HeadView(exchange.answer.head).value("Content-Type");
    }
    if (exchange.kind == Exchange::Kind::connection || exchange.upgraded) {
        row["to_backend"] = exchange.to_backend;
        row["from_backend"] = exchange.from_backend;
    }
    if (!exchange.messages.empty()) {
        row["messages"] = exchange.messages.size() + exchange.messages_left_off;
    }
    put_time(row, "first_byte_ms", exchange.first_byte);
    put_time(row, "end_ms", exchange.end);
    if (exchange.replay_of != 0) {
        row["replay_of"] = exchange.replay_of;
    }
    if (!exchange.why.empty()) {
        row["why"] = exchange.why;
    }
    return row;
}

Json whole_of(const Exchange& exchange) {
    Json json = row_of(exchange);
    json["backend"] = exchange.backend;
    if (exchange.kind == Exchange::Kind::connection) {
        return json;
    }
    json["url"] = inspect::url_of(exchange);
    put_time(json, "request_sent_ms", exchange.request_sent);
    json["request"] = json_of(exchange.request);
    if (!exchange.answer.head.empty()) {
        json["answer"] = json_of(exchange.answer);
    }
    if (exchange.upgraded || !exchange.messages.empty()) {
        json["messages"] = Json::array();
        for (const Message& message : exchange.messages) {
            json["messages"].push_back(json_of(message));
        }
        json["messages_left_off"] = exchange.messages_left_off;
    }
    return json;
}

}  // namespace ferrotunnel::admin
