// The services of a client for the application's threads: the present ones, the room for others, and the changes that
// lead to a new list.
//
//   same name, same description            untouched
//   same name, only the backend differs    keeps its id, its place and its visitors; new visitors go to the new backend
//   same name, anything else differs       removed and registered again, in one go
//   same name, switched off                removed; it stays known, and its visitors finish
//   same name, switched on                 registered again
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/listener_core.hpp"
#include "api/service_state.hpp"
#include "backend/client_service.hpp"
#include "ferrotunnel/client.hpp"
#include "metrics/service_counters.hpp"
#include "transport/tls_context.hpp"

namespace ferrotunnel::detail {

/// Hosts in normal form, each with the part that makes it a claimed name: the path, or the mark for TLS.
using HostClaims = std::vector<std::pair<std::string, std::string>>;

/// The description of a service with a backend.
struct KnownService {
    AnyService description;  // checked
    bool applies = true;     // apply() removes it if its list does not contain it

    bool is_off() const;
    std::string disabled_by() const;
};

struct ServiceEntry {
    std::string name;
    std::shared_ptr<ServiceState> state;
    std::shared_ptr<ListenerCore> listener;  // set if the application serves
    ListenOperation* waiting = nullptr;      // until the server has answered
    std::size_t hosts = 0;                   // for HTTP and TLS
    std::size_t rules = 0;                   // for HTTP, in bytes
    HostClaims claims;                       // for HTTP and TLS
    wire::ServiceKind kind = wire::ServiceKind::tcp;
    std::string local{};                                         // its backend; empty: none
    std::shared_ptr<const transport::TlsContext> backend_tls{};  // null without TLS
    std::optional<KnownService> known{};                         // for a service with a backend

    bool is_off() const { return known && known->is_off(); }
};

/// The planned change of a service.
struct ServiceChange {
    enum class Kind : std::uint8_t { added, removed, rebound, replaced, off } kind = Kind::added;
    std::uint32_t old = 0;  // the id of the present service; 0: none
    backend::ClientService service{};

    bool keeps_registration() const noexcept { return kind == Kind::rebound; }
};

/// Has no lock: the owner's guards it.
class ServiceEntries {
public:
    using Map = std::map<std::uint32_t, ServiceEntry>;
    struct Needs {
        std::function<std::shared_ptr<ServiceState>(const std::string& name, std::uint32_t id)> new_state;
        std::function<std::shared_ptr<metrics::ServiceRow>(const std::string& name, wire::ServiceKind)> row_of;
    };
    /// The new entries, and the changes that lead to them.
    struct Plan {
        Map entries;
        std::vector<ServiceChange> changes;
    };
    /// The results of commit().
    struct Outcome {
        std::vector<std::string> closed;                   // services that were not off
        std::vector<std::shared_ptr<ServiceState>> added;  // states of services with a new registration
    };

    explicit ServiceEntries(Needs needs) : needs_(std::move(needs)) {}

    const Map& all() const noexcept { return entries_; }
    /// Null if there is none.
    ServiceEntry* find(std::uint32_t id) noexcept;
    /// The services that exist only together with this one.
    std::vector<std::string> twins_of(std::string_view name) const;
    /// Whether the service was turned off by a switch, and not by its description.
    bool is_switched_off(const std::string& name) const { return off_.contains(name); }
    std::size_t count_pending() const;
    std::size_t count_registered() const;
    /// No service is registered any more: the connection is lost.
    void set_pending();

    /// Appends the reason if there is no room for the service.
    void check_room(const backend::ClientService& service, std::vector<Problem>& problems) const {
        check_room(entries_, service, problems);
    }
    /// Gives a new service its id, and the row where it is counted; returns its state.
    std::shared_ptr<ServiceState> prepare(backend::ClientService& service);
    /// Adds a service that was prepared.
    void add(const backend::ClientService& service, ServiceEntry entry);
    /// Returns its name. Empty if there is no such service.
    std::optional<std::string> remove(std::uint32_t id);

    /// Compares the services with `services`, the application's new list.
    Plan plan(std::vector<AnyService> services, std::vector<Problem>& problems) const;
    /// Plans to switch a service; without changes there is nothing to do. Empty if there is no such service with a
    /// backend. `remembers`: later plans keep it off.
    std::optional<Plan> plan_switch(const std::string& name, bool enabled, const std::string& by, bool remembers);
    /// Applies the plan; nothing has changed since it was made. Cannot fail.
    Outcome commit(Plan& plan);

    /// Takes out operations that wait for an answer; the caller completes them.
    std::vector<ListenOperation*> take_waiting();
    Map take_all() { return std::exchange(entries_, {}); }

private:
    struct Outgoing;

    static void check_room(const Map& entries, const backend::ClientService& service, std::vector<Problem>& problems);
    void keep_off(AnyService& service) const;
    ServiceChange change_of(const Outgoing& old, KnownService known, backend::ClientService service,
                            std::uint32_t& next_id, Map& entries) const;

    const Needs needs_;
    Map entries_;
    std::uint32_t last_id_ = 0;
    std::map<std::string, std::string> off_;  // services that stay off in every plan, with the origin of the switch
};

}  // namespace ferrotunnel::detail
