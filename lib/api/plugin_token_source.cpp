#include "api/plugin_token_source.hpp"

#include <chrono>
#include <exception>
#include <string>

#include "base/hex.hpp"
#include "base/text.hpp"
#include "plugin/token_lookup.hpp"
#include "settings/rights.hpp"

namespace ferrotunnel::detail {
namespace {

constexpr std::size_t stated_text_max = 256;  // bytes of a client's text; a hello has at most 4 KiB

/// An answer in progress, which the plugin has. It may outlive the server.
class PluginTokenAnswer final : public hooks::TokenAnswer {
public:
    PluginTokenAnswer(login::TokenReply reply, const login::TokenId& id, std::shared_ptr<const GrantGate> gate)
        : reply_(std::move(reply)), id_(id), gate_(std::move(gate)) {}

    void accept(hooks::FoundToken found) noexcept override {
        try {
            auto grant = converted(std::move(found));
            if (grant) {
                reply_.accept(std::move(*grant));
            } else {
                reply_.fail("the plugin's answer is not valid: " + grant.error());
            }
        } catch (const std::exception&) {  // no memory: without an answer it is a failure
        }
    }
    void refuse() noexcept override { reply_.refuse(); }
    void fail(std::string why) noexcept override { reply_.fail(std::move(why)); }

private:
    Result<login::TokenGrant, std::string> converted(hooks::FoundToken found) const {
        AcceptedLogin login;
        login.secret = Secret::from_string(std::move(found.secret));
        login.name = std::move(found.name);
        login.cache_for = std::chrono::duration_cast<std::chrono::milliseconds>(found.cached_for);
        login.cache_if_failing = std::chrono::duration_cast<std::chrono::milliseconds>(found.stale_for);
        if (!found.rights.empty()) {
            auto rights = rights_of_json(found.rights);
            if (!rights) {
                return "its rights: " + printable(rights.error(), stated_text_max);
            }
            login.rights = std::move(*rights);
        }
        return gate_->convert(login, id_);
    }

    login::TokenReply reply_;
    const login::TokenId id_;
    const std::shared_ptr<const GrantGate> gate_;
};

hooks::TokenStatement statement_of(const login::TokenQuery& query) {
    hooks::TokenStatement statement;
    statement.token_id = to_hex(query.id);
    statement.address = query.from.ip();
    statement.port = query.from.port();
    statement.name = printable(query.name, stated_text_max);
    statement.agent = printable(query.agent, stated_text_max);
    statement.metadata.assign(query.metadata.begin(), query.metadata.end());
    return statement;
}

}  // namespace

void PluginTokenSource::look_up(const login::TokenQuery& query, login::TokenReply reply) {
    const std::shared_ptr<const plugin::Chain> chain = plugins_->chain();
    if (!chain) {
        reply.fail("no plugin looks up tokens");
        return;
    }
    plugin::look_up_token(*chain, statement_of(query),
                          std::make_unique<PluginTokenAnswer>(std::move(reply), query.id, gate_));
}

bool any_plugin_looks_up_tokens(plugin::SessionPlugins& plugins) {
    const std::shared_ptr<const plugin::Chain> chain = plugins.chain();
    return chain && plugin::token_instance(*chain) != nullptr;
}

}  // namespace ferrotunnel::detail
