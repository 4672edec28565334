#include "api/shared_tokens.hpp"

#include <string_view>
#include <utility>

#include "admin/resources.hpp"
#include "base/text.hpp"
#include "login/token.hpp"
#include "settings/rights.hpp"

namespace ferrotunnel::detail {
namespace {

using admin::Answer;
using admin::Json;

constexpr std::string_view token_prefix = "token/";
// With the prefix it fits into a key of a value, also with bytes of several characters.
constexpr std::size_t shared_name_max = 200;

std::string key_of_token(const std::string& name) {
    return std::string(token_prefix) + name;
}

Answer unknown(const std::string& name) {
    return admin::refusal(404, "not_found",
                          "No token of the cluster has the name " + in_quotes(name) +
                              ". Those of a server's configuration file are changed there.");
}

// What is wrong with the name or the rights.
std::optional<Answer> fault_in(const std::string& name, const Json& rights, NamedToken& token) {
    if (name.empty() || name.size() > shared_name_max || !is_printable(name)) {
        return admin::invalid("`name` must be 1 to " + std::to_string(shared_name_max) + " printable characters.");
    }
    auto parsed = rights_of_json(rights.dump());
    if (!parsed) {
        return admin::invalid("`rights`: " + parsed.error());
    }
    token.name = name;
    token.rights = std::move(*parsed);
    std::vector<Problem> problems;
    check_rights(token, problems);
    return problems.empty() ? std::nullopt : std::optional(admin::invalid(problems.front().text));
}

}  // namespace

void SharedTokens::watch() {
    if (const auto& values = needs_.shared->values) {
        values->watch(std::string(token_prefix), [this](const auto&, const auto&) {
            if (!std::exchange(is_read_posted_, true)) {  // once for all values of a turn
                needs_.workers.at(0).post([this] {
                    is_read_posted_ = false;
                    read();
                });
            }
        });
    }
}

void SharedTokens::read() {
    std::vector<NamedToken> tokens;
    for (const auto& [key, value] : needs_.shared->values->all(std::string(token_prefix))) {
        if (auto token = token_of(key, value.text)) {
            tokens.push_back(std::move(*token));
        } else {
            needs_.log.warn("a token of the cluster cannot be used: this version does not know all of its rights",
                            {{"token", key.substr(token_prefix.size())}, {"member", value.member}});
        }
    }
    needs_.table.set_shared(std::move(tokens));
}

std::optional<NamedToken> SharedTokens::token_of(const std::string& key, const std::string& text) const {
    const std::optional<Json> json = admin::object_in(text);
    const auto secret = json ? json->find("secret") : Json::const_iterator();
    if (!json || secret == json->end() || !secret->is_string()) {
        return std::nullopt;
    }
    NamedToken token;
    if (fault_in(key.substr(token_prefix.size()), json->value("rights", Json::object()), token)) {
        return std::nullopt;
    }
    token.secret = Secret::from_string(secret->get<std::string>());
    return token.secret.is_strong() ? std::optional(std::move(token)) : std::nullopt;
}

// --- changes ---------------------------------------------------------------------------------------------------------

SharedTokens::Outcome SharedTokens::put(const NamedToken& token, const Json& rights, Json answer) {
    const std::string key = key_of_token(token.name);
    const Json value{{"secret", std::string(token.secret.reveal())}, {"rights", rights}};
    if (!needs_.shared->values->set(key, value.dump(), Duration::zero())) {
        return admin::refusal(409, "too_many",
                              "The token is too long, or the members share too many values. Nothing was changed.");
    }
    return Changed{key, std::move(answer)};
}

// Also of a token that is not in force here: it was added just now, or the settings have its name.
bool SharedTokens::is_shared(const login::TokenId& secret) const {
    for (const auto& [key, value] : needs_.shared->values->all(std::string(token_prefix))) {
        if (const auto token = token_of(key, value.text)) {
            if (const auto parsed = login::parse_token(token->secret.reveal()); parsed && parsed->id == secret) {
                return true;
            }
        }
    }
    return false;
}

SharedTokens::Outcome SharedTokens::add(const admin::TokenAddRequest& request) {
    NamedToken token;
    if (auto fault = fault_in(request.name, request.rights, token)) {
        return std::move(*fault);
    }
    if (needs_.shared->tokens.named_in_table(token.name) != nullptr ||
        needs_.shared->values->get(key_of_token(token.name))) {
        return admin::refusal(409, "exists", "There is a token with the name " + in_quotes(token.name) + " already.");
    }
    token.secret = request.secret.empty() ? Secret::generate() : Secret::from_string(request.secret);
    const auto parsed = login::parse_token(token.secret.reveal());
    if (!parsed || parsed->strength != login::TokenStrength::strong) {
        return admin::invalid("`secret` is not a token of `ferrotunnel token`. Leave it out to get a new one.");
    }
    if (needs_.shared->tokens.find(parsed->id) != nullptr || is_shared(parsed->id)) {
        return admin::refusal(409, "exists", "Another token has this secret already.");
    }
    Json answer{{"added", token.name}};
    if (request.secret.empty()) {
        answer["secret"] = std::string(token.secret.reveal());
    }
    Outcome outcome = put(token, request.rights, std::move(answer));
    if (outcome) {
        needs_.shared_rights.accept_again(parsed->id);
    }
    return outcome;
}

SharedTokens::Outcome SharedTokens::set_rights(const admin::TokenRightsRequest& request) {
    const std::string key = key_of_token(request.name);
    const auto present = needs_.shared->values->get(key);
    auto known = present ? token_of(key, present->text) : std::nullopt;
    if (!known) {
        return unknown(request.name);
    }
    NamedToken token;
    if (auto fault = fault_in(request.name, request.rights, token)) {
        return std::move(*fault);
    }
    token.secret = std::move(known->secret);
    return put(token, request.rights, Json{{"changed", token.name}});
}

SharedTokens::Outcome SharedTokens::remove(const admin::TokenRemoveRequest& request) {
    const std::string key = key_of_token(request.name);
    if (!needs_.shared->values->get(key)) {
        return unknown(request.name);
    }
    if (!needs_.shared->values->remove(key)) {
        return admin::refusal(409, "too_many", "The members share too many values. Nothing was changed.");
    }
    return Changed{key, Json{{"removed", request.name}}};
}

}  // namespace ferrotunnel::detail
