// The port at which holders of a token reach the services of that token's clients by name, through HTTP CONNECT.
#include <optional>
#include <utility>

#include "api/server_impl.hpp"
#include "base/text.hpp"
#include "http/field_name.hpp"
#include "login/address_networks.hpp"

namespace ferrotunnel {

using ingress::ConnectAsk;
using ingress::ConnectDecision;
using session::ServerSession;

namespace {

bool is_called(const session::SessionView& view, const session::SessionView::Service& service,
               const std::string& host) {
    const bool is_taken = service.kind == wire::ServiceKind::tcp || service.kind == wire::ServiceKind::private_tcp;
    return is_taken && (http::same_text(host, service.name) ||
                        (!view.name.empty() && http::same_text(host, service.name + '.' + view.name)));
}

}  // namespace

void Server::Impl::listen_for_connect(runtime::Fd listener) {
    const runtime::SocketAddress at = listening_at(listener, connect_endpoint_);
    log_.info("listening for visitors by CONNECT", {{"at", at.text()}});
    if (!at.is_loopback()) {
        log_.warn("the port for CONNECT is reachable from other machines, and tokens are sent to it without TLS",
                  {{"at", at.text()}});
    }
    auto socket = std::make_shared<runtime::Fd>(std::move(listener));
    group_->at(0).post([this, socket]() noexcept {
        ingress::ConnectPort::Settings settings;
        settings.proxies = proxies();
        settings.decide = [this](const ConnectAsk& ask, const runtime::SocketAddress& from) {
            return decide_connect(ask, from);
        };
        connect_ = std::make_unique<ingress::ConnectPort>(group_->at(0), std::move(*socket), std::move(settings), log_);
    });
}

// The trunk that carries a service of that name for a client with this token, the one with the fewest visitors.
std::optional<Server::Impl::Carrier> Server::Impl::carrier_named(const std::string& host,
                                                                 const login::TokenId& token) const {
    std::optional<Carrier> best;
    std::pair<bool, std::uint64_t> load_of_best;
    for (const SessionPtr& session : sessions()) {
        session->look([&](const session::SessionView& view) {
            const std::pair load(view.retired, session->load());
            if (view.client.first != token || (best && load_of_best <= load)) {
                return;
            }
            for (const session::SessionView::Service& service : view.services) {
                if (is_called(view, service, host)) {
                    best = Carrier(session, service.id);
                    load_of_best = load;
                    return;
                }
            }
        });
    }
    return best;
}

ConnectDecision Server::Impl::decide_connect(const ConnectAsk& ask, const runtime::SocketAddress& from) {
    if (ask.password.empty()) {
        return {407, "Show a token of this server: as the password, with any user name."};
    }
    const TimePoint now = group_->at(0).now();
    const login::AddressNetworks networks = login::networks_of(from);
    const bool can_be_guessed = shared_->tokens.any_weak();
    const Result<login::Token, std::string> shown = login::parse_token(ask.password);
    const bool is_weak = !shown || shown->strength == login::TokenStrength::weak;
    if (can_be_guessed && is_weak && shared_->guesses->is_closed(networks, now)) {
        return {429, "Too many wrong tokens came from this address or its neighbours. Try again later."};
    }
    const login::AcceptedTokens tokens = shared_->tokens.get();
    const login::AcceptedToken* const token = shown ? login::TokenBook::find(tokens, shown->id) : nullptr;
    if (token == nullptr) {
        if (can_be_guessed && shown) {
            shared_->guesses->failed(networks, shown->id, now);
        }
        return {407, "The server does not know this token."};
    }
    const auto rules = shared_->registry->rules();
    const login::Rights& rights = rules->of(token->id());
    if (rights.has_expired(std::chrono::system_clock::now())) {
        return {403, "The token has expired."};
    }
    if (rights.from && !rights.from->contains(runtime::visitor_address(from))) {
        return {403, "The token may not be used from this address."};
    }
    std::optional<Carrier> carrier = carrier_named(ask.host, token->id());
    if (!carrier) {
        return {404, "No client with this token has a TCP service called " + printable(ask.host, 100) + " now."};
    }
    return {200, {}, [carrier = std::move(*carrier)](runtime::Fd socket, const runtime::SocketAddress& visitor) {
                auto shared = std::make_shared<runtime::Fd>(std::move(socket));
                carrier.first->post([id = carrier.second, shared, visitor](ServerSession& at) {
                    at.take_by_name(id, std::move(*shared), visitor);
                });
            }};
}

}  // namespace ferrotunnel
