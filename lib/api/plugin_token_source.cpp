#include "api/plugin_token_source.hpp"

#include <chrono>
#include <exception>
#include <string>

#include "api/login_reply.hpp"
#include "base/text.hpp"
#include "plugin/token_lookup.hpp"
#include "settings/rights.hpp"

namespace ferrotunnel::detail {
namespace {

constexpr std::size_t fault_max = 256;  // bytes of what is wrong with the rights, which may repeat their text

/// An answer in progress, which the plugin has.
class PluginTokenAnswer final : public hooks::TokenAnswer {
public:
    explicit PluginTokenAnswer(LoginReply reply) : reply_(std::move(reply)) {}

    void accept(hooks::FoundToken found) noexcept override {
        try {
            AcceptedLogin login;
            login.secret = Secret::from_string(std::move(found.secret));
            login.name = std::move(found.name);
            login.cache_for = std::chrono::duration_cast<std::chrono::milliseconds>(found.cached_for);
            login.cache_if_failing = std::chrono::duration_cast<std::chrono::milliseconds>(found.stale_for);
            auto rights = found.rights.empty() ? Rights() : rights_of_json(found.rights);
            if (!rights) {
                reply_.fail("the answer is not valid: its rights: " + printable(rights.error(), fault_max));
                return;
            }
            login.rights = std::move(*rights);
            reply_.accept(std::move(login));
        } catch (const std::exception&) {  // no memory: without an answer it is a failure
        }
    }
    void refuse() noexcept override { reply_.refuse(); }
    void fail(std::string why) noexcept override { reply_.fail(std::move(why)); }

private:
    LoginReply reply_;
};

hooks::TokenStatement statement_of(ClientLogin login) {
    return {std::move(login.token_id), std::move(login.address), login.port,
            std::move(login.name),     std::move(login.version), {login.metadata.begin(), login.metadata.end()}};
}

}  // namespace

void PluginTokenSource::look_up(const login::TokenQuery& query, login::TokenReply reply) {
    const std::shared_ptr<const plugin::Chain> chain = plugins_->chain();
    if (!chain) {
        reply.fail("no plugin looks up tokens");
        return;
    }
    plugin::look_up_token(*chain, statement_of(client_login_of(query)),
                          std::make_unique<PluginTokenAnswer>(make_login_reply(std::move(reply), query.id, gate_)));
}

bool any_plugin_looks_up_tokens(plugin::SessionPlugins& plugins) {
    const std::shared_ptr<const plugin::Chain> chain = plugins.chain();
    return chain && plugin::token_instance(*chain) != nullptr;
}

}  // namespace ferrotunnel::detail
