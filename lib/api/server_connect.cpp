// Services that are reached by their names: through HTTP CONNECT, by who has the token of their client; and by visitors
// of a port that several protocols share.
#include <algorithm>
#include <optional>
#include <utility>

#include "api/server_impl.hpp"
#include "base/text.hpp"
#include "ingress/preface.hpp"
#include "login/address_networks.hpp"
#include "net/ip_text.hpp"
#include "settings/places.hpp"
#include "transport/tls_context.hpp"

namespace ferrotunnel {

using ingress::ConnectAsk;
using ingress::ConnectDecision;
using session::ServerSession;

void Server::Impl::listen_for_connect(runtime::Fd listener) {
    const runtime::SocketAddress at = listening_at(listener, &Impl::connect_endpoint_);
    log_.info("listening for visitors by CONNECT", {{"at", at.text()}});
    if (!at.is_loopback()) {
        log_.warn("the CONNECT port is reachable from other machines, and tokens are sent to it without TLS",
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

// The trunk with the fewest visitors among these.
std::optional<Server::Impl::Carrier> Server::Impl::least_busy(const std::vector<session::NamedCarrier>& carriers) {
    std::optional<Carrier> best;
    std::uint64_t load_of_best = 0;
    for (const session::NamedCarrier& carrier : carriers) {
        const SessionPtr session = carrier.session.lock();
        if (!session) {
            continue;
        }
        const std::uint64_t load = session->load();
        if (!best || load < load_of_best) {
            best = Carrier(session, carrier.service);
            load_of_best = load;
        }
    }
    return best;
}

// The trunk that carries a service of that name for a client with this token.
std::optional<Server::Impl::Carrier> Server::Impl::carrier_named(const std::string& host,
                                                                 const login::TokenId& token) const {
    return least_busy(shared_->named->called(token, host));
}

// The trunk that carries a private service, if the visitor's token may visit it: its own, or one that lets it in.
std::optional<Server::Impl::Carrier> Server::Impl::carrier_visited(const login::TokenId& visitor,
                                                                   const std::string& service,
                                                                   const std::string& token) const {
    const std::shared_ptr<const login::AcceptedToken> visiting = shared_->tokens.known_as(visitor);
    std::optional<login::TokenId> owner;
    if (token.empty() || (visiting && visiting->name == token)) {
        owner = visitor;
    } else if (visiting) {
        const std::shared_ptr<const login::AcceptedToken> one = shared_->tokens.named(token);
        if (one && shared_->registry->rules()->of(one->id()).lets_visit(visiting->name)) {
            owner = one->id();
        }
    }
    if (!owner) {
        return std::nullopt;
    }
    // By its exact name, since its key is bound to that.
    return least_busy(shared_->named->visited(*owner, service));
}

void Server::Impl::give(const Carrier& carrier, runtime::Fd socket, const runtime::SocketAddress& visitor) {
    auto shared = std::make_shared<runtime::Fd>(std::move(socket));
    carrier.first->post([id = carrier.second, shared, visitor](ServerSession& at) {
        at.take_by_name(id, std::move(*shared), visitor);
    });
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
    const std::shared_ptr<const login::AcceptedToken> token = shown ? shared_->tokens.find(shown->id) : nullptr;
    if (!token || !token->has_secret(shown->key)) {
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
                give(carrier, std::move(socket), visitor);
            }};
}

// --- a port for everything ---

// The trunk that carries "service", "service.client", or either with "@token" behind it, which may be missing where the
// server has a single token.
std::optional<Server::Impl::Carrier> Server::Impl::carrier_of(const std::string& place) const {
    const std::size_t at = place.rfind('@');
    const std::string token_name = at == std::string::npos ? std::string() : place.substr(at + 1);
    std::shared_ptr<const login::AcceptedToken> token = shared_->tokens.named(token_name);
    if (!token && at == std::string::npos) {
        const login::AcceptedTokens tokens = shared_->tokens.get();
        token = tokens->size() == 1 ? shared_->tokens.named(tokens->front().name) : nullptr;
    }
    return token ? carrier_named(place.substr(0, at), token->id()) : std::nullopt;
}

std::shared_ptr<ingress::PortSharing> Server::Impl::sharing(bool with_clients) {
    auto made = std::make_shared<ingress::PortSharing>();
    made->take = [this, with_clients](ingress::AcceptedVisitor& visitor) { return take_sharer(with_clients, visitor); };
    made->silence = [this]() -> std::optional<Duration> {
        return named_.get()->silent.empty() ? std::nullopt : std::optional<Duration>(detail::silent_after);
    };
    return made;
}

void Server::Impl::take_named() {
    named_ = std::make_shared<const NamedServices>(NamedServices{settings_.ssh_service, settings_.silent_service});
}

// Takes who is not the edge's. A visitor whose service is not there is reset.
bool Server::Impl::take_sharer(bool with_clients, ingress::AcceptedVisitor& visitor) {
    if (with_clients && visitor.hello && std::ranges::count(visitor.hello->protocols, transport::tls_alpn) != 0) {
        take_client(visitor);
        return true;
    }
    const auto named = named_.get();
    const std::string place = visitor.opening == ingress::Opening::ssh       ? named->ssh
                              : visitor.opening == ingress::Opening::silence ? named->silent
                                                                             : std::string();
    if (place.empty()) {
        return false;
    }
    const std::optional<Carrier> carrier = carrier_of(place);
    const auto from = runtime::SocketAddress::from_ip(net::ip_text(visitor.from), visitor.from.port);
    if (!carrier || !from) {
        static constexpr LineKind away{"named_service_away"};
        if (log_.may_write(LogLevel::info, away, Clock::now())) {
            log_.info("a visitor was rejected", {{"visitor", net::ip_text(visitor.from)},
                                                 {"service", place},
                                                 {"why", "the client of this service is not connected"}});
        }
        runtime::reset_close(std::move(visitor.socket));
        return true;
    }
    give(*carrier, std::move(visitor.socket), *from);
    return true;
}

void Server::Impl::take_client(ingress::AcceptedVisitor& visitor) {
    const auto from = runtime::SocketAddress::from_ip(net::ip_text(visitor.from), visitor.from.port);
    if (!from) {
        return;  // no address of IP: nobody comes so
    }
    group_->at(0).post([this, from = *from, socket = std::make_shared<runtime::Fd>(std::move(visitor.socket))] {
        on_connection(std::move(*socket), from);
    });
}

}  // namespace ferrotunnel
