#include "api/server_authentication.hpp"

#include <exception>
#include <optional>
#include <utility>

#include "api/login_reply.hpp"
#include "api/plugin_token_source.hpp"
#include "base/hex.hpp"
#include "settings/authenticate.hpp"

namespace ferrotunnel::detail {
namespace {

// Of a plugin, too.
AuthenticateLimits limits_of(const ServerSettings& settings) {
    return settings.authenticate ? settings.authenticate->limits : AuthenticateLimits();
}

/// In the place of a source that knows nothing yet.
class AwaitedTokens final : public login::TokenSource {
public:
    const char* kind() const noexcept override { return "cluster"; }
    void look_up(const login::TokenQuery&, login::TokenReply reply) override {
        reply.fail("the tokens of the cluster were not read from etcd yet");
    }
};

std::optional<login::TokenId> parse_token_id(const std::string& text) {
    login::TokenId id{};
    return from_hex(text, id) ? std::optional(id) : std::nullopt;
}

}  // namespace

std::shared_ptr<ServerAuthentication> ServerAuthentication::make(const ServerSettings& settings, Needs needs) {
    auto made = std::make_shared<ServerAuthentication>(settings, std::move(needs));
    if (made->handler_) {
        const MutexLock lock(made->mutex_);
        made->source_ = std::shared_ptr<login::TokenSource>(made, made.get());
        made->set_source();
    }
    return made;
}

// For each place a call may still be on its way to the handler while the next one has its place: its deadline is over.
ServerAuthentication::ServerAuthentication(const ServerSettings& settings, Needs needs)
    : needs_(std::move(needs)),
      handler_(settings.authenticate ? settings.authenticate->handler : nullptr),
      gate_(std::make_shared<GrantGate>(grant_rules_of(settings), needs_.shared->tokens)),
      calls_(needs_.workers.at(0).owns_thread() ? CalledBy::own_thread : CalledBy::whoever,
             2 * std::size_t{limits_of(settings).calls},
             {[this](Asked& asked) { call(asked); }, [](std::uint64_t) {}}) {
    login::Authenticator::Settings bounds;
    bounds.deadline = limits_of(settings).deadline;
    bounds.calls_max = limits_of(settings).calls;
    bounds.calls_per_address_max = limits_of(settings).calls_per_address;
    bounds.wake = [this] { watch(); };
    authenticator_ = std::make_shared<login::Authenticator>(needs_.shared->tokens.external(), std::move(bounds));
    needs_.shared->authenticator = authenticator_;
}

void ServerAuthentication::watch() {
    needs_.workers.at(0).post([this] {
        if (!timer_) {
            timer_ = std::make_unique<runtime::Timer>(needs_.workers.at(0), [this] { tick(); });
        }
        tick();
    });
}

void ServerAuthentication::tick() {
    if (const auto next = authenticator_->tick()) {
        timer_->set(*next);
    }
}

// Without room the reply is dropped: the login fails.
void ServerAuthentication::look_up(const login::TokenQuery& query, login::TokenReply reply) {
    calls_.put({query, std::move(reply)}, 1);
}

void ServerAuthentication::call(Asked& asked) noexcept {
    if (!asked.reply.is_wanted()) {
        return;
    }
    try {
        handler_(client_login_of(asked.query), make_login_reply(std::move(asked.reply), asked.query.id, gate_));
    } catch (...) {
        log_thrown(needs_.log, "the handler of authenticate() threw an exception", std::current_exception());
    }
}

bool ServerAuthentication::revoke(const std::string& token_id) const {
    const auto id = parse_token_id(token_id);
    return id && needs_.shared_rights.revoke_external(*id);
}

void ServerAuthentication::forget_login(const std::string& token_id) const {
    if (const auto id = parse_token_id(token_id)) {
        authenticator_->tokens()->forget(*id);
    }
}

void ServerAuthentication::forget_logins() const {
    authenticator_->tokens()->forget_all();
}

void ServerAuthentication::follow(const std::shared_ptr<plugin::SessionPlugins>& plugins) {
    if (!handler_) {
        const MutexLock lock(mutex_);
        source_ = any_plugin_looks_up_tokens(*plugins) ? std::make_shared<PluginTokenSource>(plugins, gate_) : nullptr;
        set_source();
    }
}

void ServerAuthentication::await_tokens(bool awaits) {
    const MutexLock lock(mutex_);
    awaits_ = awaits;
    set_source();
}

void ServerAuthentication::set_source() {
    authenticator_->set_source(source_ || !awaits_ ? source_ : std::make_shared<AwaitedTokens>());
}

void ServerAuthentication::close() {
    {
        const MutexLock lock(mutex_);
        source_ = nullptr;
        awaits_ = false;
        set_source();
    }
    timer_.reset();
    calls_.wait_until_delivered();
    gate_->close();
}

}  // namespace ferrotunnel::detail
