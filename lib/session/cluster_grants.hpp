// The cluster's grants of a session's services: each service is opened only when the cluster has granted its names.
//
//   ask --claims--> waiting --all granted--> granted --the service ends--> released, reserved for a time
//                      |                        '--revoked: the cluster gave a name to another owner--> the service
//                      ends
//                      '--refused
//
// A server without a cluster has none of this.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "session/service_table.hpp"

namespace ferrotunnel::session {

/// Lives on the session's worker.
class ClusterGrants {
public:
    using Refusal = directory::Refusal;

    struct Needs {
        const SessionContext& at;
        const SessionExecutor& executor;
        ServiceTable& table;
        /// Whether the session's client answers (SessionHandle::probe): called on any thread while the session exists.
        std::function<void(std::function<void(bool alive)>)> probe;
        /// Another owner has one of the service's names now.
        std::function<void(std::uint32_t id, const Refusal&)> revoked;
    };

    explicit ClusterGrants(Needs needs) : needs_(std::move(needs)) {}

    /// Whether the server is in a cluster.
    bool are_needed() const noexcept;
    /// Asks for the names of a service, or for the name of a private one. `terms`: cluster_terms(). `decided` is called
    /// on the worker, in a later round, unless the service ends first.
    void ask(SessionService& service, std::uint64_t terms, std::function<void(std::optional<Refusal>)> decided);
    /// Names of all services stay reserved for the token after their end, as by reserve_names().
    void reserve_all(Duration ports);

private:
    ClusterGrant::Part claim(const SessionService& service, std::unique_ptr<ClusterNames::Use> use);
    void on_decided(std::uint32_t id, std::uint64_t serial, const std::optional<Refusal>& refusal);
    void on_revoked(std::uint32_t id, std::uint64_t serial, const Refusal& refusal);
    SessionService* find(std::uint32_t id, std::uint64_t serial) noexcept;

    const Needs needs_;
    std::uint64_t last_serial_ = 0;
};

/// What all members of a service's group must agree on, apart from its names, as a number that is equal in all versions
/// and on all machines: what the directory compares when one of them joins. 0 without a group: a client agrees with
/// itself. It must never change.
std::uint64_t cluster_terms(const wire::Service& description, const std::optional<directory::Membership>& membership);

}  // namespace ferrotunnel::session
