#include "plugin/live_chain.hpp"

#include <optional>
#include <utility>

#include "plugin/limits.hpp"

namespace ferrotunnel::plugin {
namespace {

bool is_same_type(const RequestedInstance& a, const RequestedInstance& b) {
    return a.use.library == b.use.library && a.prepared.type.name == b.prepared.type.name;
}

/// The configuration of an instance without the parts that RequestedInstance has elsewhere: settings in another
/// spelling are no change, but a secret that has changed in its file is.
PluginUse rest_of(PluginUse use) {
    use.id.clear();
    use.type.clear();
    use.settings.clear();
    return use;
}

// Scope and condition are compared as texts.
bool is_same(const RequestedInstance& a, const RequestedInstance& b) {
    return is_same_type(a, b) && a.options.closed == b.options.closed && a.options.observe == b.options.observe &&
           a.prepared.settings == b.prepared.settings && rest_of(a.use) == rest_of(b.use);
}

}  // namespace

const LiveChain::LiveInstance* LiveChain::find(const std::string& id) const {
    for (const LiveInstance& each : live_instances_) {
        if (each.instance->id() == id) {
            return &each;
        }
    }
    return nullptr;
}

Result<LiveChain, InstanceError> LiveChain::next(std::vector<RequestedInstance> wanted, Instances& instances) const {
    if (instances.living() + wanted.size() > limits::plugin_instances_living_max) {
        return InstanceError{0, "cannot be created yet: exchanges still use too many plugins of earlier chains."};
    }
    LiveChain made;
    auto chain = std::make_shared<Chain>();
    for (RequestedInstance& each : wanted) {
        const LiveInstance* const before = find(each.options.id);
        if (before != nullptr && is_same(before->wanted, each)) {
            made.live_instances_.push_back({std::move(each), before->instance, false});
        } else {
            const bool takes_over = before != nullptr && is_same_type(before->wanted, each);
            auto instance = instances.make(each.prepared, each.options, takes_over ? before->instance.get() : nullptr);
            if (!instance) {
                return InstanceError{made.live_instances_.size(), instance.error()};
            }
            made.live_instances_.push_back({std::move(each), std::move(*instance), true});
        }
        chain->instances.push_back(made.live_instances_.back().instance);
    }
    if (std::optional<std::string> fault = fault_of(*chain)) {
        return InstanceError{chain->instances.size() - 1, std::move(*fault)};
    }
    if (!chain->instances.empty()) {
        made.chain_ = std::move(chain);
    }
    return made;
}

void LiveChain::start(Instances& instances) const {
    for (const LiveInstance& each : live_instances_) {
        if (each.is_new) {
            instances.start(*each.instance);
        }
    }
}

}  // namespace ferrotunnel::plugin
