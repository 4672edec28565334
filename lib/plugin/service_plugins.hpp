// The plugins that a client has requested for one service, and the chain of the operator's instances followed by these.
// A chain is created for each worker with its first visitor, and again when the operator's chain has changed.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/intrusive_ptr.hpp"
#include "base/mutex.hpp"
#include "hooks/requested_plugins.hpp"
#include "plugin/instance.hpp"
#include "plugin/worker_plugins.hpp"

namespace ferrotunnel::plugin {

class ServicePlugins;

/// What all such services of a server share, with the count of their plugins. It lives as long as any of them.
/// Thread-safe.
class RequestedPluginRegistry : public std::enable_shared_from_this<RequestedPluginRegistry> {
public:
    using Token = std::array<std::uint8_t, 8>;
    struct Bounds {
        std::size_t per_token = limits::plugin_asked_per_token_max;
        std::size_t in_all = limits::plugin_asked_max;
        WaitSettings waits{};  // for all services together, on each worker
    };

    explicit RequestedPluginRegistry(Bounds bounds) : bounds_(bounds) {}

    const WaitSettings& waits() const noexcept { return bounds_.waits; }

    /// Sets the chain before those of services; null if there is none.
    void set_operators(std::shared_ptr<const Chain> chain);
    /// Makes a service of these instances. Each is counted for the token until nothing holds it any more: the service,
    /// and its visits and requests.
    std::shared_ptr<ServicePlugins> add(const Token& token, std::vector<std::shared_ptr<Instance>> instances,
                                        std::string names);
    /// Whether the clients of the token may have `more` further plugins.
    bool has_room(const Token& token, std::size_t more) const;
    /// Removes the plugins from all services; no worker may run any more.
    void end();
    std::size_t instances() const;

private:
    friend class ServicePlugins;
    struct Counted;

    std::shared_ptr<const Chain> operators() const;
    IntrusivePtr<WorkerState> state_of(const buffer::Mailbox* mailbox);
    void removed(const Token& token) noexcept;
    std::vector<std::shared_ptr<ServicePlugins>> services();

    const Bounds bounds_;
    mutable Mutex mutex_;  // a service's mutex may be held when this is locked, never the other way round
    std::shared_ptr<const Chain> operators_ GUARDED_BY(mutex_);
    std::vector<std::weak_ptr<ServicePlugins>> services_ GUARDED_BY(mutex_);
    std::map<Token, std::size_t> counts_ GUARDED_BY(mutex_);  // instances by token
    std::size_t all_ GUARDED_BY(mutex_) = 0;
    std::map<const buffer::Mailbox*, IntrusivePtr<WorkerState>> states_ GUARDED_BY(mutex_);
};

class ServicePlugins final : public hooks::RequestedPlugins {
public:
    ServicePlugins(std::shared_ptr<RequestedPluginRegistry> registry, std::vector<std::shared_ptr<Instance>> instances,
                   std::string names)
        : registry_(std::move(registry)), names_(std::move(names)), instances_(std::move(instances)) {}
    ServicePlugins(const ServicePlugins&) = delete;
    ServicePlugins& operator=(const ServicePlugins&) = delete;

    std::unique_ptr<hooks::HttpRun> begin(const http::RequestHead& head, const hooks::RequestInfo& info,
                                          hooks::RunOwner& owner, std::shared_ptr<buffer::Mailbox> mailbox) override;
    std::unique_ptr<hooks::SessionRun> begin_visit(hooks::Subject subject, hooks::SessionRunOwner& owner,
                                                   std::shared_ptr<buffer::Mailbox> mailbox) override;
    const std::string& names() const noexcept override { return names_; }

    /// The operator's chain has changed: later runs use the new one.
    void renew();
    /// The server is shutting down.
    void end();

private:
    IntrusivePtr<WorkerChain> chain_on(std::shared_ptr<buffer::Mailbox> mailbox);

    const std::shared_ptr<RequestedPluginRegistry> registry_;
    const std::string names_;
    Mutex mutex_;
    std::vector<std::shared_ptr<Instance>> instances_ GUARDED_BY(mutex_);
    std::shared_ptr<const Chain> chain_ GUARDED_BY(mutex_);  // the operator's instances and these; null: not needed yet
    std::map<const buffer::Mailbox*, IntrusivePtr<WorkerChain>> workers_ GUARDED_BY(mutex_);
};

}  // namespace ferrotunnel::plugin
