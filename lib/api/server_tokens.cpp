#include "api/server_tokens.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "api/engine_settings.hpp"
#include "settings/rights.hpp"

namespace ferrotunnel::detail {
namespace {

using login::AcceptedToken;
using Before = std::vector<const AcceptedToken*>;

AcceptedToken accepted_token(const NamedToken& token, const login::PortPolicy& ports) {
    AcceptedToken accepted{token.name, engine_token(token.secret), ports};
    if (token.rights != Rights()) {
        accepted.rights = std::make_shared<const login::Rights>(engine_rights(token.rights));
    }
    if (!token.also.empty()) {
        accepted.also = engine_token(token.also);
    }
    return accepted;
}

// Takes the first one for which `is_it` is true; null: there is none.
template <typename Is>
const AcceptedToken* take(Before& before, Is is_it) {
    const auto found = std::find_if(before.begin(), before.end(), [&](const auto* one) { return is_it(*one); });
    if (found == before.end()) {
        return nullptr;
    }
    const AcceptedToken* taken = *found;
    before.erase(found);
    return taken;
}

// Finds out which tokens have been here before. Those that still have their first secret go first: where a token has
// become two, that one stays what it was.
void recognise(std::vector<AcceptedToken>& tokens, Before before, Random& random) {
    std::set<login::TokenId> known;
    std::vector<AcceptedToken*> strangers;
    const auto recognised = [&known](AcceptedToken& token, const AcceptedToken& as) {
        token.known_as = as.id() == token.token.id ? std::nullopt : std::optional(as.id());
        known.insert(token.id());
    };
    for (AcceptedToken& token : tokens) {
        const auto* same = take(before, [&](const auto& one) { return one.token.id == token.token.id; });
        if (same != nullptr) {
            recognised(token, *same);
        } else {
            strangers.push_back(&token);
        }
    }
    for (AcceptedToken*& token : strangers) {
        const auto* same = take(before, [&](const auto& one) {
            return one.is_known_by(token->token.id) || (token->also && one.is_known_by(token->also->id));
        });
        if (same != nullptr) {
            recognised(*token, *same);
            token = nullptr;
        }
    }
    for (AcceptedToken* token : strangers) {
        // Its secret may have been the first one of a token that goes on with others.
        if (token != nullptr && !known.insert(token->token.id).second) {
            login::TokenId id{};
            random.fill(id);
            token->known_as = id;
        }
    }
}

}  // namespace

login::AcceptedTokens accepted_tokens(const ServerSettings& settings, const login::AcceptedTokens& before,
                                      Random& random) {
    login::PortPolicy ports;
    if (settings.allow_ports) {
        ports = login::PortPolicy::parse(*settings.allow_ports).value();
    }
    auto tokens = std::make_shared<std::vector<AcceptedToken>>();
    for (const NamedToken& token : settings.tokens) {
        tokens->push_back(accepted_token(token, ports));
    }
    Before candidates;
    for (const AcceptedToken& token : *before) {
        candidates.push_back(&token);
    }
    recognise(*tokens, std::move(candidates), random);
    return tokens;
}

std::map<login::TokenId, login::TokenId> renamed_tokens(const login::AcceptedTokens& tokens) {
    std::map<login::TokenId, login::TokenId> names;
    for (const AcceptedToken& token : *tokens) {
        if (token.known_as) {
            names.emplace(*token.known_as, token.token.id);
        }
    }
    return names;
}

directory::Registry::Settings quotas_of(const ServerSettings& settings) {
    return directory::registry_settings(settings.tokens.size(), settings.connections_per_token,
                                        settings.ports_per_token);
}

}  // namespace ferrotunnel::detail
