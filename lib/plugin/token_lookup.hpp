// The look-up of a client's token by the plugin of a chain that looks up tokens.
#pragma once

#include <memory>

#include "hooks/token_lookup.hpp"
#include "plugin/worker_plugins.hpp"

/// The opaque reply of plugin_abi.h: the plugin has it until it answers.
struct ft_token_reply {
    std::unique_ptr<ferrotunnel::hooks::TokenAnswer> answer;
};

namespace ferrotunnel::plugin {

/// The instance that looks up tokens; null if none does. At most one of a checked chain does.
const Instance* token_instance(const Chain& chain) noexcept;

/// Calls the instance, which answers within the call or later. Without one, or if it is switched off, this fails.
void look_up_token(const Chain& chain, const hooks::TokenStatement& statement,
                   std::unique_ptr<hooks::TokenAnswer> answer);

}  // namespace ferrotunnel::plugin
