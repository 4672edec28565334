// A visitor's HTTP/2 connection: the socket around an h2::ServerSession, and the streams on it, each with its own
// exchange (http2_stream.hpp). HttpConnection creates it when the visitor has chosen HTTP/2.
//
//   open --drain, too many requests--> announced --PING answered, 1 s, no stream--> going --no stream--> ending
//     |--idle for too long, the visitor's GOAWAY and no stream------------------------------------------^ |
//     |--flood, error of the connection: GOAWAY---------------------------------------------------------^ '-->
//     lingering
//     '--end, reset, none of our output read for too long------> closed <--------------------------------------'
//
// Phases only advance.
//
// Nothing is read while our output waits at its bound, and the session does not supply DATA then: a visitor that does
// not read makes no progress. Output of streams is gathered in a round and written together. An idle connection
// holds the session, but no slab.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "h2/server_session.hpp"
#include "ingress/edge_connection.hpp"
#include "ingress/http2_stream.hpp"

namespace ferrotunnel::ingress {

class Http2Connection final : public EdgeConnection, private h2::ServerUser, private Http2StreamOwner {
public:
    /// Takes a visitor's connection over, with the bytes that were read from it. It keeps itself alive until it is
    /// closed.
    static void adopt(EdgeWorker& edge, std::unique_ptr<transport::Pipe> pipe, exchange::VisitorFacts visitor,
                      login::ConnectionTicket ticket, std::string_view first);
    ~Http2Connection() override;

    void drain() noexcept override;

private:
    enum class Phase : std::uint8_t { open, announced, going, ending, lingering, closed };

    Http2Connection(EdgeWorker& edge, std::unique_ptr<transport::Pipe> pipe, exchange::VisitorFacts visitor,
                    login::ConnectionTicket ticket);

    h2::ServerStream* on_request(h2::RequestText& text, http::Fault fault, bool has_body) override;
    void on_end_acknowledged() noexcept override;
    bool has_room() const noexcept override;

    void ready(Http2Stream& stream) noexcept override;
    void request_yield() noexcept override { yield_requested_ = true; }
    buffer::Slice slice_input(std::string_view payload, bool& headroom) override {
        return EdgeConnection::slice_input(payload, headroom);
    }
    void add(std::string_view frame_header, buffer::Slice data) override;

    bool advance() override;
    void release_resources() noexcept override;

    void enter(Phase next) noexcept;
    bool is_live() const noexcept { return phase_ <= Phase::going; }
    bool read_input();
    void process_input();
    void make_room();
    void move_streams();
    void forget_closed();
    void drop_streams() noexcept;

    void make_output();
    void flush_texts();
    void check_end();
    void announce_end();
    void send_final_goaway();
    void begin_ending();
    bool end_sending();
    void visitor_lost() override;

    void on_due() override;
    void set_idle();
    void leave_idle() noexcept;

    Phase phase_ = Phase::open;

    std::unique_ptr<h2::ServerSession> session_;
    const Http2Stream::Needs stream_needs_;
    std::vector<std::unique_ptr<Http2Stream>> streams_;
    std::vector<Http2Stream*> ready_;
    std::uint32_t requests_ = 0;
    bool is_idle_ = false;  // in the worker's list of idle connections
    EdgeWorker::IdleList::iterator idle_place_;

    std::string texts_;  // frames to be sent after out_, in one piece

    bool bulk_ = false;
    bool drain_wanted_ = false;
    bool end_acknowledged_ = false;
};

}  // namespace ferrotunnel::ingress
