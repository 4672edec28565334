// A chain of plugins that can be changed: what it was made from, and what of it the next one takes over.
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

/// An instance that a chain is to have. What `use` says of settings and of the name is in the other members.
struct Wanted {
    PluginUse use;
    Prepared prepared;
    InstanceOptions options;
};

/// An instance that cannot be made.
struct Unmade {
    std::size_t index = 0;  // among those that were wanted
    std::string text;       // a sentence
};

/// A chain, and what it was made from. On the control thread.
class LiveChain {
public:
    /// Makes the chain that takes the place of this one. An instance of which nothing has changed is the same in both;
    /// any other is made again, with the one of the same name and type before it. Where one cannot be made, nothing has
    /// happened.
    Result<LiveChain, Unmade> next(std::vector<Wanted> wanted, Instances& instances) const;
    /// Starts the instances that the chain before did not have.
    void start(Instances& instances) const;

    /// For the workers; null: no plugins.
    const std::shared_ptr<const Chain>& chain() const noexcept { return chain_; }

private:
    struct Known {
        Wanted wanted;
        std::shared_ptr<Instance> instance;
        bool is_new = true;
    };

    const Known* find(const std::string& id) const;

    std::vector<Known> known_;  // in the chain's order
    std::shared_ptr<const Chain> chain_;
};

}  // namespace ferrotunnel::plugin
