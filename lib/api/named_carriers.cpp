#include "api/named_carriers.hpp"

#include <algorithm>
#include <utility>

#include "directory/shared_port.hpp"
#include "http/characters.hpp"
#include "trunk/socket_pump.hpp"

namespace ferrotunnel::detail {
namespace {

std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(), http::lower_case);
    return text;
}

// The carrier with the fewest visitors.
std::optional<Carrier> least_busy(const std::vector<session::NamedCarrier>& carriers) {
    std::optional<Carrier> best;
    std::uint64_t load_of_best = 0;
    for (const session::NamedCarrier& carrier : carriers) {
        const std::shared_ptr<session::ServerSession> session = carrier.session.lock();
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

void hand_to_carrier(const Carrier& carrier, runtime::Fd socket, const runtime::SocketAddress& visitor) {
    auto shared = std::make_shared<runtime::Fd>(std::move(socket));
    carrier.first->post([id = carrier.second, shared, visitor](session::ServerSession& at) {
        at.intake().accept_by_name(id, std::move(*shared), visitor);
    });
}

// The bytes of the visitor stay in its socket until the other member has a client for it. Without one the connection is
// reset.
void hand_to_member(const session::RemoteOpener& open, runtime::Fd socket, const runtime::SocketAddress& from) {
    auto visitor = std::make_shared<directory::Visitor>(std::move(socket), from, nullptr);
    open(runtime::visitor_address(from), [visitor](Result<session::RemoteStream, wire::Code> opened) {
        if (opened) {
            auto pump = make_intrusive<trunk::SocketPump>(opened->worker, opened->traffic);
            opened->stream->attach(pump, false);
            pump->set_stream(std::move(opened->stream));
            pump->set_socket(std::move(visitor->socket));
        }
    });
}

}  // namespace

std::optional<Carrier> NamedCarriers::called(const std::string& host, const login::TokenId& token) const {
    return least_busy(shared_.named->called(token, host));
}

NamedTake NamedCarriers::find(const std::string& host, const login::TokenId& token) const {
    if (std::optional<Carrier> carrier = called(host, token)) {
        return [carrier = std::move(*carrier)](runtime::Fd socket, const runtime::SocketAddress& visitor) {
            hand_to_carrier(carrier, std::move(socket), visitor);
        };
    }
    if (!shared_.find_remote) {
        return nullptr;
    }
    session::RemoteOpener open = shared_.find_remote({token, token, host});
    if (!open) {
        open = shared_.find_remote({token, token, lower(host)});
    }
    if (!open) {
        return nullptr;
    }
    return [open = std::move(open)](runtime::Fd socket, const runtime::SocketAddress& visitor) {
        hand_to_member(open, std::move(socket), visitor);
    };
}

// The trunk that carries a private service, if the visitor's token may visit it: its own, or one that allows it.
std::optional<Carrier> NamedCarriers::visited(const login::TokenId& visitor, const std::string& service,
                                              const std::string& token) const {
    const std::optional<login::TokenId> owner = visited_owner(visitor, token);
    if (!owner) {
        return std::nullopt;
    }
    // By its exact name, since its key is bound to the name.
    return least_busy(shared_.named->visited(*owner, service));
}

std::optional<login::TokenId> NamedCarriers::visited_owner(const login::TokenId& visitor,
                                                           const std::string& token) const {
    const std::shared_ptr<const login::AcceptedToken> visiting = shared_.tokens.known_as(visitor);
    if (token.empty() || (visiting && visiting->name == token)) {
        return visitor;
    }
    const std::shared_ptr<const login::AcceptedToken> one = visiting ? shared_.tokens.named(token) : nullptr;
    if (one && shared_.registry->rules()->of(one->id())->lets_visit(visiting->name)) {
        return one->id();
    }
    return std::nullopt;
}

// For "service", "service.client", or either followed by "@token", which may be omitted if the
// server has a single token.
NamedTake NamedCarriers::at(const std::string& place) const {
    const std::size_t at = place.rfind('@');
    const std::string token_name = at == std::string::npos ? std::string() : place.substr(at + 1);
    std::shared_ptr<const login::AcceptedToken> token = shared_.tokens.named(token_name);
    if (!token && at == std::string::npos) {
        const login::AcceptedTokens tokens = shared_.tokens.get();
        token = tokens->size() == 1 ? shared_.tokens.named(tokens->front().name) : nullptr;
    }
    return token ? find(place.substr(0, at), token->id()) : nullptr;
}

}  // namespace ferrotunnel::detail
