// The plugins of a Server: created before any connection is accepted, changed while it runs, destroyed when no worker
// runs any more.
//
//    idle --Opening--> opening --done--> running --end--> over          changes wait while it opens
//      ^-----failed------'
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include "base/intrusive_ptr.hpp"
#include "base/mutex.hpp"
#include "ferrotunnel/plugin_info.hpp"
#include "ferrotunnel/plugin_limits.hpp"
#include "ferrotunnel/plugin_use.hpp"
#include "ingress/http_front.hpp"
#include "plugin/client_plugins.hpp"
#include "plugin/instance.hpp"
#include "plugin/live_chain.hpp"
#include "plugin/session_plugins.hpp"
#include "plugin/worker_plugins.hpp"
#include "settings/plugins.hpp"

namespace ferrotunnel::detail {

class ServerPlugins {
public:
    /// `log` outlives this object. Destroying it waits for the remaining holders of instances.
    ServerPlugins(std::vector<PluginSpec> specs, std::vector<ClientPlugin> client_types, const PluginLimits& limits,
                  Logger& log);
    ServerPlugins(const ServerPlugins&) = delete;
    ServerPlugins& operator=(const ServerPlugins&) = delete;

    /// The server's start, in which the chain is created. Unless it is done() it has failed, and the chain is
    /// destroyed.
    class Opening {
    public:
        explicit Opening(ServerPlugins& plugins);
        ~Opening();
        Opening(const Opening&) = delete;
        Opening& operator=(const Opening&) = delete;

        /// Creates and starts the plugins. `what` has the problem, if any.
        std::error_code make(std::string& what);
        /// Visitors may arrive. `front`: where they arrive, until end(); null: nowhere.
        void done(ingress::HttpFront* front);

    private:
        ServerPlugins& plugins_;
        bool done_ = false;
    };

    /// Creates the workers' hooks when they start; empty: no plugins. It holds no chain: the edge keeps it for ever.
    exchange::HooksFactory hooks() const;
    /// The plugins for sessions, which may keep the reference.
    const std::shared_ptr<plugin::SessionPlugins>& sessions() const noexcept { return sessions_; }
    /// `changed` is called after each change of the chain, also by the start. Before the start.
    void on_chain(std::function<void()> changed) { on_chain_ = std::move(changed); }
    /// See Server::plugins. Thread-safe; it does not block.
    std::vector<PluginInfo> infos() const;
    /// See Server::set_plugins. Any thread on which no other waits. Returns the problems; if there are any, nothing was
    /// changed.
    std::vector<Problem> set(std::vector<PluginSpec> specs, std::vector<ClientPlugin> client_types);
    /// Ends changes. Waits for a change in progress.
    void end();
    /// Ends the plugins without holders; when no worker runs. Others, which a plugin's own thread is just using for a
    /// decision, end with this object.
    void close();

private:
    /// State of each worker, by its mailbox. It lives as long as any of its chains.
    struct WorkerStates {
        Mutex mutex;
        std::map<const buffer::Mailbox*, IntrusivePtr<plugin::WorkerState>> states GUARDED_BY(mutex);
    };
    enum class State : std::uint8_t { idle, opening, running, over };

    exchange::HooksFactory hooks_of(const plugin::LiveChain& chain) const;

    Mutex mutex_;
    ConditionVariable changed_;
    State state_ GUARDED_BY(mutex_) = State::idle;
    // Used by the thread that opens, which set() waits for, or with the lock.
    std::vector<PluginSpec> specs_;           // before the start; later changes are in the chain
    std::vector<ClientPlugin> client_types_;  // plugins that clients may request
    const plugin::WaitSettings waits_;
    plugin::Instances instances_;  // destroyed after everything that could still hold one
    plugin::LiveChain chain_;
    plugin::ClientPlugins clients_;  // plugins of clients; their chains have those of the server before them
    ingress::HttpFront* front_ GUARDED_BY(mutex_) = nullptr;  // while it runs
    const std::shared_ptr<plugin::SessionPlugins> sessions_ = std::make_shared<plugin::SessionPlugins>(waits_);
    std::function<void()> on_chain_ = [] {};
    const std::shared_ptr<WorkerStates> workers_ = std::make_shared<WorkerStates>();
};

}  // namespace ferrotunnel::detail
