#include "api/connect_access.hpp"

#include <memory>
#include <string>
#include <utility>

#include "base/text.hpp"
#include "login/address_networks.hpp"

namespace ferrotunnel::detail {

using ingress::ConnectDecision;
using ingress::ConnectRequest;

namespace {

std::string sentence_of_unknown(const std::string& name, bool in_cluster) {
    std::string sentence = "No client with this token has a TCP service called " + name + " now";
    return sentence + (in_cluster ? " at this server, and no other member of the cluster has a private service of that "
                                    "name. Public services, and SERVICE.CLIENT, are found only at the client's server."
                                  : ".");
}

}  // namespace

ConnectAccess::Found ConnectAccess::find(const login::TokenId& secret) const {
    if (auto token = shared_.tokens.find(secret)) {
        return {std::move(token), true};
    }
    const auto external = shared_.tokens.external()->used(secret);
    return {external ? external->token() : nullptr, false};
}

ConnectDecision ConnectAccess::decide(const ConnectRequest& ask, const runtime::SocketAddress& from,
                                      TimePoint now) const {
    if (ask.password.empty()) {
        return {407, "Send a token of this server as the password, with any user name."};
    }
    const login::AddressNetworks networks = login::networks_of(from);
    const bool can_be_guessed = shared_.tokens.any_weak();
    const Result<login::Token, std::string> shown = login::parse_token(ask.password);
    const bool is_weak = !shown || shown->strength == login::TokenStrength::weak;
    if (can_be_guessed && is_weak && shared_.brute_force->is_closed(networks, now)) {
        return {429, "Too many wrong tokens from this address or its neighbours. Try again later."};
    }
    const auto [token, is_in_table] = shown ? find(shown->id) : Found();
    if (!token || !token->has_secret(shown->key)) {
        if (can_be_guessed && shown) {
            shared_.brute_force->failed(networks, shown->id, now);
        }
        return {407, "The server does not accept this token. Check that it is one of the server's tokens."};
    }
    // Revocations at other members concern the table.
    if (const auto revoked = is_in_table ? shared_.revoked->find(shown->id) : std::nullopt) {
        return {403, session::RevokedTokens::text_of(*revoked)};
    }
    const auto rules = shared_.registry->rules();
    const directory::RightsRef rights = rules->of(token->id());
    if (rights->has_expired(std::chrono::system_clock::now())) {
        return {403, "The token has expired."};
    }
    if (rights->from && !rights->from->contains(runtime::visitor_address(from))) {
        return {403, "The token may not be used from this address."};
    }
    NamedTake to = carriers_.find(ask.host, token->id());
    if (!to) {
        return {404, sentence_of_unknown(printable(ask.host, 100), static_cast<bool>(shared_.find_remote))};
    }
    return {200, {}, std::move(to)};
}

}  // namespace ferrotunnel::detail
