// Looks up tokens at the plugin of the chain that does so.
//
//   session's worker: Authenticator --look_up--> plugin's hook ..any thread..> PluginTokenAnswer --> TokenReply
#pragma once

#include <memory>
#include <utility>

#include "api/token_grant.hpp"
#include "login/token_source.hpp"
#include "plugin/session_plugins.hpp"

namespace ferrotunnel::detail {

/// Holds no chain: each call uses the one of that moment. Thread-safe.
class PluginTokenSource final : public login::TokenSource {
public:
    PluginTokenSource(std::shared_ptr<plugin::SessionPlugins> plugins, std::shared_ptr<const GrantGate> gate)
        : plugins_(std::move(plugins)), gate_(std::move(gate)) {}

    const char* kind() const noexcept override { return "plugin"; }
    void look_up(const login::TokenQuery& query, login::TokenReply reply) override;

private:
    const std::shared_ptr<plugin::SessionPlugins> plugins_;
    const std::shared_ptr<const GrantGate> gate_;
};

/// Whether a plugin of the present chain looks up tokens.
bool any_plugin_looks_up_tokens(plugin::SessionPlugins& plugins);

}  // namespace ferrotunnel::detail
