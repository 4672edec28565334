// The endpoint half of a stream that this client serves itself, without a backend: on the worker of its trunk, from
// start to end, without another owner.
//
//   begin --> step, step ... --end, in order or by a reset; an exception; the worker ends--> over
#pragma once

#include <exception>
#include <utility>

#include "base/intrusive_ptr.hpp"
#include "buffer/waker.hpp"
#include "mux/stream.hpp"
#include "runtime/shutdown_hook.hpp"
#include "runtime/step_loop.hpp"
#include "runtime/worker.hpp"

namespace ferrotunnel::backend {

class ServedStream : public buffer::Waker, private runtime::ShutdownHook {
public:
    /// Thread-safe; acts at once on the worker's thread.
    void wake() noexcept final;

protected:
    ServedStream(runtime::Worker& worker, IntrusivePtr<mux::Stream> stream);
    ~ServedStream() override;

    /// Keeps itself alive from here to end(), and is woken for the stream. The stream is not accepted yet.
    void begin();
    /// Steps until nothing more can be done. May be called from within a step.
    void run() noexcept;
    /// Runs the action of another event, such as a timer's.
    template <typename Action>
    void guarded(Action action) noexcept {
        const IntrusivePtr<ServedStream> keep(this);
        if (!stream_) {
            return;
        }
        try {
            action();
        } catch (const std::exception&) {
            fail();
        }
    }

    runtime::Worker& worker() const noexcept { return worker_; }
    mux::Stream& stream() const noexcept { return *stream_; }
    bool is_over() const noexcept { return stream_ == nullptr; }

    /// Ends both directions, of which ours is complete. The reset after it reports how much was read, and ends the
    /// visitor's half too: it has no reader any more.
    void end_gracefully();
    void end_by_reset();
    /// The stream is over. May destroy this object.
    void end() noexcept;
    /// The stream, for another endpoint on this worker; then it is over for this one.
    IntrusivePtr<mux::Stream> release_stream() noexcept { return std::move(stream_); }

private:
    /// Does what can be done now. It then has armed a wake for the rest, or has ended.
    virtual void step() = 0;
    /// Releases everything that must not outlive the worker. Called once.
    virtual void on_over() noexcept = 0;

    void on_worker_end() noexcept override;
    void fail() noexcept;

    runtime::Worker& worker_;
    IntrusivePtr<mux::Stream> stream_;  // null when it is over
    runtime::StepLoop steps_;
    IntrusivePtr<ServedStream> self_;
};

}  // namespace ferrotunnel::backend
