#include "api/server_authentication.hpp"

#include <exception>
#include <optional>
#include <utility>

#include "api/plugin_token_source.hpp"
#include "base/hex.hpp"
#include "base/text.hpp"
#include "settings/authenticate.hpp"

namespace ferrotunnel {

/// An answer in progress. It may outlive the server.
class LoginReply::Impl {
public:
    Impl(login::TokenReply reply, const login::TokenId& id, std::shared_ptr<const detail::GrantGate> gate)
        : reply_(std::move(reply)), id_(id), gate_(std::move(gate)) {}

    void accept(const AcceptedLogin& login) {
        auto grant = gate_->convert(login, id_);
        if (grant) {
            reply_.accept(std::move(*grant));
        } else {
            reply_.fail("the answer of the application is not valid: " + grant.error());
        }
    }
    login::TokenReply& reply() noexcept { return reply_; }

private:
    login::TokenReply reply_;
    const login::TokenId id_;
    const std::shared_ptr<const detail::GrantGate> gate_;
};

namespace detail {
namespace {

constexpr std::size_t shown_text_max = 256;  // bytes of a client's text; a hello has at most 4 KiB

ClientLogin client_login_of(const login::TokenQuery& query) {
    ClientLogin login;
    login.token_id = to_hex(query.id);
    login.address = query.from.ip();
    login.port = query.from.port();
    login.name = printable(query.name, shown_text_max);
    login.version = printable(query.agent, shown_text_max);
    login.metadata = query.metadata;
    return login;
}

// Of a plugin, too.
AuthenticateLimits limits_of(const ServerSettings& settings) {
    return settings.authenticate ? settings.authenticate->limits : AuthenticateLimits();
}

std::optional<login::TokenId> parse_token_id(const std::string& text) {
    login::TokenId id{};
    return from_hex(text, id) ? std::optional(id) : std::nullopt;
}

}  // namespace

std::shared_ptr<ServerAuthentication> ServerAuthentication::make(const ServerSettings& settings, Needs needs) {
    auto made = std::make_shared<ServerAuthentication>(settings, std::move(needs));
    if (made->handler_) {
        made->authenticator_->set_source(std::shared_ptr<login::TokenSource>(made, made.get()));
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
        handler_(client_login_of(asked.query),
                 LoginReply(std::make_unique<LoginReply::Impl>(std::move(asked.reply), asked.query.id, gate_)));
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
        authenticator_->set_source(
            any_plugin_looks_up_tokens(*plugins) ? std::make_shared<PluginTokenSource>(plugins, gate_) : nullptr);
    }
}

void ServerAuthentication::close() {
    authenticator_->set_source(nullptr);
    timer_.reset();
    calls_.wait_until_delivered();
    gate_->close();
}

}  // namespace detail

LoginReply::LoginReply(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
LoginReply::LoginReply(LoginReply&& other) noexcept = default;
LoginReply& LoginReply::operator=(LoginReply&& other) noexcept = default;
LoginReply::~LoginReply() = default;

void LoginReply::accept(AcceptedLogin login) noexcept {
    try {
        if (const auto answer = std::exchange(impl_, nullptr)) {
            answer->accept(login);
        }
    } catch (const std::exception&) {  // no memory: without an answer the login fails
    }
}

void LoginReply::refuse() noexcept {
    if (const auto answer = std::exchange(impl_, nullptr)) {
        answer->reply().refuse();
    }
}

void LoginReply::fail(std::string why) noexcept {
    if (const auto answer = std::exchange(impl_, nullptr)) {
        answer->reply().fail(std::move(why));
    }
}

bool LoginReply::is_wanted() const noexcept {
    return impl_ && impl_->reply().is_wanted();
}

}  // namespace ferrotunnel
