#include "api/shared_rights.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <iterator>
#include <set>
#include <string_view>
#include <utility>

#include "admin/resources.hpp"
#include "api/server_tokens.hpp"
#include "base/hex.hpp"
#include "base/text.hpp"

namespace ferrotunnel::detail {
namespace {

using session::KickList;
using Secrets = SharedRights::Secrets;

constexpr std::string_view kick_prefix = "kick/";
constexpr std::string_view end_prefix = "end/";
constexpr std::chrono::seconds end_time{10};  // all linked members have heard of it; a client that is back stays
constexpr std::string_view name_part = "/name/";
constexpr std::string_view process_part = "/process/";
constexpr std::string_view revoked_prefix = "revoked/";
constexpr std::string_view external_prefix = "external/";
// To members that are not linked meanwhile. What is left of it tells when the token was revoked: all versions have the
// same.
constexpr std::chrono::hours external_end_known_for{24};
constexpr std::size_t token_name_shown_max = 256;  // of another member's token, in status

Secrets secrets_of(const login::AcceptedTokens& tokens) {
    Secrets secrets;
    for (const login::AcceptedToken& token : *tokens) {
        secrets.insert(token.token.id);
        if (token.also) {
            secrets.insert(token.also->id);
        }
    }
    return secrets;
}

/// Those of `some` that `others` lack.
std::vector<login::TokenId> without(const Secrets& some, const Secrets& others) {
    std::vector<login::TokenId> rest;
    std::set_difference(some.begin(), some.end(), others.begin(), others.end(), std::back_inserter(rest));
    return rest;
}

std::string revoked_key(const login::TokenId& secret) {
    return std::string(revoked_prefix) + to_hex(secret);
}

// Members may know one token by different ids, after secrets were replaced: what is shared is its first secret.
std::string key_of(std::string_view prefix, const login::TokenStore& tokens, const KickList::Client& client) {
    const auto token = tokens.known_as(client.client.first);
    std::string key = std::string(prefix) + to_hex(token ? token->token.id : client.client.first);
    return key += client.name.empty() ? std::string(process_part) + to_hex(client.client.second)
                                      : std::string(name_part) + client.name;
}

std::optional<KickList::Client> client_in(const login::TokenStore& tokens, std::string_view key) {
    KickList::Client client;
    key.remove_prefix(key.find('/') + 1);
    constexpr std::size_t digits = 2 * sizeof(login::TokenId);
    if (key.size() < digits || !from_hex(key.substr(0, digits), client.client.first)) {
        return std::nullopt;
    }
    if (const auto token = tokens.find(client.client.first)) {
        client.client.first = token->id();
    }
    key.remove_prefix(digits);
    if (key.starts_with(name_part)) {
        client.name = key.substr(name_part.size());
        return client.name.empty() ? std::nullopt : std::optional(client);
    }
    return key.starts_with(process_part) && from_hex(key.substr(process_part.size()), client.client.second)
               ? std::optional(client)
               : std::nullopt;
}

std::string seconds_now() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(now).count());
}

}  // namespace

void SharedRights::watch() {
    if (const auto& values = needs_.shared->values) {
        values->watch(std::string(kick_prefix),
                      [this](const std::string& key, const Value& value) { heard_kick(key, value); });
        values->watch(std::string(end_prefix),
                      [this](const std::string& key, const Value& value) { heard_end(key, value); });
        values->watch(std::string(revoked_prefix),
                      [this](const std::string& key, const Value& value) { heard_revocation(key, value); });
        values->watch(std::string(external_prefix),
                      [this](const std::string& key, const Value& value) { heard_external_end(key, value); });
    }
}

// --- what this member has decided ---

void SharedRights::publish(const std::vector<KickList::Client>& clients, Duration time) const {
    const auto& values = needs_.shared->values;
    if (!values) {
        return;
    }
    const bool ends_only = time == Duration::zero();
    for (const KickList::Client& client : clients) {
        const std::string key = key_of(ends_only ? end_prefix : kick_prefix, needs_.shared->tokens, client);
        if (!values->set(key, client.token_name, ends_only ? end_time : time)) {
            needs_.log.warn("other members of the cluster do not learn that a client was kicked: too many were",
                            {{"client", client.name}});
        }
    }
}

