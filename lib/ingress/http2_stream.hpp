// One request of an HTTP/2 connection, and its response: between the exchange and the session's stream.
//
// The response:
//
//   awaited --head--> body, bodiless --its end was sent, the request's is missing----> sent
//      |                ^                                                               |
//      '---> replaced --'                                            the rest is discarded
//     (a WebSocket's backend has                                                        v
//      responded without a switch)                     cut <--too much, too long-- lingering
//
//   and from each of them --the session has closed the stream, by both ends or a reset--> closed
//
// The request's body:
//
//   coming --the visitor's end--> ended --the exchange has it all, or needs no more--> over
//      '--refused, too slow--> unwanted --the visitor's end-----------------------------^
//
// The body goes straight to the exchange; while the exchange accepts none, the body waits here, within the stream's
// window.
//
// A WebSocket (RFC 8441) is treated as the equivalent HTTP/1.1 upgrade: its request ends with its head, and the
// visitor's data waits until the backend has switched. Only then is the response a 2xx.
//
// The window opens by what the exchange has accepted. When the response is complete the exchange is released; the
// session returns credit for the rest of the request when the stream closes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "exchange/http_exchange.hpp"
#include "h2/server_session.hpp"
#include "http/body_reader.hpp"
#include "ingress/body_pace.hpp"
#include "ingress/edge_worker.hpp"
#include "ingress/http2_answer_body.hpp"
#include "runtime/deadline_wheel.hpp"

namespace ferrotunnel::ingress {

class Http2Stream;

/// The connection of the streams, as they see it.
class Http2StreamOwner {
public:
    /// The stream has work to do: it has its turn at the end of this round.
    virtual void ready(Http2Stream& stream) noexcept = 0;
    /// The next piece takes time to make: others have a turn first.
    virtual void request_yield() noexcept = 0;
    /// Cuts bytes that were just read out of their slab, see EdgeConnection::slice_input.
    virtual buffer::Slice slice_input(std::string_view payload, bool& headroom) = 0;
    /// Queues the header of a frame, and data after it.
    virtual void add(std::string_view frame_header, buffer::Slice data) = 0;

protected:
    ~Http2StreamOwner() = default;
};

class Http2Stream final : public h2::ServerStream,
                          private exchange::ExchangeOwner,
                          private runtime::Deadline,
                          private Lingering::Member {
public:
    /// State shared by the streams of a connection; it outlives them.
    struct Needs {
        EdgeWorker& edge;
        const exchange::VisitorFacts& visitor;
        h2::ServerSession& session;
        Http2StreamOwner& connection;
    };

    explicit Http2Stream(const Needs& needs) noexcept : needs_(needs) {}
    ~Http2Stream();

    void begin(h2::RequestText& text, http::Fault fault, bool has_body);
    /// Does the work that is possible now.
    void move();
    /// The visitor, or its connection, is gone.
    void drop() noexcept;

    void on_body(std::string_view bytes) override;
    void on_body_end(std::string_view trailers) override;
    void on_answer_sent() noexcept override;
    void on_closed(std::uint32_t code) noexcept override;
    h2::Supply supply(std::size_t most) override;
    void give(std::string_view frame_header, std::size_t size) override;

    bool is_closed() const noexcept { return stage_ == Stage::closed; }
    /// Whether its request's body is still incomplete.
    bool is_uploading() const noexcept { return exchange_ && !has_ended(); }
    /// Whether its response was sent completely.
    bool is_answered() const noexcept {
        return stage_ == Stage::sent || stage_ == Stage::lingering || stage_ == Stage::cut;
    }

    /// For the connection: the stream is among those with work to do.
    bool is_ready = false;

private:
    enum class Stage : std::uint8_t { awaited, replaced, body, bodiless, sent, lingering, cut, closed };
    enum class Upload : std::uint8_t { coming, ended, unwanted, over };

    void on_exchange() noexcept override;
    void on_deadline() noexcept override;
    void cut_lingering() noexcept override;

    static bool follows(Stage from, Stage to) noexcept;
    void enter(Stage next) noexcept;
    bool awaits_head() const noexcept { return stage_ == Stage::awaited || stage_ == Stage::replaced; }
    bool has_ended() const noexcept { return upload_ == Upload::ended || upload_ == Upload::over; }
    bool wants_body() const noexcept { return upload_ == Upload::coming || upload_ == Upload::ended; }
    void stop_body() noexcept { upload_ = has_ended() ? Upload::over : Upload::unwanted; }
    void make_exchange();
    void begin_exchange(std::string_view text);
    void refuse(const http::Refusal& refusal, http::Method method);
    bool is_websocket() const noexcept { return !accept_.empty(); }
    bool accepts_body();
    void feed_waiting();
    void read_trailers(std::string_view trailers);
    void end_body();
    bool take_head();
    void write_head(const exchange::Answer& answer);
    bool refuses_websocket(const exchange::Answer& answer) const noexcept;
    void finish_bodiless();
    void fetch();
    std::uint32_t error_of(wire::Code code) const noexcept;
    void reset(std::uint32_t code);
    void check_pace();
    void check_stall();
    void set_stall(TimePoint when) noexcept;
    void set_timer() noexcept;
    void linger();

    const Needs& needs_;
    std::unique_ptr<exchange::HttpExchange> exchange_;

    // The head of a request that has Content-Length: 0 without ending. It waits for the end here: for the backend it
    // would be complete, and what follows may turn out to be invalid. Null for others.
    std::unique_ptr<std::string> held_;

    std::string accept_;  // for a WebSocket, the value that the backend has to return; otherwise empty

    // The request's body.
    std::string waiting_;  // received and not accepted yet, from waiting_at_ on; at most a stream's window
    std::size_t waiting_at_ = 0;
    std::unique_ptr<http::BodyReader> trailers_;  // null if there are none
    BodyPace pace_;
    Upload upload_ = Upload::coming;

    // The response.
    Http2AnswerBody answer_;
    Stage stage_ = Stage::awaited;

    TimePoint due_ = never;    // for the pace of the body, or for its end after the response
    TimePoint stall_ = never;  // for a visitor that reads none of the response
};

}  // namespace ferrotunnel::ingress
