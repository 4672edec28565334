// The link of a client, and its worker.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "runtime/worker.hpp"
#include "session/client_link.hpp"

namespace ferrotunnel::detail {

/// Any thread may post orders to the link; orders posted after make() reach it.
class LinkHost {
public:
    explicit LinkHost(runtime::Worker& worker) noexcept : worker_(worker) {}
    LinkHost(const LinkHost&) = delete;
    LinkHost& operator=(const LinkHost&) = delete;

    /// Creates the link later on the worker: an application's io_context may be running already.
    void make(std::function<std::unique_ptr<session::ClientLink>()> made_by) {
        worker_.post([this, made_by = std::move(made_by)]() noexcept { link_ = made_by(); });
    }
    /// Runs `order` later on the worker, with the link. Returns false, and drops it, if the worker has stopped.
    template <typename Order>
    bool post(Order order) {
        return worker_.post(
            [this, order = std::move(order)]() mutable noexcept(noexcept(order(*link_))) { order(*link_); });
    }
    /// Ends the link now if this is its worker, otherwise later.
    void stop() {
        const auto stop_link = [this] {
            if (link_) {
                link_->stop();
            }
        };
        if (worker_.here()) {
            stop_link();
        } else {
            worker_.post(stop_link);
        }
    }
    /// Destroys the link. No worker runs any more.
    void reset() noexcept { link_.reset(); }

    runtime::Worker& worker() noexcept { return worker_; }

private:
    runtime::Worker& worker_;
    std::unique_ptr<session::ClientLink> link_;  // on the worker
};

}  // namespace ferrotunnel::detail
