// One connection to a backend that speaks HTTP/2, as the client sees it: HTTP/1.1 requests of a tunnel's stream go in,
// HTTP/1.1 answers come out, and in between are the frames. Sans-IO.
//
//   tunnel  --take()--> head --> HEADERS; body --> DATA; trailers --> HEADERS --output()--> backend
//   tunnel <--give()--- head <-- HEADERS; body <-- DATA; trailers <-- HEADERS <-receive()-- backend
//
//   idle --head of a request--> exchanging --answer is complete, and taken; request is complete--> idle
//                                   \--reset, refused, the backend breaks the rules--> failed
//
// One exchange at a time, so that one stream of the tunnel is one connection of the backend and flow control is one to
// one. Nothing of a body is kept on its way to the backend: take() takes only what goes into frames now. On the way
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
    /// `scheme`: "http" or "https", which the backend is told. Throws std::bad_alloc.
    explicit ClientConnection(std::string_view scheme);
    ClientConnection(const ClientConnection&) = delete;
    ClientConnection& operator=(const ClientConnection&) = delete;

    // --- from the tunnel ---

    /// Takes bytes of requests, as many as can continue now: call again with the rest after anything has changed.
    std::size_t take(Bytes bytes);
    /// Nothing of a request is under way, and all of the answers was taken.
    bool is_idle() const noexcept { return phase_ == Phase::head && head_bytes_.empty() && !exchanging_; }
    /// Ends the exchange, whose visitor has gone, and the connection: output() has RST_STREAM with this code and GOAWAY
    /// then.
    void leave(std::uint32_t code = NGHTTP2_CANCEL);

    // --- to the tunnel ---

    bool has_answer() const noexcept { return answer_.has_output(); }
    /// The bytes of an answer's body that wait for the tunnel.
    std::size_t body_bytes() const noexcept { return answer_.body_bytes(); }
    /// Writes bytes of the answer, as far as there is room for them. Returns how many.
    std::size_t give(MutableBytes into);
    /// Something of the answer to the request that is under way has come, so the backend acts on it.
    bool is_answered() const noexcept { return exchanging_ && answer_.has_begun(); }

    // --- with the backend ---

    /// What the backend is to be sent. sent() says how much of it has gone.
    Bytes output() const noexcept { return as_bytes(output_).subspan(output_at_); }
    void sent(std::size_t bytes);
    /// Whether bytes of the backend can be taken now: it takes what it is sent, and so does the tunnel.
    bool may_receive() const noexcept;
    void receive(Bytes bytes);
    /// The backend has closed the connection.
    void receive_end();
    /// The backend has begun as HTTP/2 does.
    bool has_spoken() const noexcept { return has_spoken_; }

    // --- how it ends ---

    struct Failure {
        std::string why;  // for the log
        /// The backend says that it has not acted on the request: it may be sent elsewhere.
        bool is_unprocessed = false;
        /// What the backend speaks is not valid HTTP/2.
        bool is_other_protocol = false;
        /// The code with which the backend has reset the stream.
        std::optional<std::uint32_t> reset_code{};
    };
    /// Why the connection cannot continue. Whatever is left of an answer is not to look complete.
    const std::optional<Failure>& failure() const noexcept { return failure_; }
    /// No further request is taken: close, when this is idle.
    bool is_last() const noexcept { return last_; }

private:
    // What of a request is read next. `rest`: the answer came early, and what is left of the body goes nowhere.
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

    std::size_t take_head(Bytes bytes);
    std::size_t take_body(Bytes bytes);
    std::size_t take_rest(Bytes bytes);
    void begin_exchange();
    void end_if_over();
    void stream_closed(std::uint32_t code);
    void stop_body() noexcept;
    void look_at_end();
    void fail(std::string why, bool is_unprocessed = false);
    void fail_malformed(std::string_view field = {});
    /// False: the answer has failed, now where `kept` is false.
    bool keeps_rules(bool kept);
    void fail_unspoken();
    void produce();
    std::size_t waiting() const noexcept { return output_.size() - output_at_; }
    bool is_ours(std::int32_t stream) const noexcept { return exchanging_ && stream == stream_; }

    const std::string scheme_;
    Session session_;
    http::RequestParser parser_;
    std::string head_bytes_;
    ClientFields fields_;
    http::BodyReader body_;
    std::string_view input_;  // within take_body(): what can be put into frames
    Phase phase_ = Phase::head;
    AnswerRules rules_;  // what the answer has kept to until now
    ClientAnswer answer_;
    std::string output_;
    std::size_t output_at_ = 0;
    std::string first_bytes_;  // of a backend that has not spoken yet, for the log
    std::string told_;         // what the library has last found wrong
    std::optional<Failure> failure_;
    std::int32_t stream_ = 0;
    bool exchanging_ = false;
    bool stream_open_ = false;  // in the library
    bool last_ = false;
    bool has_spoken_ = false;
    bool left_ = false;
};

}  // namespace ferrotunnel::h2
