// Quotas of tokens across the members of a cluster: makes the server's counts known to the others, each second.
#pragma once

#include <memory>

#include "directory/shared_use.hpp"
#include "runtime/timer.hpp"
#include "runtime/worker.hpp"
#include "session/server_shared.hpp"

namespace ferrotunnel::detail {

class SharedQuotas {
public:
    /// `shared` has values. They are watched from now on: before links exist.
    SharedQuotas(runtime::Worker& first, std::shared_ptr<session::ServerShared> shared);

    /// On any thread.
    void start();
    /// When the worker does not run any more.
    void stop() noexcept { timer_.reset(); }

private:
    void tick();

    runtime::Worker& worker_;
    const std::shared_ptr<session::ServerShared> shared_;
    const std::shared_ptr<directory::SharedUse> use_;
    std::unique_ptr<runtime::Timer> timer_;  // on the worker
};

}  // namespace ferrotunnel::detail
