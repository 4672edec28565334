// A visitor's connection that speaks HTTP/1.1: reads requests one after the other, feeds their bodies to their
// exchange, and writes its answers.
//
//   handshaking --TLS is up--> head --a request--> exchange --both ends, keep-alive--> head
//                               |  \--refused, too slow--> exchange (a page)             |
//                               |                             '--close, cut--> ending --written--> lingering --> closed
//                               '--idle for too long, the visitor's end--------------------------------------------^
//
// A visitor who has chosen HTTP/2, in the TLS handshake or by its first bytes, is passed to an Http2Connection.
//
// Reading stops where an exchange takes no more, and from the end of a request to that of its answer: requests that are
// pipelined wait in the socket and in at most one slab. What is read lies in windows of a slab, each with room for a
// frame's header before it, so that bodies reach the trunk without a copy, except for small pieces. An idle connection
// holds no slab, no parser and no timer of its own.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "exchange/http_exchange.hpp"
#include "http/body_reader.hpp"
#include "http/head_writer.hpp"
#include "http/request_parser.hpp"
#include "ingress/edge_connection.hpp"
#include "ingress/edge_worker.hpp"
#include "ingress/output_queue.hpp"
#include "runtime/deadline_wheel.hpp"
#include "runtime/deferred.hpp"
#include "runtime/poller.hpp"
#include "transport/pipe.hpp"

namespace ferrotunnel::ingress {

class HttpConnection final : public EdgeConnection,
                             private runtime::PollTarget,
                             private runtime::Deferred,
                             private runtime::Deadline,
                             private exchange::ExchangeOwner {
public:
    /// `ticket` counts the connection for the caps, and is held for as long as the connection lives. On the edge's
    /// worker.
    HttpConnection(EdgeWorker& edge, std::unique_ptr<transport::Pipe> pipe, exchange::VisitorFacts visitor,
                   std::shared_ptr<void> ticket);
    ~HttpConnection() override;

    /// Begins; the connection keeps itself alive until it is closed. False: the socket can not be watched, and is
    /// closed.
    bool start();
    void drain() noexcept override;
    void end() noexcept override;

private:
    enum class Phase : std::uint8_t { handshaking, head, exchange, ending, lingering, closed };

    void on_events(std::uint32_t events) noexcept override;
    void run_deferred() noexcept override { run(); }
    void on_deadline() noexcept override;
    void on_exchange() noexcept override { run(); }
    void run() noexcept;
    void step();
    bool turn();
    bool shake_hands();
    bool begins_http2();
    void become_http2();

    // Reading (http_connection.cpp).
    bool read_request();
    bool parse_request();
    void begin_exchange();
    void refuse(const http::Refusal& refusal, http::Method method);
    bool make_room_for_head();
    void move_head(buffer::SlabPtr to);
    void shrink_input();
    bool make_room_for_body();
    std::uint32_t body_read_max() const noexcept;
    bool read_some();
    void note_read(const runtime::IoResult& result) noexcept;
    bool feed_body();
    bool feed_bulk();
    bool feed_raw();
    bool body_bytes_are_there();
    void give_body(std::string_view payload);
    buffer::Slice cut_out(std::string_view payload, bool& headroom);
    std::string_view unread() const noexcept;
    void drop_input() noexcept;
    void drop_input_if_unused() noexcept;

    // Writing and ending (http_connection_output.cpp).
    bool take_answer();
    void write_head(const exchange::Answer& answer);
    void add_head(const http::ResponseOut& out);
    void add_data(buffer::Slice data);
    void close_chunk();
    void end_answer(const http::Fields* trailers);
    void cut_answer();
    void next_request();
    void wait_for_request() noexcept;
    bool write_output();
    void begin_ending();
    bool end_sending();
    void linger();
    void begin_lingering();
    void end_without_tls();
    void visitor_lost();
    void close(bool reset) noexcept;

    // Time.
    void look_at_deadlines();
    void look_at_pace();
    void begin_body_window() noexcept;
    void set_due(TimePoint when) noexcept;
    void set_stall(TimePoint when) noexcept;

    EdgeWorker& edge_;
    std::unique_ptr<transport::Pipe> pipe_;
    exchange::VisitorFacts visitor_;
    std::shared_ptr<void> ticket_;
    IntrusivePtr<HttpConnection> self_;  // until it is closed
    Phase phase_ = Phase::handshaking;

    // What was read and not used yet is [begin, end) of the slab. Everything before `used` belongs to slices.
    buffer::SlabPtr slab_;
    std::uint32_t begin_ = 0;
    std::uint32_t end_ = 0;
    std::uint32_t used_ = 0;
    std::size_t parsed_ = 0;  // bytes of the head that the parser has seen
    std::unique_ptr<http::RequestParser> parser_;

    std::unique_ptr<exchange::HttpExchange> exchange_;
    http::BodyReader body_;
    http::Version version_ = http::Version::http11;
    std::uint32_t requests_ = 0;
    std::uint64_t window_bytes_ = 0;  // of the body, since its pace was looked at
    std::uint64_t lingered_ = 0;

    OutputQueue out_;
    http::BodyKind framing_ = http::BodyKind::none;  // of the answer, as the visitor gets it

    TimePoint due_ = never;    // the deadline of the phase
    TimePoint stall_ = never;  // the deadline for what waits to be written

    bool keep_wanted_ = false;  // the visitor wants to keep the connection
    bool keep_ = false;         // the answer's head says that the connection is kept
    bool chunk_open_ = false;
    bool excused_ = false;         // in this window the visitor was kept waiting, or was being answered
    bool no_tls_ = false;          // the handshake has failed: bytes are only thrown away
    bool answer_was_cut_ = false;  // the answer is not complete, and must not look so
    bool raw_ended_ = false;       // after a switch of protocols: the visitor's end was passed on
    bool bulk_ = false;            // the last read of a body filled a window
    bool readable_ = false;
    bool writable_ = false;
    bool hung_up_ = false;  // something waits behind what a short read gave
    bool broken_ = false;
    bool eof_ = false;
    bool output_watched_ = false;
    bool deadline_hit_ = false;
    bool end_wanted_ = false;
    bool running_ = false;
    bool again_ = false;
    bool may_be_http2_ = false;  // its first bytes may be the preface of HTTP/2
    bool gives_way_ = false;     // the answer takes time to make: others have a turn first
};

}  // namespace ferrotunnel::ingress
