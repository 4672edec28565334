// Statistics of a Server for the application and the control API: its tunnels and its counters.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "api/request_records.hpp"
#include "api/server_notices.hpp"
#include "api/server_sessions.hpp"
#include "exchange/exchange_shared.hpp"
#include "ferrotunnel/stats.hpp"
#include "runtime/worker_group.hpp"
#include "session/server_shared.hpp"

namespace ferrotunnel::detail {

/// Thread-safe. Reads snapshots and counters, and holds no lock of its own.
class ServerStatistics {
public:
    struct Needs {
        runtime::WorkerGroup& workers;
        std::shared_ptr<session::ServerShared> shared;
        const ServerSessions& sessions;
        const ServerNotices& notices;
        const SpanSender& traces;
        std::function<std::shared_ptr<const exchange::EdgeCounters>()> http_totals;  // null if there is no edge
    };
    explicit ServerStatistics(Needs needs) : needs_(std::move(needs)) {}
    ServerStatistics(const ServerStatistics&) = delete;
    ServerStatistics& operator=(const ServerStatistics&) = delete;

    std::vector<TunnelInfo> tunnels() const;
    ServerStats stats() const { return stats(tunnels()); }
    /// Includes the numbers of `tunnels`.
    ServerStats stats(const std::vector<TunnelInfo>& tunnels) const;
    std::vector<ServiceStats> service_stats() const;
    std::vector<WorkerStats> worker_stats() const;

private:
    const Needs needs_;
};

}  // namespace ferrotunnel::detail
