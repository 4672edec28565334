// Visitors of one worker whose TLS handshake waits for the certificate of their host.
//
//   begin --signal (any thread) or deadline--> continue, on the worker
//     '--clear--> closed
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <unordered_map>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "runtime/deadline_wheel.hpp"
#include "runtime/worker.hpp"

namespace ferrotunnel::ingress {

/// The bytes that a visitor has sent stay in the socket. Each of them has its place in the limits of visitors, so there
/// are no more than these allow. Lives on the worker; destroying it closes their connections.
class HeldHandshakes {
public:
    /// The arguments outlive it.
    HeldHandshakes(runtime::Worker& worker, runtime::DeadlineWheel& wheel, Logger& log);
    ~HeldHandshakes();
    HeldHandshakes(const HeldHandshakes&) = delete;
    HeldHandshakes& operator=(const HeldHandshakes&) = delete;

    /// Calls `begin` with a function, which may be called on any thread, before and after this returns. When it is
    /// called, or after the time that `begin` returns, `resume` is called on the worker. `resume` keeps the visitor.
    void hold(std::function<void()> resume, const std::function<Duration(std::function<void()>)>& begin);
    /// Closes the connections of all visitors that wait.
    void clear() noexcept;
    std::size_t size() const noexcept { return visitors_.size(); }

private:
    class Visitor;

    void release(std::uint64_t number) noexcept;

    runtime::Worker& worker_;
    runtime::DeadlineWheel& wheel_;
    Logger& log_;
    const std::shared_ptr<HeldHandshakes*> self_;  // by which signals find this as long as it exists
    std::uint64_t last_number_ = 0;
    std::unordered_map<std::uint64_t, Visitor> visitors_;
};

}  // namespace ferrotunnel::ingress