void SharedRights::lift(const login::AcceptedTokens& before, const login::AcceptedTokens& after,
                        const Secrets& shared) const {
    const auto& values = needs_.shared->values;
    if (!values) {
        return;
    }
    for (const login::TokenId& secret : without(secrets_of(after), secrets_of(before))) {
        if (!shared.contains(secret)) {
            needs_.shared->revoked->erase(secret);
            (void)values->remove(revoked_key(secret));  // without room for more changes, known ones are removed
        }
    }
}

void SharedRights::accept_again(const login::TokenId& secret) const {
    const auto& values = needs_.shared->values;
    if (values && values->get(revoked_key(secret))) {
        needs_.shared->revoked->erase(secret);
        (void)values->remove(revoked_key(secret));
    }
}

void SharedRights::revoke(const login::AcceptedTokens& before, const login::AcceptedTokens& after,
                          const Secrets& shared) const {
    const auto& values = needs_.shared->values;
    if (!values) {
        return;
    }
    for (const login::TokenId& secret : without(secrets_of(before), secrets_of(after))) {
        if (!shared.contains(secret) && !values->set(revoked_key(secret), seconds_now(), Duration::zero())) {
            needs_.log.warn("other members of the cluster do not learn that a token was removed: reload them",
                            {{"token", to_hex(secret)}});
        }
    }
}

bool SharedRights::revoke_external(const login::TokenId& secret) const {
    const bool was_known = end_external(secret);
    needs_.sessions.for_each([](session::ServerSession& session) { session.check_rights(); });
    const auto& values = needs_.shared->values;
    std::array<std::uint8_t, 8> different{};
    needs_.shared->random->fill(different);
    if (values &&
        !values->set(std::string(external_prefix) + to_hex(secret), to_hex(different), external_end_known_for)) {
        needs_.log.warn("other members of the cluster do not learn that a token was revoked: too many were",
                        {{"token", to_hex(secret)}});
    }
    return was_known;
}

// What it has reserved without a client is released, too. What was counted for it is forgotten; with present visitors,
// at the next revocation or reload after they have left.
bool SharedRights::end_external(const login::TokenId& secret) const {
    session::ServerShared& shared = *needs_.shared;
    const bool was_known = shared.authenticator->revoke(secret);
    shared.registry->forget_unknown_owners();
    shared.http->forget_unknown_owners();
    forget_unknown_tokens(shared);
    return was_known;
}

// --- what members have decided, this one included: an earlier process of it may have ---

void SharedRights::heard_kick(const std::string& key, const Value& value) {
    std::optional<KickList::Client> client = client_in(needs_.shared->tokens, key);
    if (!client) {
        return;
    }
    KickList& kicked = *needs_.shared->kicked;
    if (!value) {
        kicked.forget(client->client, client->name);
        return;
    }
    client->token_name = printable(value->text, token_name_shown_max);
    client->member = member_of(*value);
    const TimePoint now = Clock::now();
    if (!kicked.hear(*client, now + value->left, now)) {
        needs_.log.warn("a client that another member of the cluster keeps out is not kept out here: too many are",
                        {{"client", client->name}, {"member", value->member}});
        return;
    }
    if (!client->member.empty()) {
        record_act("kick", client->member, "client", client->name);
    }
    check_sessions();
}

// Those of a turn together: each needs a look at all sessions.
void SharedRights::heard_end(const std::string& key, const Value& value) {
    const std::optional<KickList::Client> client = client_in(needs_.shared->tokens, key);
    if (!client || !value || value->member == needs_.shared->values->own_member() ||
        ended_.size() >= limits::kicked_max) {
        return;
    }
    ended_.emplace(client->client.first, client->name,
                   client->name.empty() ? client->client.second : wire::InstanceId{});
    record_act("kick", value->member, "client", client->name);
    if (ended_.size() == 1) {
        needs_.workers.at(0).post([this] { end_sessions(); });
    }
}

