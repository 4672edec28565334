// One request of a connection of HTTP/2, and its answer: between the exchange and the session's stream.
//
// The answer:
//
//   awaited --head--> body, bodiless --its end has gone, the request's has not come--> sent
//      |                ^                                                               |
//      '---> replaced --'                                            what still comes is discarded
//     (a WebSocket's backend has                                                        v
//      answered as if it were none)                    cut <--too much, too long-- lingering
//
//   and from each of them --the session has closed the stream, by ends or by a reset--> closed
//
// The request's body:
//
//   coming --the visitor's end--> ended --the exchange has it all, or wants no more--> over
//      '--refused, too slow--> unwanted --the visitor's end-----------------------------^
//
// It goes straight to the exchange; while that takes none, it waits here, within the stream's window.
//
// A WebSocket (RFC 8441) is the upgrade of HTTP/1.1 that it would be there: its request has ended with its head, and
// what the visitor sends waits until the backend has switched. Only then is the answer a 2xx.
//
// The window opens by what the exchange has taken. When the answer is complete the exchange goes; what still comes of
// the request is given back by the session when the stream closes.
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

/// The connection, as its streams know it.
class Http2StreamOwner {
public:
    /// The stream has something to move: it has its turn at the end of this round.
    virtual void ready(Http2Stream& stream) noexcept = 0;
    /// What comes next takes time to make: others have a turn first.
    virtual void give_way() noexcept = 0;
    /// Cuts bytes that were just read out of their slab, see EdgeConnection::cut_out.
    virtual buffer::Slice cut_out(std::string_view payload, bool& headroom) = 0;
    /// Takes the header of a frame, and data behind it.
    virtual void add(std::string_view frame_header, buffer::Slice data) = 0;

protected:
    ~Http2StreamOwner() = default;
};

class Http2Stream final : public h2::ServerStream,
                          private exchange::ExchangeOwner,
                          private runtime::Deadline,
                          private Lingering::Member {
public:
    /// What the streams of a connection have in common; it outlives them.
    struct Needs {
        EdgeWorker& edge;
        const exchange::VisitorFacts& visitor;
        h2::ServerSession& session;
        Http2StreamOwner& connection;
    };

    explicit Http2Stream(const Needs& needs) noexcept : needs_(needs) {}
    ~Http2Stream();

    void begin(h2::RequestText& text, http::Fault fault, bool has_body);
    /// Moves what can move.
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
    /// Whether its request's body is still to come.
    bool is_uploading() const noexcept { return exchange_ && !has_ended(); }
    /// Whether its answer was sent to the end.
    bool is_answered() const noexcept {
        return stage_ == Stage::sent || stage_ == Stage::lingering || stage_ == Stage::cut;
    }

    /// For the connection: the stream is among those that are to move.
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
    bool takes_body();
    void feed_waiting();
    void take_trailers(std::string_view trailers);
    void end_body();
    bool take_head();
    void write_head(const exchange::Answer& answer);
    bool is_no_websocket(const exchange::Answer& answer) const noexcept;
    void finish_bodiless();
    void fetch();
    std::uint32_t error_of(wire::Code code) const noexcept;
    void reset(std::uint32_t code);
    void look_at_pace();
    void look_at_stall();
    void set_stall(TimePoint when) noexcept;
    void set_timer() noexcept;
    void linger();

    const Needs& needs_;
    std::unique_ptr<exchange::HttpExchange> exchange_;

    // The head of a request that says Content-Length: 0 without ending. It waits for the end here: it would be complete
    // for the backend, and what follows may turn out to be no request. Null for others.
    std::unique_ptr<std::string> held_;

    std::string accept_;  // of a WebSocket, what the backend has to answer; else empty

    // The request's body.
    std::string waiting_;  // what has come and was not taken, from waiting_at_ on; at most a stream's window
    std::size_t waiting_at_ = 0;
    std::unique_ptr<http::BodyReader> trailers_;  // null: none
    BodyPace pace_;
    Upload upload_ = Upload::coming;

    // The answer.
    Http2AnswerBody answer_;
    Stage stage_ = Stage::awaited;

    TimePoint due_ = never;    // for the pace of the body, or for its end behind the answer
    TimePoint stall_ = never;  // for a visitor who takes nothing of the answer
};

}  // namespace ferrotunnel::ingress
