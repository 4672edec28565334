#include "h2/server_head.hpp"

#include "h2/limits.hpp"
#include "http/characters.hpp"
#include "http/chunked.hpp"
#include "http/field_name.hpp"

namespace ferrotunnel::h2 {
namespace {

using http::Fault;
using http::FieldName;
using Verdict = RequestText::Verdict;

// The overhead that RFC 9113, 7541 and 9110 add to the bytes of a field.
constexpr std::size_t field_overhead = 32;

constexpr std::string_view key_name = "Sec-WebSocket-Key";
constexpr std::size_t key_line = key_name.size() + 28;  // with ": ", 24 characters of Base64 and a line end

bool is_lower_name(std::string_view name) {
    for (const char byte : name) {
        if (byte >= 'A' && byte <= 'Z') {
            return false;
        }
    }
    return http::is_token(name);
}

bool is_value(std::string_view value) {
    const bool has_blank_end = !value.empty() && (http::is_blank(value.front()) || http::is_blank(value.back()));
    return !has_blank_end && http::scan_value(value.data(), value.data() + value.size()) == value.data() + value.size();
}

}  // namespace

void RequestText::begin(const http::HeadLimits& limits, bool websockets) {
    limits_ = limits;
    accepts_websockets_ = websockets;
    text_.clear();
    method_.clear();
    scheme_.clear();
    path_.clear();
    authority_.clear();
    protocol_.clear();
    cookie_.clear();
    counted_ = hosts_ = 0;
    part_ = Part::pseudo_fields;
    has_length_ = has_priority_ = hosts_differ_ = is_over_ = false;
}

void RequestText::begin_trailers() {
    http::HeadLimits limits;
    limits.head_bytes_max = limits::http_trailers_max;
    begin(limits);
    part_ = Part::trailers;
    text_ = "0\r\n";
}

void RequestText::release() noexcept {
    for (std::string* text : {&text_, &method_, &scheme_, &path_, &authority_, &protocol_, &cookie_}) {
        std::string().swap(*text);
    }
}

Verdict RequestText::add(std::string_view name, std::string_view value) {
    counted_ += name.size() + value.size() + field_overhead;
    if (counted_ > head_excess_max * limits_.head_bytes_max) {
        return Verdict::too_much;
    }
    if (!is_value(value)) {
        return Verdict::malformed;
    }
    if (!name.empty() && name.front() == ':') {
        return part_ == Part::pseudo_fields ? add_pseudo(name, value) : Verdict::malformed;
    }
    if (!is_lower_name(name)) {
        return Verdict::malformed;
    }
    const FieldName known = http::field_name_of(name);
    if (!protocol_.empty() && known == FieldName::content_length) {
        return Verdict::malformed;  // the data of a WebSocket is not a body
    }
    if (!protocol_.empty() && http::same_text(name, key_name)) {
        return Verdict::kept;  // HTTP/2 has no use for it, and the backend gets the edge's
    }
    if (http::is_of_connection(known) || (known == FieldName::te && !http::same_text(value, "trailers"))) {
        return Verdict::malformed;
    }
    if (part_ == Part::pseudo_fields && !begin_text()) {
        return Verdict::kept;  // finish() reports why
    }
    if (part_ == Part::fields && known == FieldName::host) {
        return add_host(value);
    }
    if (part_ == Part::fields && known == FieldName::cookie) {
        if (cookie_.size() + value.size() > limits_.head_bytes_max) {
            is_over_ = true;
            return Verdict::kept;
        }
        cookie_.append(cookie_.empty() ? "" : "; ").append(value);
        return Verdict::kept;
    }
    has_length_ = has_length_ || known == FieldName::content_length;
    has_priority_ = has_priority_ || name == "priority";
    (void)put(name, value);
    return Verdict::kept;
}

Verdict RequestText::add_pseudo(std::string_view name, std::string_view value) {
    std::string* const into = name == ":method"                            ? &method_
                              : name == ":scheme"                          ? &scheme_
                              : name == ":path"                            ? &path_
                              : name == ":authority"                       ? &authority_
                              : name == ":protocol" && accepts_websockets_ ? &protocol_
                                                                           : nullptr;
    if (into == nullptr || !into->empty() || (value.empty() && into != &authority_)) {
        return Verdict::malformed;
    }
    *into = value;
    return Verdict::kept;
}

// Host may repeat :authority. A second one goes into the text, so that it is rejected as in HTTP/1.1.
Verdict RequestText::add_host(std::string_view value) {
    if (++hosts_ == 1 && !authority_.empty()) {
        hosts_differ_ = !http::same_text(value, authority_);
        return Verdict::kept;
    }
    (void)put("host", value);
    return Verdict::kept;
}

bool RequestText::put(std::string_view name, std::string_view value) {
    if (is_over_ || text_.size() + name.size() + value.size() + 4 > limits_.head_bytes_max) {
        is_over_ = true;
        return false;
    }
    text_.append(name).append(": ").append(value).append("\r\n");
    return true;
}

// The request line and Host, once all pseudo-fields are there. False: no such line can be made.
bool RequestText::begin_text() {
    part_ = Part::fields;
    if (fault_of_line() != Fault::none) {
        return false;
    }
    text_.append(is_websocket() ? "GET" : method_).append(" ").append(target()).append(" HTTP/1.1\r\n");
    return (authority_.empty() || put("Host", authority_)) && (!is_websocket() || put_upgrade());
}

bool RequestText::put_upgrade() {
    return put("Connection", "Upgrade") && put("Upgrade", "websocket");
}

bool RequestText::is_websocket() const noexcept {
    return http::same_text(protocol_, "websocket");
}

void RequestText::add_websocket_key(std::string_view key) {
    text_.resize(text_.size() - 2);  // the empty line
    text_.append(key_name).append(": ").append(key).append("\r\n\r\n");
}

// An extended CONNECT has a path, like other requests; only a plain CONNECT has an authority as its target.
std::string_view RequestText::target() const noexcept {
    return method_ == "CONNECT" && protocol_.empty() ? authority_ : path_;
}

Fault RequestText::fault_of_protocol() const noexcept {
    if (method_ != "CONNECT") {
        return Fault::bad_method;
    }
    if (path_ == "*") {
        return Fault::bad_target;
    }
    return is_websocket() ? Fault::none : Fault::unknown_protocol;
}

// Finds bytes that would make the line more than method, target and version.
Fault RequestText::fault_of_line() const noexcept {
    if (!http::is_token(method_)) {
        return Fault::bad_method;
    }
    const std::string_view asked = target();
    if (asked.empty() || http::scan_target(asked.data(), asked.data() + asked.size()) != asked.data() + asked.size()) {
        return Fault::bad_target;
    }
    const bool has_path = method_ != "CONNECT" || !protocol_.empty();
    if (has_path && ((asked.front() != '/' && asked != "*") || (scheme_ != "http" && scheme_ != "https"))) {
        return Fault::bad_target;
    }
    if (const Fault fault = protocol_.empty() ? Fault::none : fault_of_protocol(); fault != Fault::none) {
        return fault;
    }
    if (method_.size() > limits::http_method_max) {
        return Fault::method_too_long;
    }
    return asked.size() > limits_.target_bytes_max ? Fault::target_too_long : Fault::none;
}

Fault RequestText::finish(bool has_body) {
    if (part_ == Part::pseudo_fields) {
        (void)begin_text();
    }
    if (part_ != Part::trailers) {
        if (const Fault fault = fault_of_line(); fault != Fault::none) {
            return fault;
        }
    }
    if (hosts_differ_) {
        return Fault::host_differs;
    }
    if (!cookie_.empty()) {
        (void)put("cookie", cookie_);
    }
    if (has_body && part_ != Part::trailers && !has_length_ && !is_websocket()) {
        (void)put("transfer-encoding", "chunked");
    }
    if (is_over_ || text_.size() + 2 + (is_websocket() ? key_line : 0) > limits_.head_bytes_max) {
        return part_ == Part::trailers ? Fault::trailers_too_long : Fault::head_too_long;
    }
    text_.append("\r\n");
    return Fault::none;
}

}  // namespace ferrotunnel::h2
