// Two mux sessions joined in memory, a server's and a client's, on a thread of their own that carries the bytes: to the
// streams' endpoints it is what a trunk's worker is.
#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/async_result.hpp>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include "api/listener_core.hpp"
#include "api/stream_core.hpp"
#include "buffer/slab.hpp"
#include "ferrotunnel/server.hpp"
#include "mux/session.hpp"
#include "support/seeded_random.hpp"

namespace ferrotunnel::test {

/// Wakes the pump, as a driver's waker does.
class Alarm final : public buffer::Waker {
public:
    void wake() noexcept override {
        const std::lock_guard lock(mutex_);
        rung_ = true;
        condition_.notify_one();
    }
    void wait() {
        std::unique_lock lock(mutex_);
        condition_.wait(lock, [this] { return rung_; });
        rung_ = false;
    }

private:
    std::mutex mutex_;
    std::condition_variable condition_;
    bool rung_ = false;
};

class SessionPair {
public:
    explicit SessionPair(mux::Settings server = {}, mux::Settings client = {});
    ~SessionPair();

    /// Runs `task` on the pump's thread and waits for it.
    void call(const std::function<void()>& task);
    /// Runs `task` on the pump's thread without waiting for it.
    void post(std::function<void()> task);

    /// Both sides lose their trunk, as at a broken connection.
    void lose();
    /// The client's side is stopped on purpose: its streams end with session_closed.
    void stop_client();
    /// Stops the client's side from reading the trunk (frames pile up), or lets it continue.
    void hold_server_to_client(bool hold);

    /// Lets this much time pass for both sides.
    void pass(Duration time);

    /// Visitors that the server's side opens arrive here.
    const std::shared_ptr<detail::ListenerCore>& listener_core() const { return listener_; }
    Listener make_listener(asio::any_io_executor executor) { return {listener_, std::move(executor)}; }

    /// Opens a stream from the server's side: void(std::error_code, Stream).
    template <typename Token>
    auto async_open(asio::any_io_executor executor, Token&& token) {
        auto initiate = [this, executor](auto handler) {
            using Handler = std::decay_t<decltype(handler)>;
            using Made = detail::HandlerOperation<detail::OpenOperation, Handler, std::error_code, Stream>;
            auto* operation = Made::make(std::move(handler), executor);
            operation->executor = executor;
            open(operation);
        };
        return asio::async_initiate<Token, void(std::error_code, Stream)>(std::move(initiate), token);
    }

    /// Bytes of slabs that each session pins now, asked on the pump's thread.
    std::pair<std::uint64_t, std::uint64_t> bytes_held();
    /// Streams in each session now.
    std::pair<std::uint32_t, std::uint32_t> streams();

    /// The address that every visitor of this pair comes from.
    static net::Address visitor();

private:
    struct Side;

    void open(detail::OpenOperation* operation);
    void run();
    bool run_tasks();
    bool carry(Side& from, Side& to);
    TimePoint now() const noexcept { return Clock::now() + skipped_; }

    IntrusivePtr<Alarm> alarm_ = make_intrusive<Alarm>();
    IntrusivePtr<detail::OwnerLife> client_life_ = make_intrusive<detail::OwnerLife>();
    IntrusivePtr<detail::OwnerLife> server_life_ = make_intrusive<detail::OwnerLife>();
    std::shared_ptr<detail::ListenerCore> listener_;
    std::mutex mutex_;
    std::deque<std::function<void()>> tasks_;
    bool stopping_ = false;
    bool hold_ = false;  // used on the pump's thread alone
    Duration skipped_{};
    std::unique_ptr<Side> server_;
    std::unique_ptr<Side> client_;
    std::thread thread_;
};

}  // namespace ferrotunnel::test
