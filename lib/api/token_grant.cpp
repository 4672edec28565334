#include "api/token_grant.hpp"

#include <chrono>
#include <memory>
#include <utility>
#include <vector>

#include "base/hex.hpp"
#include "base/text.hpp"
#include "net/host_port.hpp"
#include "settings/rights.hpp"

namespace ferrotunnel {

std::string token_id(const Secret& token) {
    const auto parsed = login::parse_token(token.reveal());
    return parsed ? to_hex(parsed->id) : std::string();
}

namespace detail {
namespace {

constexpr std::size_t granted_name_max = 256;  // bytes; it is in every log line about the token's clients
constexpr std::chrono::hours granted_time_max{24};

std::optional<std::string> fault_of_name(const std::string& name, const login::TokenStore& table) {
    if (name.size() > granted_name_max || !is_printable(name)) {
        return "its name is longer than " + std::to_string(granted_name_max) + " bytes, or not printable";
    }
    if (table.named_in_table(name)) {
        return "its name \"" + name + "\" is that of a token in the server's table";
    }
    return std::nullopt;
}

std::optional<std::string> fault_of_rights(const std::string& name, const Rights& rights) {
    std::vector<Problem> problems;
    check_rights({.secret = {}, .name = name, .rights = rights}, problems);
    return problems.empty() ? std::nullopt : std::optional(problems.front().text);
}

bool is_time(std::chrono::milliseconds time) {
    return time >= std::chrono::milliseconds(0) && time <= granted_time_max;
}

}  // namespace

GrantRules grant_rules_of(const ServerSettings& settings) {
    const auto place = net::parse_host_port(settings.bind, default_control_port);
    return {policy_of(settings), place ? place->host : std::string()};
}

Result<login::TokenGrant, std::string> make_token_grant(const AcceptedLogin& login, const login::TokenId& id,
                                                        const GrantRules& rules, const login::TokenStore& table) {
    auto token = login::parse_token(login.secret.reveal());
    if (!token) {
        return "its secret is not a valid token: " + token.error();
    }
    if (token->id != id) {
        return "its secret has the id " + to_hex(token->id);
    }
    if (auto refusal = login::refusal_to_listen(rules.policy, token->strength, rules.host)) {
        return std::move(*refusal);
    }
    std::string name = login.name.empty() ? to_hex(id) : login.name;
    if (auto fault = fault_of_name(name, table)) {
        return std::move(*fault);
    }
    if (auto fault = fault_of_rights(name, login.rights)) {
        return std::move(*fault);
    }
    if (!is_time(login.cache_for) || !is_time(login.cache_if_failing)) {
        return std::string("its cache times must be 0 to 24 h");
    }
    login::TokenGrant grant{std::move(*token), std::move(name)};
    if (login.rights != Rights()) {
        grant.rights = std::make_shared<const login::Rights>(engine_rights(login.rights));
    }
    grant.cached_for = login.cache_for;
    grant.stale_for = login.cache_if_failing;
    return grant;
}

}  // namespace detail
}  // namespace ferrotunnel
