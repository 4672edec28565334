// One visitor's HTTP/2 connection around libnghttp2, without sockets or clock: bytes in, bytes out; requests come
// out as HTTP/1.1 texts (server_head.hpp), responses go in as fields (answer_fields.hpp).
//
//   bytes --receive--> on_request, on_body, on_body_end, on_closed        (ServerUser, ServerStream)
//   answer, interim, trailers, resume --next_output--> bytes of frames; of DATA: supply, then give
//
// Nothing is buffered here except by the library: a body goes straight to its stream, and its window opens by what
// was consumed() of it; DATA is requested when it can be sent, and is not copied. Bytes that streams leave unconsumed
// when they close are returned to the connection's window.
//
// A visitor's error on a stream ends that stream; a flood, or an error of the connection, ends the connection:
// failed() is then true, and the remaining output of next_output() (GOAWAY) is the last.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "base/clock.hpp"
#include "h2/answer_fields.hpp"
#include "h2/flood_budget.hpp"
#include "h2/frame_scan.hpp"
#include "h2/limits.hpp"
#include "h2/server_head.hpp"
#include "h2/session.hpp"
#include "http/field_reader.hpp"

namespace ferrotunnel::h2 {

/// The part of a response's body that can be sent now.
struct Supply {
    enum class Kind : std::uint8_t {
        bytes,   // this many, possibly none; possibly the last
        wait,    // none; resume() when there are
        broken,  // none any more: the stream is reset, since the response must not look complete
    } kind = Kind::wait;
    std::size_t size = 0;
    bool is_end = false;
    FieldList trailers{};                         // with the end; their texts are needed for this call only
    std::uint32_t code = NGHTTP2_INTERNAL_ERROR;  // for the reset
};

/// A request's stream in the view of its user. Calls are made from within receive() and next_output().
class ServerStream {
public:
    virtual void on_body(std::string_view bytes) = 0;
    /// `trailers`: the end of a chunked body that has them; empty if there are none. Valid for this call.
    virtual void on_body_end(std::string_view trailers) = 0;
    /// The response was sent completely, and the request's body has not ended. From within next_output().
    virtual void on_answer_sent() noexcept = 0;
    /// The stream is over, and the session forgets it; `code` is an HTTP/2 code.
    virtual void on_closed(std::uint32_t code) noexcept = 0;
    /// At most `most` bytes.
    virtual Supply supply(std::size_t most) = 0;
    /// Adds the frame's header and the bytes that supply() has promised to the output.
    virtual void give(std::string_view frame_header, std::size_t size) = 0;

    std::int32_t id() const noexcept { return id_; }

protected:
    ~ServerStream() = default;

private:
    friend class ServerSession;
    std::int32_t id_ = 0;
    std::size_t unconsumed_ = 0;
    bool body_ended_ = false;
};

class ServerUser {
public:
    /// A request; `has_body`: a body (or the data of a WebSocket) follows, or its end. `text` is finished with `fault`.
    /// Null if there is no room for it, and its stream is refused.
    virtual ServerStream* on_request(RequestText& text, http::Fault fault, bool has_body) = 0;
    /// The answer to announce_end().
    virtual void on_end_acknowledged() noexcept = 0;
    /// Whether more DATA is wanted in the output.
    virtual bool has_room() const noexcept = 0;

protected:
    ~ServerUser() = default;
};

struct ServerLimits {
    std::uint32_t streams = streams_usual;
    std::uint32_t stream_window = stream_window_usual;
    std::uint32_t connection_window = connection_window_usual;
    bool websockets = false;  // extended CONNECT (RFC 8441) is announced and accepted
    http::HeadLimits head{};
};

class ServerSession {
public:
    /// Throws std::bad_alloc.
    ServerSession(const ServerLimits& limits, ServerUser& user);
    ~ServerSession();
    ServerSession(const ServerSession&) = delete;
    ServerSession& operator=(const ServerSession&) = delete;

    /// Returns how many bytes were processed. Fewer than passed: enough requests have begun; call again with the rest
    /// when other connections have had their turn, unless failed().
    std::size_t receive(std::string_view bytes, TimePoint now);
    /// The next bytes to send, valid until the next call; DATA may have been given before them. Empty if there are none
    /// now.
    std::string_view next_output(TimePoint now);

    void consumed(ServerStream& stream, std::size_t bytes) noexcept;
    /// Consumes all received bytes of its body, so that the visitor can send more. Returns how many.
    std::size_t consume_all(ServerStream& stream) noexcept;

    void interim(ServerStream& stream, const FieldList& fields);
    void answer(ServerStream& stream, const FieldList& fields, bool has_body);
    /// There is something to supply again.
    void resume(ServerStream& stream) noexcept;
    void reset(ServerStream& stream, std::uint32_t code) noexcept;
    /// The stream is not called any more, whatever arrives for it.
    void forget(ServerStream& stream) noexcept;
    /// Whether the visitor has closed its window for this stream, or that of the connection.
    bool is_flow_blocked(const ServerStream& stream) const noexcept;

    /// Announces the end of the connection, and asks for confirmation; go_away() then names the last accepted request.
    void announce_end();
    void go_away();

    bool failed() const noexcept { return failed_; }
    /// Why, in words for the log.
    std::string_view why() const noexcept { return why_; }
    /// The connection has nothing more to send or receive.
    bool is_over() const noexcept;
    /// The visitor's first SETTINGS have arrived.
    bool is_greeted() const noexcept { return greeted_; }
    /// A head has begun to arrive, and has not ended.
    bool is_reading_head() const noexcept { return frames_.is_in_message_head(); }
    /// Releases memory that an idle connection does not need.
    void release_spare() noexcept { text_.release(); }

private:
    struct Callbacks;

    bool scan(std::string_view bytes) noexcept;
    bool is_allowed(const FrameHead& frame) noexcept;
    void note_end(const FrameHead& frame) noexcept;
    int on_begin_headers(const nghttp2_frame& frame);
    int on_header(std::int32_t stream, std::string_view name, std::string_view value);
    int on_frame(const nghttp2_frame& frame);
    int end_headers(const nghttp2_frame& frame);
    void use_default_priority(std::int32_t stream);
    void end_body(ServerStream& stream, std::string_view trailers);
    ServerStream* find(std::int32_t stream) const noexcept;
    void fail(const char* why, std::uint32_t code) noexcept;

    ServerLimits limits_;
    ServerUser& user_;
    Session session_;
    RequestText text_;
    FloodBudget budget_;
    TimePoint now_{};
    FrameScan frames_;
    std::size_t scanned_ = 0;  // bytes of the next call of receive() that were scanned
    // Streams that the visitor has ended. The library forgets them; another frame for one of them is not a race, but an
    // error.
    std::array<std::int32_t, finished_kept> finished_{};
    std::size_t next_finished_ = 0;
    std::int32_t prioritised_ = 0;  // the stream of the last PRIORITY_UPDATE, which may precede its request
    const char* why_ = "";
    std::uint32_t begun_ = 0;  // requests, in this call of receive()
    bool greeted_ = false;
    bool awaits_end_ack_ = false;
    bool flooded_ = false;
    bool failed_ = false;
};

}  // namespace ferrotunnel::h2
