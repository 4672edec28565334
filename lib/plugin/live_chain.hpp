// A chain of plugins that can be changed: its configuration, and what the next chain reuses.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "ferrotunnel/plugin_use.hpp"
#include "plugin/instance.hpp"
#include "plugin/prepared.hpp"
#include "plugin/worker_plugins.hpp"

namespace ferrotunnel::plugin {

/// An instance that a chain will have. The settings and the name in `use` are in the other members.
struct RequestedInstance {
    PluginUse use;
    Prepared prepared;
    InstanceOptions options;
};

/// An instance that cannot be created.
struct InstanceError {
    std::size_t index = 0;  // among those that were wanted
    std::string text;       // a sentence
};

/// A chain and its configuration. Lives on the control thread.
class LiveChain {
public:
    /// Creates the chain that replaces this one. Unchanged instances are shared; every other one is created again, with
    /// access to its predecessor of the same name and type. If one cannot be created, nothing has changed.
    Result<LiveChain, InstanceError> next(std::vector<RequestedInstance> wanted, Instances& instances) const;
    /// Starts the instances that the previous chain did not have.
    void start(Instances& instances) const;

    /// For the workers; null: no plugins.
    const std::shared_ptr<const Chain>& chain() const noexcept { return chain_; }

private:
    struct LiveInstance {
        RequestedInstance wanted;
        std::shared_ptr<Instance> instance;
        bool is_new = true;
    };

    const LiveInstance* find(const std::string& id) const;

    std::vector<LiveInstance> live_instances_;  // in the chain's order
    std::shared_ptr<const Chain> chain_;
};

}  // namespace ferrotunnel::plugin
