// Visits of a client: added by the application, or by its settings, and carried out by the link.
#pragma once

#include <string>
#include <system_error>
#include <vector>

#include "api/client_state.hpp"
#include "api/link_host.hpp"
#include "base/log.hpp"

namespace ferrotunnel::detail {

/// Any thread.
class ClientVisits {
public:
    struct Needs {
        ClientState& state;
        LinkHost& link;
        Logger& log;
    };

    explicit ClientVisits(Needs needs) : needs_(needs) {}

    /// Returns where it listens. Throws config_error, and std::system_error where it cannot listen, or the client has
    /// ended.
    std::string add(const Visit& visit);
    /// Begins the visits of the settings that are not there yet. `what`: what failed.
    std::error_code begin(const std::vector<Visit>& visits, std::string& what);
    /// Carries out a plan; the caller holds the lock of the state.
    void commit(std::vector<VisitChange> changes, bool of_settings) const;
    std::vector<VisitStats> stats() const;

private:
    const Needs needs_;
};

}  // namespace ferrotunnel::detail
