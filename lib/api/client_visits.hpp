// Visits of a client: added by the application, or by its settings, and performed by the link.
#pragma once

#include <string>
#include <system_error>
#include <vector>

#include "api/client_state.hpp"
#include "api/link_host.hpp"
#include "base/log.hpp"

namespace ferrotunnel::detail {

/// Thread-safe.
class ClientVisits {
public:
    struct Needs {
        ClientState& state;
        LinkHost& link;
        Logger& log;
    };

    explicit ClientVisits(Needs needs) : needs_(needs) {}

    /// Returns the listen address. Throws config_error, and std::system_error if it cannot listen, or the client has
    /// ended.
    std::string add(const Visit& visit);
    /// Starts the visits of the settings that do not exist yet. `what`: the failed step.
    std::error_code begin(const std::vector<Visit>& visits, std::string& what);
    /// Applies a plan; the caller holds the lock of the state.
    void commit(std::vector<VisitChange> changes, bool of_settings) const;
    std::vector<VisitStats> stats() const;

private:
    const Needs needs_;
};

}  // namespace ferrotunnel::detail
