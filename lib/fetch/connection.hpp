// A connection to an HTTP server of others.
//
//     connecting --socket--> shaking_hands --> open <--> resting (kept for the next request)
//          \______________________\______________\__________\____ closed (why())
//
// A resting connection that becomes readable is closed: its server has ended it, or sends what nobody asked for.
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

    /// Called, in a later round, whenever something may have become possible. It must not throw, nor destroy the
    /// connection.
    void on_ready(std::function<void()> call) noexcept { ready_ = std::move(call); }

    State state() const noexcept { return state_; }
    /// Why it is closed, in words.
    const std::string& why() const noexcept { return why_; }

    /// While it is open. would_block: on_ready follows.
    transport::IoResult write(std::span<const Bytes> pieces) noexcept { return pipe_->write(pieces); }
    /// Whether what was taken has left.
    bool flush() noexcept { return !pipe_->has_pending() || pipe_->flush() == transport::IoStatus::ok; }
    /// ok: `into` got bytes, and more may be there.
    transport::IoResult read(MutableBytes into) noexcept;
    /// Whether the end that was read is the server's, and no reset.
    bool saw_end() const noexcept { return pipe_->saw_end(); }
    std::string error_text() const { return pipe_->error_text(); }

    /// Waits for the next request: nobody is called any more.
    void rest();
    /// Goes on with another request. False: it was closed meanwhile.
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
    bool peer_ends_ = false;  // an event has said so: behind the last bytes is an end that no other one tells
    std::function<void()> ready_;
    std::unique_ptr<transport::Pipe> pipe_;
    std::optional<runtime::Connector> connector_;
};

}  // namespace ferrotunnel::fetch
