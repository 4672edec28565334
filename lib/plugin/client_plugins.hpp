// Makes the plugins that clients ask for: of types that the operator allows, with settings that the type has for
// clients, within quotas. On a thread of its own, since types are loaded, and instances made, one at a time.
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
#include "hooks/asked_plugins.hpp"
#include "plugin/instance.hpp"
#include "plugin/library.hpp"
#include "plugin/service_plugins.hpp"

namespace ferrotunnel::plugin {

/// A type that clients may ask for.
struct ClientType {
    std::string name;
    ft_entry library = nullptr;  // null: the one that is shipped under that name, loaded when somebody asks for it

    friend bool operator==(const ClientType&, const ClientType&) = default;
};

/// What a server would say of the settings that a client gives to a type of plugin, as far as the type's library on
/// this machine tells, which it loads. Empty: nothing, or there is no such library here. Any thread.
std::string fault_of_asked(const std::string& name, const std::string& settings);

class ClientPlugins {
public:
    struct Bounds {
        AskedRegistry::Bounds instances{};
        std::size_t queue = limits::plugin_asked_queue_max;
    };

    /// `log` outlives this object.
    explicit ClientPlugins(Logger& log, Bounds bounds);
    explicit ClientPlugins(Logger& log) : ClientPlugins(log, Bounds{}) {}
    ~ClientPlugins() { close(); }
    ClientPlugins(const ClientPlugins&) = delete;
    ClientPlugins& operator=(const ClientPlugins&) = delete;

    /// Clients may ask from now on, until close(). On the control thread.
    void open(std::vector<ClientType> types);
    /// Clients may ask for these from now on; services that have others keep them until they are registered again. On
    /// the control thread.
    void set_types(std::vector<ClientType> types);
    /// The operator's chain, which all pass first; null: there is none. On the control thread.
    void set_operators(std::shared_ptr<const Chain> chain) { registry_->set_operators(std::move(chain)); }
    /// Takes the plugins of a service, to make them; see hooks::SessionHooks::make_asked. False: there is no room, and
    /// both are still the caller's. Any thread.
    bool take(hooks::AskingService& wanted, hooks::AskedMade& made);
    /// Ends all of them; when no worker runs. On the control thread.
    void close();

    /// How many there are, without those that only wait to be destroyed.
    std::size_t instances() const { return registry_->instances(); }

private:
    using Refusal = hooks::AskedRefusal;
    struct Job {
        hooks::AskingService wanted;
        hooks::AskedMade made;
    };
    struct Known {
        ClientType as;  // as what it was loaded
        ft_entry library;
        Type type;
    };

    void run();
    Result<hooks::SharedAskedPlugins, Refusal> made_of(const hooks::AskingService& wanted);
    Result<const Known*, Refusal> find(const std::string& name);
    Result<std::shared_ptr<Instance>, Refusal> make_one(const hooks::AskedPlugin& wanted, hooks::AskedFor visitors);

    Logger& log_;
    const Bounds bounds_;
    const std::shared_ptr<AskedRegistry> registry_;
    Instances instances_;
    std::map<std::string, Known> known_;  // types that were loaded; of that thread
    Mutex mutex_;                         // of what follows
    ConditionVariable changed_;
    std::vector<ClientType> types_ GUARDED_BY(mutex_);
    std::deque<Job> queue_ GUARDED_BY(mutex_);
    bool is_open_ GUARDED_BY(mutex_) = false;
    std::thread thread_;  // from the first question on
};

}  // namespace ferrotunnel::plugin
