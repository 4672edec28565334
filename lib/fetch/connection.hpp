// A connection to an HTTP server, over TCP or a Unix socket.
//
//     connecting --socket--> shaking_hands --> open <--> resting (kept for the next request)
//          \______________________\______________\__________\____ closed (why())
//
// A resting connection that becomes readable is closed: its server has ended it, or sends data without a request.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/bytes.hpp"
#include "fetch/message.hpp"
#include "runtime/connector.hpp"
#include "runtime/poller.hpp"
#include "transport/pipe.hpp"

namespace ferrotunnel::runtime {
class Worker;
}

namespace ferrotunnel::fetch {

/// Lives on its worker.
class Connection final : private runtime::PollTarget {
public:
    enum class State { connecting, shaking_hands, open, resting, closed };

    /// Begins to connect. Throws std::bad_alloc.
    Connection(runtime::Worker& worker, const Destination& to, Duration time);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    /// Called, in a later round, whenever progress may be possible. It must not throw, nor destroy the connection.
    void on_ready(std::function<void()> call) noexcept { ready_ = std::move(call); }

    State state() const noexcept { return state_; }
    /// Why it is closed, in words.
    const std::string& why() const noexcept { return why_; }

    /// While it is open. would_block: on_ready follows.
    transport::IoResult write(std::span<const Bytes> pieces) noexcept { return pipe_->write(pieces); }
    /// Whether all accepted bytes were sent.
    bool flush() noexcept { return !pipe_->has_pending() || pipe_->flush() == transport::IoStatus::ok; }
    /// ok: `into` got bytes, and more may be there.
    transport::IoResult read(MutableBytes into) noexcept;
    /// Whether the server ended the connection in order, and not by a reset.
    bool saw_end() const noexcept { return pipe_->saw_end(); }
    std::string error_text() const { return pipe_->error_text(); }

    /// Waits for the next request: there are no more calls.
    void rest();
    /// Continues with another request. False if it was closed meanwhile.
    bool wake(std::function<void()> call) noexcept;
    void close(std::string why) noexcept;

private:
    void on_connected(std::error_code error, runtime::Fd socket);
    void on_events(std::uint32_t events) noexcept override;
    void shake_hands();
    void close_if_ended() noexcept;

    runtime::Worker& worker_;
    const std::shared_ptr<transport::TlsContext> tls_;
    State state_ = State::connecting;
    std::string why_;
    bool is_watched_ = false;
    bool peer_ends_ = false;  // reported by an event: after the last bytes is an end that no other event reports
    std::function<void()> ready_;
    std::unique_ptr<transport::Pipe> pipe_;
    std::optional<runtime::Connector> connector_;
};

}  // namespace ferrotunnel::fetch
