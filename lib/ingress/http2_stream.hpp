// One request of a connection of HTTP/2, and its answer: between the exchange and the session's stream.
//
//   begin --exchange--> head? --interim*, head--> body (supply, give) --end--> closed by both sides
//     |                                              '--broken, the visitor takes nothing--> reset
//     '--body: straight to the exchange; while that takes none, it waits here, within the stream's window
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
#include "runtime/deadline_wheel.hpp"

namespace ferrotunnel::ingress {

class Http2Connection;

class Http2Stream final : public h2::ServerStream,
                          private exchange::ExchangeOwner,
                          private runtime::Deadline,
                          private Lingering::Member {
public:
    explicit Http2Stream(Http2Connection& connection) noexcept : connection_(connection) {}
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

    bool is_closed() const noexcept { return closed_; }
    /// Whether its request's body is still to come.
    bool is_uploading() const noexcept { return exchange_ && !body_ended_; }
    /// Whether its answer was sent to the end.
    bool is_answered() const noexcept { return answer_sent_; }

    /// For the connection: the stream is among those that are to move.
    bool is_ready = false;

private:
    void on_exchange() noexcept override;
    void on_deadline() noexcept override;
    void cut_lingering() noexcept override;

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
    bool fetch();
    std::uint32_t error_of(wire::Code code) const noexcept;
    void reset(std::uint32_t code);
    void look_at_pace();
    void look_at_stall();
    void set_stall(TimePoint when) noexcept;
    void set_timer() noexcept;
    void linger();

    Http2Connection& connection_;
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
    bool body_ended_ = false;  // the visitor has sent its end
    bool end_given_ = false;   // the exchange has had it

    // The answer.
    buffer::Slice data_;   // the piece that is being sent
    buffer::Slice ahead_;  // the one behind it
    std::unique_ptr<std::string> answer_trailers_;
    bool answered_ = false;
    bool replaced_ = false;  // the backend's answer to a WebSocket was none
    bool has_body_ = false;
    bool ends_ = false;  // the answer ends behind data_
    bool broken_ = false;
    wire::Code break_code_ = wire::Code::none;
    bool asleep_ = false;  // the session waits for resume()
    bool closed_ = false;
    bool answer_sent_ = false;  // before the body's end: what still comes of it is discarded
    bool lingers_ = false;
    bool was_cut_ = false;  // its reset is on its way

    TimePoint due_ = never;    // for the pace of the body, or for its end behind the answer
    TimePoint stall_ = never;  // for a visitor who takes nothing of the answer
};

}  // namespace ferrotunnel::ingress
