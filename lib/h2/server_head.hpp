// Converts the fields of an HTTP/2 request to the head of an HTTP/1.1 request, so that RequestParser decides on both by
// the same rules, with the same refusals. Anything that could mean more in such a text than it did as a field is
// rejected here: a byte that ends a line, a name that frames or belongs to a connection, two values for the authority.
//
//   begin --add(:method), add(:path) ... add(name, value)--> finish --none--> text(): GET /path HTTP/1.1 ...
//                                |                              '--a fault--> the response is that of the fault
//                                '--malformed, too much--> the stream is reset
//
// If WebSockets are accepted, an extended CONNECT for one (RFC 8441) becomes the equivalent GET with Upgrade: no other
// request has Connection or Upgrade in its text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "http/field_reader.hpp"
#include "http/method.hpp"
#include "http/refusal.hpp"

namespace ferrotunnel::h2 {

class RequestText {
public:
    enum class Verdict : std::uint8_t {
        kept,
        malformed,  // not a request by RFC 9113: the stream ends with PROTOCOL_ERROR
        too_much,   // ENHANCE_YOUR_CALM
    };

    /// The next request's head. `limits` apply to its text. `websockets`: extended CONNECT is accepted.
    void begin(const http::HeadLimits& limits, bool websockets = false);
    /// The next request's trailers: only fields, and the text is the end of a chunked body.
    void begin_trailers();
    Verdict add(std::string_view name, std::string_view value);
    /// All fields are there. `has_body`: a body, or trailers, follow the head. A fault means that the request is
    /// rejected for it; its text is meaningless.
    http::Fault finish(bool has_body);

    /// Whether it requests a WebSocket: then its text has no body, and what follows it belongs to the WebSocket.
    bool is_websocket() const noexcept;
    /// After finish(), for a WebSocket: adds Sec-WebSocket-Key, for which there is room.
    void add_websocket_key(std::string_view key);

    /// Whether the visitor has set the urgency of the response (RFC 9218).
    bool has_priority() const noexcept { return has_priority_; }

    /// No field has arrived yet.
    bool is_fresh() const noexcept { return counted_ == 0; }
    /// Valid until the next begin.
    std::string_view text() const noexcept { return text_; }
    /// The method as far as it is known: the response to HEAD has no body.
    http::Method method() const noexcept { return http::method_of(method_); }
    /// Releases memory that an idle connection does not need.
    void release() noexcept;

private:
    /// What may follow. With the first field the request line is made from the pseudo-fields.
    enum class Part : std::uint8_t { pseudo_fields, fields, trailers };

    Verdict add_pseudo(std::string_view name, std::string_view value);
    Verdict add_host(std::string_view value);
    bool begin_text();
    bool put(std::string_view name, std::string_view value);
    bool put_upgrade();
    std::string_view target() const noexcept;
    http::Fault fault_of_line() const noexcept;
    http::Fault fault_of_protocol() const noexcept;

    http::HeadLimits limits_;
    std::string text_;
    std::string method_;
    std::string scheme_;
    std::string path_;
    std::string authority_;
    std::string protocol_;  // of an extended CONNECT
    std::string cookie_;    // the pieces of Cookie, joined
    std::size_t counted_ = 0;
    std::size_t hosts_ = 0;
    Part part_ = Part::pseudo_fields;
    bool accepts_websockets_ = false;
    bool has_length_ = false;
    bool has_priority_ = false;
    bool hosts_differ_ = false;
    bool is_over_ = false;
};

}  // namespace ferrotunnel::h2
