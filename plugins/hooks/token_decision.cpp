#include "hooks/token_decision.hpp"

#include <stdexcept>
#include <utility>

#include "hooks/decision_json.hpp"
#include "hooks/endpoint_decision.hpp"

namespace ferrotunnel::plugins {
namespace {

using nlohmann::json;

constexpr std::size_t secret_max = 4 * 1024;  // as of a token's file
constexpr std::size_t rights_max = 64 * 1024;

[[noreturn]] void is_wrong(const char* words) {
    throw std::invalid_argument(words);
}

std::string text_in(const json& object, const char* key, const char* words) {
    const auto found = object.find(key);
    if (found == object.end()) {
        return {};
    }
    if (!found->is_string()) {
        is_wrong(words);
    }
    return found->get<std::string>();
}

// An unknown key may be a misspelt right or be part of a secret: it is a fault, and not repeated.
void check_token_keys(const json& object, bool accepts) {
    for (const auto& [key, value] : object.items()) {
        const bool is_of_both = key == "decision" || key == "version";
        const bool is_of_accept = accepts && (key == "secret" || key == "name" || key == "rights");
        const bool is_of_reject = !accepts && key == "reason";  // for the endpoint's own log
        if (!is_of_both && !is_of_accept && !is_of_reject) {
            is_wrong("its response has a key that is not valid in this response");
        }
        if (key == "version") {
            check_version(value);
        }
    }
}

TokenDecision read_token_object(const json& object) {
    TokenDecision decision;
    decision.accepts = is_accept(object);
    check_token_keys(object, decision.accepts);
    if (!decision.accepts) {
        return decision;
    }
    decision.secret = text_in(object, "secret", "`secret` is not a string");
    if (decision.secret.empty() || decision.secret.size() > secret_max) {
        is_wrong("`secret` is missing, or longer than 4 KiB");
    }
    decision.name = text_in(object, "name", "`name` is not a string");
    if (const auto rights = object.find("rights"); rights != object.end()) {
        if (!rights->is_object()) {
            is_wrong("`rights` is not an object");
        }
        decision.rights = rights->dump(-1, ' ', false, json::error_handler_t::replace);
        if (decision.rights.size() > rights_max) {
            is_wrong("`rights` has more than 64 KiB");
        }
    }
    return decision;
}

}  // namespace

TokenDecision read_token_decision(std::string_view body) {
    const auto object = parse_strict_object(body);
    if (!object) {
        return without_decision<TokenDecision>(not_an_object);
    }
    try {
        return read_token_object(*object);
    } catch (const std::invalid_argument& problem) {
        return without_decision<TokenDecision>(problem.what());
    }
}

}  // namespace ferrotunnel::plugins
