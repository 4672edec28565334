// Creates the plugins that clients request: of types that the operator allows, with settings that the type opens to
// clients, within quotas. It has a thread of its own, since types are loaded, and instances created, one at a time.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/log.hpp"
#include "base/mutex.hpp"
#include "base/result.hpp"
#include "hooks/requested_plugins.hpp"
#include "plugin/instance.hpp"
#include "plugin/library.hpp"
#include "plugin/service_plugins.hpp"

namespace ferrotunnel::plugin {

/// A type that clients may request.
struct ClientType {
    std::string name;
    ft_entry library = nullptr;  // null: the shipped one of that name, loaded on the first request

    friend bool operator==(const ClientType&, const ClientType&) = default;
};

/// What a server would reject in a client's settings for a type of plugin, according to the type's library on this
/// machine, which is loaded. Empty if there is no fault, or no such library here. Thread-safe.
std::string fault_of_requested(const std::string& name, const std::string& settings);

class ClientPlugins {
public:
    struct Bounds {
        RequestedPluginRegistry::Bounds instances{};
        std::size_t queue = limits::plugin_asked_queue_max;
    };

    /// `log` must outlive this object.
    explicit ClientPlugins(Logger& log, Bounds bounds);
    explicit ClientPlugins(Logger& log) : ClientPlugins(log, Bounds{}) {}
    ~ClientPlugins() { close(); }
    ClientPlugins(const ClientPlugins&) = delete;
    ClientPlugins& operator=(const ClientPlugins&) = delete;

    /// Accepts requests of clients from now on, until close(). Called on the control thread.
    void open(std::vector<ClientType> types);
    /// Sets the types that clients may request from now on; services with other types keep them until they are
    /// registered again. Called on the control thread.
    void set_types(std::vector<ClientType> types);
    /// Sets the operator's chain, which runs first; null if there is none. Called on the control thread.
    void set_operators(std::shared_ptr<const Chain> chain) { registry_->set_operators(std::move(chain)); }
    /// Queues the plugins of a service for creation; see hooks::SessionHooks::make_requested. False if there is no
    /// room, and the caller still owns both. Thread-safe.
    bool take(hooks::PluginRequest& wanted, hooks::PluginRequestCallback& made);
    /// Ends all of them, when no worker runs. Called on the control thread.
    void close();

    /// The number of instances, without those that only wait to be destroyed.
    std::size_t instances() const { return registry_->instances(); }

private:
    using Refusal = hooks::PluginRequestRefusal;
    struct Job {
        hooks::PluginRequest wanted;
        hooks::PluginRequestCallback made;
    };
    struct LoadedType {
        ClientType as;  // the type for which it was loaded
        ft_entry library;
        Type type;
    };

    void run();
    Result<hooks::SharedRequestedPlugins, Refusal> made_of(const hooks::PluginRequest& wanted);
    Result<const LoadedType*, Refusal> find(const std::string& name);
    Result<std::shared_ptr<Instance>, Refusal> make_one(const hooks::RequestedPlugin& wanted,
                                                        hooks::PluginTarget visitors);

    Logger& log_;
    const Bounds bounds_;
    const std::shared_ptr<RequestedPluginRegistry> registry_;
    Instances instances_;
    std::map<std::string, LoadedType> loaded_types_;  // loaded types; only for the thread
    Mutex mutex_;                                     // guards the members below
    ConditionVariable changed_;
    std::vector<ClientType> types_ GUARDED_BY(mutex_);
    std::deque<Job> queue_ GUARDED_BY(mutex_);
    bool is_open_ GUARDED_BY(mutex_) = false;
    std::thread thread_;  // starts with the first request
};

}  // namespace ferrotunnel::plugin
