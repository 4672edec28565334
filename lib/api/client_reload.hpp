// Changes of a running Client: its settings, services and visits are compared with the new ones, and only differences
// are applied (service_entries.hpp, visit_table.hpp).
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "api/client_offers.hpp"
#include "api/client_visits.hpp"
#include "api/sink_logger.hpp"
#include "base/mutex.hpp"
#include "settings/settings.hpp"

namespace ferrotunnel::detail {

/// Thread-safe.
class ClientReload {
public:
    struct Needs {
        ClientSettings& settings;  // changed only here
        ClientState& state;
        LinkHost& link;
        ClientOffers& offers;
        ClientVisits& visits;
        EventDelivery& events;
        SinkLogger& log;
        std::function<void()> managed_changed;  // the settings for the server's administrator
    };

    explicit ClientReload(Needs needs) : needs_(std::move(needs)) {}
    ClientReload(const ClientReload&) = delete;
    ClientReload& operator=(const ClientReload&) = delete;

    /// Without `really` it only reports what it would do.
    ApplyReport apply(ClientSettings&& next, std::vector<AnyService> services, bool really);
    /// `remembers`: apply() does not undo the switch. False if there is no such service with a backend.
    bool set_enabled(const std::string& name, bool enabled, const std::string& by, bool remembers);

private:
    void commit(ServiceEntries::Plan plan, ApplyReport& report);
    void apply_settings(const ClientSettings& next);
    bool set_one_enabled(const std::string& name, bool enabled, const std::string& by, bool remembers);

    const Needs needs_;
    Mutex applying_;  // held while settings are applied
};

}  // namespace ferrotunnel::detail
