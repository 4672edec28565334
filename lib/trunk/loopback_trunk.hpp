// A trunk in memory, without a connection: two sessions on one worker, each of which receives the other's output. A
// stream opened at the near end arrives at the far one as on every trunk, so any code that serves streams can serve
// this one, too.
//
//   open --close, a session has failed, the worker ends--> closed (streams that are left are lost)
#pragma once

#include <functional>
#include <memory>

#include "base/intrusive_ptr.hpp"
#include "buffer/waker.hpp"
#include "mux/session.hpp"
#include "runtime/deferred.hpp"
#include "runtime/shutdown_hook.hpp"
#include "runtime/worker.hpp"

namespace ferrotunnel::trunk {

/// For the worker's thread, except wake(). Keeps itself alive until it is closed.
class LoopbackTrunk final : public buffer::Waker, private runtime::Deferred, private runtime::ShutdownHook {
public:
    using OnStream = std::function<void(IntrusivePtr<mux::Stream>, const wire::Open&)>;

    /// `on_stream` is called for each stream that arrives at the far end.
    LoopbackTrunk(runtime::Worker& worker, OnStream on_stream);
    ~LoopbackTrunk() override;

    /// Opens a stream at the near end, to which the endpoint is not attached yet.
    Result<IntrusivePtr<mux::Stream>, wire::Code> open(const mux::Session::OpenRequest& request);
    /// Ends the remaining streams as lost, at once or as soon as the sessions have returned. Idempotent.
    void close() noexcept;

    /// Thread-safe.
    void wake() noexcept override;

private:
    class End;

    void run_deferred() noexcept override;
    void on_worker_end() noexcept override { close(); }
    bool carry(End& from, End& to);
    void lose_sessions() noexcept;

    runtime::Worker& worker_;
    const std::shared_ptr<buffer::Mailbox> mailbox_;
    const OnStream on_stream_;
    std::unique_ptr<End> near_;  // null once it is closed
    std::unique_ptr<End> far_;
    bool in_sessions_ = false;
    bool closing_ = false;
};

}  // namespace ferrotunnel::trunk
