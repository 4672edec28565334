// The register's part of the first worker: its ticks, and the steps in which routes are written and values are watched.
//
//   RegisterDriver --deadline moved--.
//   RemoteNames --names changed------+--wake()--> first worker: Timer --> tick(); Deferred --> step(), one a turn
//
// A step that runs out of memory ends the process, like an effect of the register (register_driver.cpp): a name that
// was taken from the list of changes and not written would be routed wrongly forever. Steps are bounded, and so is what
// they need.
#pragma once

#include <memory>
#include <optional>

#include "base/intrusive_ptr.hpp"
#include "buffer/mailbox.hpp"
#include "peers/register_driver.hpp"
#include "peers/remote_names.hpp"
#include "peers/route_writer.hpp"
#include "peers/value_store.hpp"
#include "runtime/deferred.hpp"
#include "runtime/timer.hpp"
#include "runtime/worker.hpp"

namespace ferrotunnel::peers {

/// Held by a shared_ptr.
class ClusterWorker final : public runtime::Deferred, public std::enable_shared_from_this<ClusterWorker> {
public:
    ClusterWorker(runtime::Worker& worker, std::shared_ptr<RegisterDriver> names)
        : worker_(worker), mailbox_(worker.mailbox()), names_(std::move(names)) {}

    /// Before any wake().
    void set_routes(std::shared_ptr<RemoteNames> routes, std::shared_ptr<RouteWriter> writer) {
        routes_ = std::move(routes);
        writer_ = std::move(writer);
    }
    void set_values(std::shared_ptr<ValueStore> values) { values_ = std::move(values); }
    /// Any thread.
    void wake() noexcept;
    /// When no worker runs any more, or on the first one.
    void stop() noexcept;
    /// The same for any thread: what changes from now on is not applied.
    void freeze() noexcept;

    void run_deferred() noexcept override;

private:
    using Mail = buffer::WakeMail<ClusterWorker, std::shared_ptr<ClusterWorker>>;

    void woken();
    void tick();
    void retry_ports();

    runtime::Worker& worker_;
    const std::shared_ptr<buffer::Mailbox> mailbox_;
    const std::shared_ptr<RegisterDriver> names_;
    std::shared_ptr<RemoteNames> routes_;
    std::shared_ptr<RouteWriter> writer_;
    std::shared_ptr<ValueStore> values_;
    const IntrusivePtr<Mail> mail_ =
        make_intrusive<Mail>([](const std::shared_ptr<ClusterWorker>& itself) noexcept { itself->woken(); });
    bool is_stopped_ = false;
    // Made on the worker.
    std::optional<runtime::Timer> timer_;
    std::optional<runtime::Timer> retry_timer_;  // of ports that could not be opened
};

}  // namespace ferrotunnel::peers
