// Makes the head of a request of HTTP/1.1 out of the fields of one of HTTP/2, so that RequestParser decides on both: by
// the same rules, with the same refusals. What could mean more in such a text than it did as a field is refused here: a
// byte that ends a line, a name that frames or belongs to a connection, two words on who is asked.
//
//   begin --add(:method), add(:path) ... add(name, value)--> finish --none--> text(): GET /path HTTP/1.1 ...
//                                |                              '--a fault--> the answer is that of the fault
//                                '--malformed, too much--> the stream is reset
//
// Where WebSockets are taken, an extended CONNECT for one (RFC 8441) becomes the GET with Upgrade that it stands for:
// no other request has Connection or Upgrade in its text.
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
        malformed,  // no request, by RFC 9113: the stream ends with PROTOCOL_ERROR
        too_much,   // ENHANCE_YOUR_CALM
    };

    /// The next request's head. `limits` hold for its text. `websockets`: extended CONNECT is taken.
    void begin(const http::HeadLimits& limits, bool websockets = false);
    /// The next request's trailers: fields alone, and the text is the end of a chunked body.
    void begin_trailers();
    Verdict add(std::string_view name, std::string_view value);
    /// All fields are there. `has_body`: there is a body, or trailers, behind the head. A fault means that the request
    /// is refused for it; its text is worthless.
    http::Fault finish(bool has_body);

    /// Whether it asks for a WebSocket: then its text has no body, and what comes behind it is the WebSocket's.
    bool is_websocket() const noexcept;
    /// Behind finish(), for a WebSocket: adds Sec-WebSocket-Key, for which there is room.
    void add_websocket_key(std::string_view key);

    /// Whether the visitor has said how urgent the answer is (RFC 9218).
    bool has_priority() const noexcept { return has_priority_; }

    /// No field has come yet.
    bool is_fresh() const noexcept { return counted_ == 0; }
    /// Good until the next begin.
    std::string_view text() const noexcept { return text_; }
    /// The method as far as it is known: the answer to HEAD has no body.
    http::Method method() const noexcept { return http::method_of(method_); }
    /// Gives back the memory of an idle connection.
    void release() noexcept;

private:
    /// What may come now. With the first field the request line is made of the pseudo-fields.
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
    std::string cookie_;    // the pieces that Cookie came in, together
    std::size_t counted_ = 0;
    std::size_t hosts_ = 0;
    Part part_ = Part::pseudo_fields;
    bool takes_websockets_ = false;
    bool has_length_ = false;
    bool has_priority_ = false;
    bool hosts_differ_ = false;
    bool is_over_ = false;
};

}  // namespace ferrotunnel::h2
