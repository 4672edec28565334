// The wait of a request whose service has no client at the moment: with a copy of its head or, if the head was already
// written for a backend, for a successor of its service.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "exchange/exchange_context.hpp"
#include "exchange/hold_queue.hpp"
#include "http/owned_head.hpp"
#include "runtime/deadline_wheel.hpp"

namespace ferrotunnel::exchange {

class RequestHold {
public:
    /// `visitor` is called when services have changed, `deadline` when the time is over.
    struct Needs {
        const ExchangeContext& at;
        runtime::Deadline& deadline;
        HoldWaiter& visitor;
    };

    explicit RequestHold(const Needs& needs) noexcept : needs_(needs) {}

    /// Begins the wait with a copy of `head`. `is_first`: the request has not waited before. False if there is no room.
    bool wait_with(const http::RequestHead& head, TimePoint until, bool is_first);
    /// Whether it waits with a copy of the head.
    bool has_head() const noexcept { return head_ != nullptr; }
    /// Services have changed. Returns the head with which the request continues, or null if it still waits.
    std::unique_ptr<http::OwnedHead> take_head();
    /// Begins, or continues, the wait for a successor of a request that was refused; `bytes` is the memory that it
    /// uses; `seen`: see HoldQueue::enter(). False if there is no room or the time is over.
    bool wait_for_successor(std::size_t bytes, std::uint64_t seen);
    /// Services have changed, and there is no successor yet. False if there is no room any more.
    bool wait_on(std::size_t bytes) noexcept { return needs_.at.edge.hold.enter(needs_.visitor, bytes); }
    /// The time is over.
    void expire() noexcept {
        leave();
        head_.reset();
    }
    void leave() noexcept { needs_.visitor.leave_hold(); }

private:
    const Needs needs_;
    std::unique_ptr<http::OwnedHead> head_;
    TimePoint until_{};  // for a successor
};

}  // namespace ferrotunnel::exchange
