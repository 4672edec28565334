#include "api/login_reply.hpp"

#include <cstddef>
#include <exception>
#include <string>
#include <utility>

#include "base/hex.hpp"
#include "base/text.hpp"

namespace ferrotunnel {

class LoginReply::Impl {
public:
    Impl(login::TokenReply reply, const login::TokenId& id, std::shared_ptr<const detail::GrantGate> gate)
        : reply_(std::move(reply)), id_(id), gate_(std::move(gate)) {}

    void accept(const AcceptedLogin& login) {
        auto grant = gate_->convert(login, id_);
        if (grant) {
            reply_.accept(std::move(*grant));
        } else {
            reply_.fail("the answer is not valid: " + grant.error());
        }
    }
    login::TokenReply& reply() noexcept { return reply_; }

private:
    login::TokenReply reply_;
    const login::TokenId id_;
    const std::shared_ptr<const detail::GrantGate> gate_;
};

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

namespace detail {
namespace {

constexpr std::size_t stated_text_max = 256;  // bytes of a client's text; a hello has at most 4 KiB

}  // namespace

ClientLogin client_login_of(const login::TokenQuery& query) {
    ClientLogin login;
    login.token_id = to_hex(query.id);
    login.address = query.from.ip();
    login.port = query.from.port();
    login.name = printable(query.name, stated_text_max);
    login.version = printable(query.agent, stated_text_max);
    login.metadata = query.metadata;
    return login;
}

LoginReply make_login_reply(login::TokenReply reply, const login::TokenId& id, std::shared_ptr<const GrantGate> gate) {
    return LoginReply(std::make_unique<LoginReply::Impl>(std::move(reply), id, std::move(gate)));
}

}  // namespace detail
}  // namespace ferrotunnel
