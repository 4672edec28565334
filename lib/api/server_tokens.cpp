#include "api/server_tokens.hpp"

#include <cstddef>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "api/engine_settings.hpp"
#include "settings/guarded_services.hpp"
#include "settings/rights.hpp"

namespace ferrotunnel::detail {
namespace {

using login::AcceptedToken;

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

// The earlier tokens by their secrets, each to be matched once.
class Before {
public:
    explicit Before(const std::vector<AcceptedToken>& tokens) : tokens_(tokens), is_taken_(tokens.size()) {
        for (std::size_t i = 0; i < tokens.size(); ++i) {
            places_.emplace(tokens[i].token.id, i);
            if (tokens[i].also) {
                places_.emplace(tokens[i].also->id, i);
            }
        }
    }

    /// Removes and returns the token whose first secret is `secret`. Null if there is none.
    const AcceptedToken* take_first(const login::TokenId& secret) {
        return take(secret, [this, &secret](std::size_t i) { return tokens_[i].token.id == secret; });
    }
    const AcceptedToken* take_any(const login::TokenId& secret) {
        return take(secret, [](std::size_t) { return true; });
    }

private:
    template <typename Is>
    const AcceptedToken* take(const login::TokenId& secret, Is is_it) {
        const auto [first, last] = places_.equal_range(secret);
        for (auto at = first; at != last; ++at) {
            if (!is_taken_[at->second] && is_it(at->second)) {
                is_taken_[at->second] = true;
                return &tokens_[at->second];
            }
        }
        return nullptr;
    }

    const std::vector<AcceptedToken>& tokens_;
    std::vector<bool> is_taken_;
    std::multimap<login::TokenId, std::size_t> places_;
};

// Determines which tokens existed before. Those that still have their first secret go first: if a token was split, that
// one keeps its identity.
void recognise(std::vector<AcceptedToken>& tokens, Before before, Random& random) {
    std::set<login::TokenId> known;
    std::vector<AcceptedToken*> strangers;
    const auto recognised = [&known](AcceptedToken& token, const AcceptedToken& as) {
        token.known_as = as.id() == token.token.id ? std::nullopt : std::optional(as.id());
        known.insert(token.id());
    };
    for (AcceptedToken& token : tokens) {
        const AcceptedToken* const same = before.take_first(token.token.id);
        if (same != nullptr) {
            recognised(token, *same);
        } else {
            strangers.push_back(&token);
        }
    }
    for (AcceptedToken*& token : strangers) {
        const AcceptedToken* same = before.take_any(token->token.id);
        if (same == nullptr && token->also) {
            same = before.take_any(token->also->id);
        }
        if (same != nullptr) {
            recognised(*token, *same);
            token = nullptr;
        }
    }
    for (AcceptedToken* token : strangers) {
        // Its secret may have been the first one of a token that continues with others.
        if (token != nullptr && !known.insert(token->token.id).second) {
            login::TokenId id{};
            random.fill(id);
            token->known_as = id;
        }
    }
}

}  // namespace

login::PortPolicy ports_of_every_token(const ServerSettings& settings) {
    return settings.allow_ports ? login::PortPolicy::parse(*settings.allow_ports).value() : login::PortPolicy();
}

std::size_t token_count(const ServerSettings& settings) noexcept {
    return settings.tokens.size() + (looks_up_tokens(settings) ? 2 : 0);
}

login::AcceptedTokens accepted_tokens(const ServerSettings& settings, const login::AcceptedTokens& before,
                                      Random& random) {
    const login::PortPolicy ports = ports_of_every_token(settings);
    auto tokens = std::make_shared<std::vector<AcceptedToken>>();
    for (const NamedToken& token : settings.tokens) {
        tokens->push_back(accepted_token(token, ports));
    }
    recognise(*tokens, Before(*before), random);
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

void forget_unknown_tokens(session::ServerShared& shared) {
    const auto rules = shared.registry->rules();
    shared.token_use->forget_owners([&rules](const login::TokenId& token) { return rules->has_token(token); });
    shared.secrets->forget([&shared](const login::TokenId& secret) {
        return shared.tokens.find(secret) != nullptr || shared.tokens.external()->has(secret);
    });
}

std::shared_ptr<const directory::ServiceTokens> service_tokens_of(const ServerSettings& settings) {
    directory::ServiceTokens tokens = engine_service_tokens(settings.guarded_services);
    return tokens.empty() ? nullptr : std::make_shared<const directory::ServiceTokens>(std::move(tokens));
}

directory::Registry::Settings quotas_of(const ServerSettings& settings) {
    return directory::registry_settings(token_count(settings), settings.connections_per_token,
                                        settings.ports_per_token);
}

}  // namespace ferrotunnel::detail
