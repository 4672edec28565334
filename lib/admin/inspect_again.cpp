// A recorded request, written once more.
#include <algorithm>
#include <string>
#include <string_view>

#include "admin/inspect_resources.hpp"
#include "base/text.hpp"
#include "http/field_name.hpp"
#include "http/request_parser.hpp"
#include "inspect/reading.hpp"

namespace ferrotunnel::admin {
namespace {

using inspect::Exchange;
using inspect::HeadView;

Answer not_whole(std::string message) {
    return refusal(409, "not_whole", std::move(message));
}

std::string_view why_no_body(const inspect::Half& request) {
    return request.dropped       ? "Its body was not kept: say another one."
           : !request.complete   ? "Its body has not come to its end: say another one."
           : request.cut         ? "Its body was longer than what is kept: say another one."
           : request.body_masked ? "Its body has secrets, which were not kept: say another one."
                                 : "";
}

std::string text_in(const Json& edits, const char* key, std::string_view otherwise) {
    const auto found = edits.find(key);
    return found == edits.end() ? std::string(otherwise) : found->get<std::string>();
}

// Nothing that is said for a head may begin another line of it.
bool is_one_line(std::string_view text) {
    return std::none_of(text.begin(), text.end(), [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

// What is wrong with the edits; empty: nothing.
std::string fault_of(const Json& edits) {
    for (const auto& [key, value] : edits.items()) {
        if (value.is_string() && key != "body" && !is_one_line(value.get_ref<const std::string&>())) {
            return "The " + key + " must be one line.";
        }
        if (key == "headers" && value.is_object()) {
            for (const auto& [name, text] : value.items()) {
                if (!text.is_string() && !text.is_null()) {
                    return "A header is a text, or null to leave it out.";
                }
                if (!is_one_line(name) || (text.is_string() && !is_one_line(text.get_ref<const std::string&>()))) {
                    return "A header must be one line.";
                }
            }
        } else if ((key != "method" && key != "target" && key != "body") || !value.is_string()) {
            return "Expected method, target and body as texts, and headers as an object.";
        }
    }
    return {};
}

bool is_framing(std::string_view name) {
    return http::same_text(name, "Content-Length") || http::same_text(name, "Transfer-Encoding");
}

}  // namespace

Again request_again(const Exchange& exchange, const Json& edits) {
    Again again;
    if (exchange.kind != Exchange::Kind::http || exchange.request.head.empty()) {
        again.refused = not_whole("Only requests can be sent again.");
        return again;
    }
    if (std::string fault = fault_of(edits); !fault.empty()) {
        again.refused = invalid(std::move(fault));
        return again;
    }
    const bool has_body = edits.contains("body");
    if (const std::string_view why = why_no_body(exchange.request); !has_body && !why.empty()) {
        again.refused = not_whole(std::string(why));
        return again;
    }
    const std::string_view target = inspect::target_of(exchange);
    if (!edits.contains("target") && target.find(inspect::mask) != std::string_view::npos && exchange.request.masked) {
        again.refused = not_whole("Its target has secrets, which were not kept: say another one.");
        return again;
    }
    const HeadView head(exchange.request.head);
    const Json headers = edits.value("headers", Json::object());
    const auto is_edited = [&](std::string_view name) {
        return std::any_of(headers.items().begin(), headers.items().end(),
                           [&](const auto& item) { return http::same_text(item.key(), name); });
    };
    const std::string body = text_in(edits, "body", exchange.request.body);
    std::string& bytes = again.bytes;
    bytes = text_in(edits, "method", inspect::method_of(exchange)) + ' ' + text_in(edits, "target", target) +
            " HTTP/1.1\r\n";
    for (const auto& [name, value] : head.fields) {
        // A body that is kept, or said, without its coding is no more what this field says.
        const bool lost_coding = (has_body || exchange.request.decoded) && http::same_text(name, "Content-Encoding");
        if (is_framing(name) || is_edited(name) || lost_coding) {
            continue;
        }
        if (exchange.request.masked && value.find(inspect::mask) != std::string_view::npos) {
            again.left_out.emplace_back(name);
            continue;
        }
        bytes.append(name).append(": ").append(value).append("\r\n");
    }
    for (const auto& [name, value] : headers.items()) {
        if (value.is_string() && !is_framing(name)) {
            bytes.append(name).append(": ").append(value.get<std::string>()).append("\r\n");
        }
    }
    if (!body.empty() || !head.value("Content-Length").empty() || !head.value("Transfer-Encoding").empty()) {
        bytes.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n");
    }
    bytes += "\r\n";
    // What was edited passes the rules that hold for every request of a visitor.
    http::RequestParser parser;
    if (parser.parse(bytes) != http::ParseState::complete || parser.size() != bytes.size()) {
        again.refused = invalid("That would be no request: " + std::string(parser.refusal().text));
        return again;
    }
    bytes += body;
    return again;
}

}  // namespace ferrotunnel::admin
