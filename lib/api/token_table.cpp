#include "api/token_table.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "api/server_tokens.hpp"
#include "directory/registry.hpp"
#include "login/token.hpp"
#include "runtime/turns.hpp"

namespace ferrotunnel::detail {
namespace {

void add_ids(const NamedToken& token, std::set<login::TokenId>& ids) {
    for (const Secret* const secret : secrets_of(token)) {
        if (const auto parsed = login::parse_token(secret->reveal())) {
            ids.insert(parsed->id);
        }
    }
}

bool have_common(const std::set<login::TokenId>& some, const std::set<login::TokenId>& others) {
    return std::ranges::any_of(some, [&others](const login::TokenId& id) { return others.contains(id); });
}

}  // namespace

TokenTable::TokenTable(const ServerSettings& settings, Needs needs) : needs_(std::move(needs)), settings_(settings) {}

void TokenTable::set_settings(const ServerSettings& settings) {
    const MutexLock lock(mutex_);
    settings_ = settings;
    commit();
}

void TokenTable::set_shared(std::vector<NamedToken> tokens) {
    const MutexLock lock(mutex_);
    if (tokens != shared_) {
        shared_ = std::move(tokens);
        commit();
    }
}

void TokenTable::close() {
    const MutexLock lock(mutex_);
    is_closed_ = true;
}

std::set<std::string> TokenTable::shared_names() const {
    const MutexLock lock(mutex_);
    return names_;
}

// The settings with the shared tokens.
ServerSettings TokenTable::joined(std::set<login::TokenId>& shared_ids) {
    ServerSettings all = settings_;
    std::set<std::string> names;
    std::set<login::TokenId> ids;
    for (const NamedToken& token : settings_.tokens) {
        names.insert(token.name);
        add_ids(token, ids);
    }
    names_.clear();
    for (const NamedToken& token : shared_) {
        std::set<login::TokenId> own;
        add_ids(token, own);
        if (names.contains(token.name) || have_common(own, ids)) {
            needs_.log.warn("a token of the cluster is not used here: this server's settings have its name or secret",
                            {{"token", token.name}});
            continue;
        }
        names.insert(token.name);
        ids.insert(own.begin(), own.end());
        shared_ids.insert(own.begin(), own.end());
        names_.insert(token.name);
        all.tokens.push_back(token);
    }
    return all;
}

// Applies the present tokens, their rights and quotas to the engine and to every session.
void TokenTable::commit() {
    if (is_closed_) {
        return;
    }
    session::ServerShared& shared = *needs_.shared;
    std::set<login::TokenId> shared_ids;
    const ServerSettings settings = joined(shared_ids);
    const login::AcceptedTokens before = shared.tokens.get();
    const login::AcceptedTokens tokens = accepted_tokens(settings, before, needs_.random);
    const directory::Registry::Settings quotas = quotas_of(settings);
    const auto rules = std::make_shared<const directory::RightRules>(*tokens, shared.domain, shared.tokens.external());
    // Every member hears of shared ones by itself.
    needs_.shared_rights.lift(before, tokens, shared_ids);
    shared.tokens = tokens;
    needs_.shared_rights.revoke(before, tokens, shared_ids_);
    shared_ids_ = std::move(shared_ids);
    shared.registry->set_quotas(quotas.sessions_per_token_max, quotas.ports_per_token_max);
    const login::PortPolicy ports = ports_of_every_token(settings);
    shared.tokens.external()->set_ports(ports);
    shared.registry->set_ports(ports);
    shared.registry->set_rules(rules);
    shared.ports->set_token_limit(quotas.ports_per_token_max);
    shared.http->set_rules(rules);
    shared.shapes->apply_rules(*shared.registry, Clock::now());
    forget_unknown_tokens(shared);
    shared.memory->set_tokens(token_count(settings));
    needs_.state.rename_tokens();
    needs_.sessions.for_each([](session::ServerSession& session) { session.check_rights(); });
    for (std::size_t i = 0; i < needs_.workers.size(); ++i) {
        needs_.workers.at(i).post([&worker = needs_.workers.at(i)]() { worker.turns().reschedule(); });
    }
    needs_.upkeep.check_expiry();
}

}  // namespace ferrotunnel::detail