void SharedRights::end_sessions() {
    const std::set<Ended> ended = std::exchange(ended_, {});
    for (const SessionPtr& session : needs_.sessions.all()) {
        const session::SessionView view = session->view();
        if (ended.contains({view.client.first, view.name, {}}) ||
            ended.contains({view.client.first, {}, view.client.second})) {
            needs_.log.info("the operator of another member of the cluster closed a connection of a client",
                            {{"client", view.name}});
            session->post([](session::ServerSession& one) {
                one.end(wire::Code::cancelled, "The operator of the server closed the connection.");
            });
        }
    }
}

// Records what another member has decided. The audit log there names the administrator.
void SharedRights::record_act(const char* act, const std::string& member, const char* key,
                              const std::string& subject) const {
    if (audit::AuditLog* const log = needs_.shared->audit.get(); log != nullptr && log->is_on()) {
        audit::Record record("admin");
        record.add("act", act).add("via", "cluster member").add("by", admin::text_of_member(member));
        record.add(key, subject);
        log->write(record);
    }
}

void SharedRights::heard_revocation(const std::string& key, const Value& value) {
    login::TokenId secret{};
    if (!from_hex(std::string_view(key).substr(revoked_prefix.size()), secret)) {
        return;
    }
    const session::ServerShared& shared = *needs_.shared;
    if (!value) {
        if (shared.revoked->erase(secret) && shared.tokens.find(secret) != nullptr) {
            needs_.log.info("a token that was revoked is accepted again",
                            {{"token", shared.tokens.find(secret)->name}});
        }
        return;
    }
    if (value->member == shared.values->own_member()) {
        // Its settings had lost the token, and have it again since this process has started.
        if (shared.tokens.find(secret) != nullptr) {
            (void)shared.values->remove(key);
        }
        return;
    }
    session::RevokedTokens::Revoked revoked{value->member};
    (void)std::from_chars(value->text.data(), value->text.data() + value->text.size(), revoked.seconds);
    const bool is_new = shared.revoked->set(secret, std::move(revoked));
    if (const auto token = is_new ? shared.tokens.find(secret) : nullptr) {
        needs_.log.warn("a token is refused: another member of the cluster has removed it",
                        {{"token", token->name}, {"member", value->member}});
        record_act("revoke", value->member, "token", token->name);
    }
    check_sessions();
}

// A value that is reported again, after a link was lost, must not end the sessions that have begun since.
void SharedRights::heard_external_end(const std::string& key, const Value& value) {
    login::TokenId secret{};
    if (!value) {
        external_ends_.erase(key);
        return;
    }
    const bool is_new = std::exchange(external_ends_[key], value->text) != value->text;
    const bool is_own = value->member == needs_.shared->values->own_member();
    if (is_new && !is_own && from_hex(std::string_view(key).substr(external_prefix.size()), secret) &&
        !is_looked_up_since(secret, *value)) {
        (void)end_external(secret);
        record_act("revoke", value->member, "token_id", to_hex(secret));
        check_sessions();
    }
}

// A process that has started after the revocation hears of it again, and has looked up later what its sessions have. A
// token that is only remembered, of an earlier process, is not. Clocks of members need not agree: what is left of a
// value is a duration, which links can only make longer.
bool SharedRights::is_looked_up_since(const login::TokenId& secret, const directory::ClusterValue& revocation) const {
    const TimePoint revoked_at = Clock::now() - (external_end_known_for - revocation.left);
    return revoked_at < began_ && needs_.shared->tokens.external()->find(secret) != nullptr;
}

std::string SharedRights::member_of(const directory::ClusterValue& value) const {
    return value.member == needs_.shared->values->own_member() ? std::string() : value.member;
}

// Once for all values of a turn: a new link may bring thousands.
void SharedRights::check_sessions() {
    if (!std::exchange(is_check_posted_, true)) {
        needs_.workers.at(0).post([this] {
            is_check_posted_ = false;
            needs_.sessions.for_each([](session::ServerSession& session) { session.check_rights(); });
        });
    }
}

}  // namespace ferrotunnel::detail
