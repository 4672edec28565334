// One connection to an HTTP/2 backend, from the client's side: HTTP/1.1 requests of a tunnel's stream go in, HTTP/1.1
// responses come out, and frames are exchanged with the backend. Sans-IO.
//
//   tunnel  --feed()--> head --> HEADERS; body --> DATA; trailers --> HEADERS --output()--> backend
//   tunnel <--give()--- head <-- HEADERS; body <-- DATA; trailers <-- HEADERS <-receive()-- backend
//
//   idle --head of a request--> exchanging --response is complete, and taken; request is complete--> idle
//                                   \--reset, refused, the backend breaks the rules--> failed
//
// One exchange at a time, so that one stream of the tunnel is one connection to the backend and flow control is one to
// one. No part of a body is kept on its way to the backend: feed() takes only what goes into frames now. On the way
// back no more is kept than the window, which is returned as the tunnel takes bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "h2/answer_rules.hpp"
#include "h2/client_answer.hpp"
#include "h2/client_limits.hpp"
#include "h2/client_request.hpp"
#include "h2/session.hpp"
#include "http/body_reader.hpp"
#include "http/request_parser.hpp"

namespace ferrotunnel::h2 {

class ClientConnection {
public:
    /// `scheme`: "http" or "https", sent to the backend. Throws std::bad_alloc.
    explicit ClientConnection(std::string_view scheme);
    ClientConnection(const ClientConnection&) = delete;
    ClientConnection& operator=(const ClientConnection&) = delete;

    // --- from the tunnel ---

    /// Takes bytes of requests, as many as can be processed now: call again with the rest after anything has changed.
    std::size_t feed(Bytes bytes);
    /// No part of a request is in progress, and all of the responses was taken.
    bool is_idle() const noexcept { return phase_ == Phase::head && head_bytes_.empty() && !exchanging_; }
    /// Ends the exchange, whose visitor has left, and the connection: output() then has RST_STREAM with this code and
    /// GOAWAY.
    void leave(std::uint32_t code = NGHTTP2_CANCEL);

    // --- to the tunnel ---

    bool has_answer() const noexcept { return answer_.has_output(); }
    /// The bytes of a response's body that wait for the tunnel.
    std::size_t body_bytes() const noexcept { return answer_.body_bytes(); }
    /// Writes bytes of the response, as far as there is room for them. Returns how many.
    std::size_t give(MutableBytes into);
    /// A part of the response to the present request has arrived, so the backend is processing it.
    bool is_answered() const noexcept { return exchanging_ && answer_.has_begun(); }

    // --- with the backend ---

    /// Bytes to send to the backend. sent() reports how many of them were sent.
    Bytes output() const noexcept { return as_bytes(output_).subspan(output_at_); }
    void sent(std::size_t bytes);
    /// Whether bytes from the backend can be accepted now: the backend reads our output, and so does the tunnel.
    bool may_receive() const noexcept;
    void receive(Bytes bytes);
    /// The backend has closed the connection.
    void receive_end();
    /// The backend has sent its first HTTP/2 frame.
    bool has_spoken_http2() const noexcept { return has_spoken_; }

    // --- how it ends ---

    struct Failure {
        std::string why;  // for the log
        /// The backend reports that it has not processed the request: it may be sent elsewhere.
        bool is_unprocessed = false;
        /// The backend's bytes are not valid HTTP/2.
        bool is_not_http2 = false;
        /// The code with which the backend has reset the stream.
        std::optional<std::uint32_t> reset_code{};
    };
    /// Why the connection cannot continue. The rest of a response must not look complete.
    const std::optional<Failure>& failure() const noexcept { return failure_; }
    /// No further request is accepted: close once it is idle.
    bool is_last() const noexcept { return last_; }

private:
    // The part of a request that is read next. `rest`: the response came early, and the rest of the body is discarded.
    enum class Phase : std::uint8_t { head, body, rest };

    static int on_header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name, std::size_t name_size,
                         const std::uint8_t* value, std::size_t value_size, std::uint8_t, void* self);
    static int on_data(nghttp2_session*, std::uint8_t, std::int32_t stream, const std::uint8_t* data, std::size_t size,
                       void* self);
    static int on_frame(nghttp2_session*, const nghttp2_frame* frame, void* self);
    static int on_not_sent(nghttp2_session*, const nghttp2_frame* frame, int error, void* self);
    static int on_error(nghttp2_session*, int error, const char* text, std::size_t size, void* self);
    static int on_stream_close(nghttp2_session*, std::int32_t stream, std::uint32_t code, void* self);
    static ssize_t on_read_body(nghttp2_session*, std::int32_t, std::uint8_t* into, std::size_t size,
                                std::uint32_t* flags, nghttp2_data_source*, void* self);

    static Session make_session(ClientConnection& self);
    ssize_t read_body(std::uint8_t* into, std::size_t size, std::uint32_t& flags);

    std::size_t feed_head(Bytes bytes);
    std::size_t feed_body(Bytes bytes);
    std::size_t feed_rest(Bytes bytes);
    void begin_exchange();
    void end_if_over();
    void stream_closed(std::uint32_t code);
    void stop_body() noexcept;
    void check_end();
    void fail(std::string why, bool is_unprocessed = false);
    void fail_malformed(std::string_view field = {});
    /// False if the response has failed, now if `kept` is false.
    bool require_valid(bool kept);
    void fail_not_http2();
    void produce();
    std::size_t waiting() const noexcept { return output_.size() - output_at_; }
    bool is_ours(std::int32_t stream) const noexcept { return exchanging_ && stream == stream_; }

    const std::string scheme_;
    Session session_;
    http::RequestParser parser_;
    std::string head_bytes_;
    ClientFields fields_;
    http::BodyReader body_;
    std::string_view input_;  // within feed_body(): bytes that can be put into frames
    Phase phase_ = Phase::head;
    AnswerRules rules_;  // which rules the response has followed so far
    ClientAnswer answer_;
    std::string output_;
    std::size_t output_at_ = 0;
    std::string first_bytes_;  // from a backend that has not sent HTTP/2 yet, for the log
    std::string last_error_;   // the last violation that the library has found
    std::optional<Failure> failure_;
    std::int32_t stream_ = 0;
    bool exchanging_ = false;
    bool stream_open_ = false;  // in the library
    bool last_ = false;
    bool has_spoken_ = false;
    bool left_ = false;
};

}  // namespace ferrotunnel::h2
