// Visits of a client to private services of others. Those of the settings are compared with the new ones, like
// services:
//
//   same address, service and key     untouched
//   same address, anything different  the socket stays; visitors from now on get the other service, or key
//   otherwise                         a new address starts to listen, an unwanted one stops
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include "ferrotunnel/client.hpp"
#include "runtime/socket.hpp"
#include "session/visit_plan.hpp"

namespace ferrotunnel::detail {

/// The planned change of a visit.
struct VisitChange {
    enum class Kind : std::uint8_t { added, removed, changed } kind = Kind::added;
    std::uint32_t id = 0;  // of an added one: chosen when it is committed
    Visit visit{};
    std::shared_ptr<const session::VisitPlan> plan{};  // null if it is removed
    std::string at{};                                  // of an added one
    std::shared_ptr<runtime::Fd> listener{};           // likewise
};

/// Listens for a visit that is to be added. `shares_addresses`: the process that this one replaces may still listen
/// there.
VisitChange listen_for(const Visit& visit, bool shares_addresses, std::error_code& error);

/// Has no lock: the owner's guards it.
class VisitTable {
public:
    /// Compares with `visits`, and listens at new addresses as listen_for() does. Failures are appended as problems.
    std::vector<VisitChange> plan(const std::vector<Visit>& visits, bool shares_addresses,
                                  std::vector<Problem>& problems) const;
    /// Cannot fail; nothing has changed since the plan. `of_settings`: later plans compare them.
    void commit(std::vector<VisitChange>& changes, bool of_settings);

    /// Whether the settings' visit exists.
    bool has(const Visit& visit) const;
    std::size_t size() const noexcept { return visits_.size(); }
    std::vector<VisitStats> stats() const;

private:
    struct Entry {
        Visit visit;
        std::string at;
        std::shared_ptr<session::VisitRecord> record;
        bool of_settings = false;
    };

    std::map<std::uint32_t, Entry> visits_;  // by the link's numbers
    std::uint32_t last_id_ = 0;
};

}  // namespace ferrotunnel::detail
