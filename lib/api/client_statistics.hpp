// Statistics of a client, and the records of its inspector.
#pragma once

#include <cstddef>
#include <vector>

#include "api/client_state.hpp"
#include "ferrotunnel/recorded_exchange.hpp"
#include "ferrotunnel/stats.hpp"
#include "runtime/worker_group.hpp"
#include "session/client_shared.hpp"

namespace ferrotunnel::detail {

/// Thread-safe.
class ClientStatistics {
public:
    struct Needs {
        const ClientState& state;
        const std::shared_ptr<session::ClientShared>& shared;
        runtime::WorkerGroup& workers;
    };

    explicit ClientStatistics(Needs needs) : needs_(needs) {}

    ClientStats stats() const;
    std::vector<ServiceStats> services() const;
    std::vector<WorkerStats> workers() const;
    /// The newest exchanges recorded by the inspector.
    std::vector<RecordedExchange> exchanges(std::size_t most) const;

private:
    const Needs needs_;
};

}  // namespace ferrotunnel::detail
