// The plugins of a Server: made before anybody can come in, changed while it runs, destroyed when no worker runs any
// more.
//
//    idle --Opening--> opening --done--> running --end--> over          changes wait while it opens
//      ^-----failed------'
#pragma once

#include <cstdint>
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
    /// `log` outlives this object. Destroying it waits for those who still hold an instance.
    ServerPlugins(std::vector<PluginSpec> specs, std::vector<ClientPlugin> client_types, const PluginLimits& limits,
                  Logger& log);
    ServerPlugins(const ServerPlugins&) = delete;
    ServerPlugins& operator=(const ServerPlugins&) = delete;

    /// The server's start, in which the chain is made. Unless it is done() it has failed, and the chain goes.
    class Opening {
    public:
        explicit Opening(ServerPlugins& plugins);
        ~Opening();
        Opening(const Opening&) = delete;
        Opening& operator=(const Opening&) = delete;

        /// Makes and starts the plugins. `what` then says what is wrong, if anything is.
        std::error_code make(std::string& what);
        /// Visitors may come. `front`: where they come in, until end(); null: nowhere.
        void done(ingress::HttpFront* front);

    private:
        ServerPlugins& plugins_;
        bool done_ = false;
    };

    /// Makes what the workers have when they begin; empty: no plugins. It holds no chain: the edge keeps it for ever.
    exchange::HooksMaker hooks() const;
    /// What sessions ask, for as long as they like.
    const std::shared_ptr<plugin::SessionPlugins>& sessions() const noexcept { return sessions_; }
    /// See Server::plugins. Any thread; it waits for nobody.
    std::vector<PluginInfo> infos() const;
    /// See Server::set_plugins. Any thread that nobody waits for. Returns what is wrong; then nothing was changed.
    std::vector<Problem> set(std::vector<PluginSpec> specs, std::vector<ClientPlugin> client_types);
    /// Nothing is changed any more. Waits for a change that is being made.
    void end();
    /// Ends the plugins that nobody holds any more; when no worker runs. Others, with which a thread of a plugin's own
    /// is just deciding, end with this object.
    void close();

private:
    /// What is known of each worker, by its mailbox. It lives as long as any of its chains.
    struct WorkerStates {
        Mutex mutex;
        std::map<const buffer::Mailbox*, IntrusivePtr<plugin::WorkerState>> states GUARDED_BY(mutex);
    };
    enum class State : std::uint8_t { idle, opening, running, over };

    exchange::HooksMaker hooks_of(const plugin::LiveChain& chain) const;

    Mutex mutex_;
    ConditionVariable changed_;
    State state_ GUARDED_BY(mutex_) = State::idle;
    // Used by the thread that opens, which set() waits for, or with the lock.
    std::vector<PluginSpec> specs_;           // before the start; what a change says afterwards is in the chain
    std::vector<ClientPlugin> client_types_;  // what clients may ask for
    const plugin::WaitSettings waits_;
    plugin::Instances instances_;  // goes behind all that could still hold one
    plugin::LiveChain chain_;
    plugin::ClientPlugins clients_;  // theirs; their chains have those of the server before them
    ingress::HttpFront* front_ GUARDED_BY(mutex_) = nullptr;  // while it runs
    const std::shared_ptr<plugin::SessionPlugins> sessions_ = std::make_shared<plugin::SessionPlugins>(waits_);
    const std::shared_ptr<WorkerStates> workers_ = std::make_shared<WorkerStates>();
};

}  // namespace ferrotunnel::detail
