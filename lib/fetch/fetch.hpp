// One request to an external HTTP server, and its response: HTTP/1.1 with or without TLS. No redirect is followed, no
// proxy is used, and the environment is ignored.
//
//     beginning --timer--> connecting --> exchanging (writes and reads at once) --whole--> ended --timer--> reported
//          \                  \   ^             \'--a kept connection had ended--> connecting, once
//           \__________________\__|______________\____ failed, or no time left --> ended
//
// A request is sent again, once, if it used a kept connection that its server was just closing: no byte of a response
// has arrived, and either nothing was written, or its method is idempotent (RFC 9110, 9.2.2), or it may be repeated.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "fetch/connection.hpp"
#include "fetch/idle_connections.hpp"
#include "fetch/message.hpp"
#include "http/body_reader.hpp"
#include "http/response_parser.hpp"
#include "runtime/timer.hpp"

namespace ferrotunnel::fetch {

/// Lives on its worker.
class Fetch {
public:
    using Done = std::function<void(Response&)>;

    /// `idle`, which may be null, must outlive this. `done` is called once, in a later round, and may destroy this;
    /// destroying this ends the connection, without a call.
    Fetch(runtime::Worker& worker, IdleConnections* idle, Request request, const Bounds& bounds, Done done);
    Fetch(const Fetch&) = delete;
    Fetch& operator=(const Fetch&) = delete;

private:
    enum class State { beginning, connecting, exchanging, ended };
    enum class Reading { head, body, whole };

    void on_timer();
    void begin();
    void connect();
    void on_ready() noexcept;
    void step();
    void write();
    void read();
    void take(std::string_view bytes);
    void take_head();
    void keep_head();
    void take_body();
    /// `is_end`: the server has ended it in order, and it was not cut.
    void end_of_stream(bool is_end, const std::string& why);
    bool may_send_again() const noexcept;
    bool may_keep_connection() const noexcept;
    void end(std::string error);
    void deliver();

    runtime::Worker& worker_;
    IdleConnections* const idle_;
    const Request request_;
    const Bounds bounds_;
    const TimePoint deadline_;
    Done done_;
    State state_ = State::beginning;
    std::string head_text_;
    std::size_t written_ = 0;    // of head and body
    bool is_reused_ = false;     // the connection has served a request before
    bool has_received_ = false;  // a byte of a response has arrived
    std::string received_;       // not parsed yet
    Reading reading_ = Reading::head;
    std::size_t interim_ = 0;
    bool keeps_alive_ = false;  // the server keeps the connection
    http::ResponseParser parser_;
    http::BodyReader body_;
    Response response_;
    runtime::Timer timer_;
    std::unique_ptr<Connection> connection_;
};

}  // namespace ferrotunnel::fetch
