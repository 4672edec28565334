// A watch at one endpoint, until it ends.
//
//   StreamedFetch --bytes--> WatchLines --> WatchOrder --whole revisions--> batch
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "etcd/fault.hpp"
#include "etcd/limits.hpp"
#include "etcd/requests.hpp"
#include "etcd/watch.hpp"
#include "fetch/message.hpp"
#include "fetch/streamed_fetch.hpp"
#include "runtime/timer.hpp"

namespace ferrotunnel::etcd {

/// Lives on its worker.
class WatchRun {
public:
    /// None is called from within the constructor, nor after destruction.
    struct Handlers {
        /// The watch was created: all later changes will be reported.
        std::function<void()> begun;
        /// It must not destroy the watch.
        std::function<void(WatchBatch)> batch;
        /// Once; it may destroy the watch. The next one begins at seen() + 1.
        std::function<void(const Fault&)> ended;
    };
    struct Where {
        fetch::Destination to;
        std::string token{};                 // empty: none
        Duration time = limits::watch_time;  // for the first message
    };
    WatchRun(runtime::Worker& worker, const Where& where, WatchStart start, Handlers handlers);
    WatchRun(const WatchRun&) = delete;
    WatchRun& operator=(const WatchRun&) = delete;

    Revision seen() const noexcept { return order_.seen(); }
    /// Which etcd it is, from `begun` on.
    std::uint64_t cluster() const noexcept { return order_.cluster(); }

private:
    void take(std::string_view bytes);
    void take_line(std::string_view line);
    void fail(Fault fault);
    void finish(const std::string& error);

    const WatchStart start_;
    const Handlers handlers_;
    unsigned status_ = 0;
    WatchLines lines_;
    WatchOrder order_;
    std::string refusal_;  // the body of a response that is not 200
    std::optional<Fault> fault_;
    runtime::Timer timer_;  // for the first message
    fetch::StreamedFetch fetch_;
};

}  // namespace ferrotunnel::etcd
