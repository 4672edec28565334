#include "acme/messages.hpp"

#include <array>
#include <utility>

#include "acme/directory.hpp"
#include "acme/json_fields.hpp"
#include "acme/limits.hpp"
#include "acme/problem_document.hpp"
#include "base/text.hpp"

namespace ferrotunnel::acme {

namespace {

// The names of each Status, in its order.
constexpr std::array<std::string_view, 5> order_states{"pending", "ready", "processing", "valid", "invalid"};
constexpr std::array<std::string_view, 4> challenge_states{"pending", "processing", "valid", "invalid"};
constexpr std::array<std::string_view, 6> authorization_states{"pending",     "valid",   "invalid",
                                                               "deactivated", "expired", "revoked"};

template <typename Status, std::size_t count>
std::optional<Status> read_status(const nlohmann::json& object, const std::array<std::string_view, count>& names) {
    const std::string text = text_of(object, "status");
    for (std::size_t at = 0; at < count; ++at) {
        if (names[at] == text) {
            return static_cast<Status>(at);
        }
    }
    return {};
}

std::string status_fault(const nlohmann::json& object) {
    const std::string text = text_of(object, "status");
    return text.empty() ? "has no status" : "has the unknown status " + in_quotes(printable(text, limits::text_max));
}

// Parses an object whose status is one of these.
template <typename Status, std::size_t count>
Result<nlohmann::json, std::string> read_object(std::string_view body, const std::array<std::string_view, count>& names,
                                                Status& status) {
    std::optional<nlohmann::json> json = read_json_object(body);
    if (!json) {
        return std::string("is not a JSON object");
    }
    const auto known = read_status<Status>(*json, names);
    if (!known) {
        return status_fault(*json);
    }
    status = *known;
    return std::move(*json);
}

std::optional<Problem> read_error(const nlohmann::json& object) {
    const nlohmann::json& error = member_of(object, "error");
    return error.is_object() ? std::optional(read_failure(error)) : std::nullopt;
}

// What is wrong with the list of authorizations, or nothing.
std::string read_authorizations(std::string_view directory_url, const nlohmann::json& list, OrderMessage& order) {
    if (!list.is_array() || list.empty()) {
        return "has no authorizations";
    }
    if (list.size() > limits::authorizations_max) {
        return "has " + std::to_string(list.size()) + " authorizations; at most " +
               std::to_string(limits::authorizations_max) + " are read";
    }
    for (const nlohmann::json& url : list) {
        if (!url.is_string() || !may_name_url(directory_url, url.get<std::string>())) {
            return "has an authorization that is not an https URL";
        }
        order.authorizations.push_back(url.get<std::string>());
    }
    return {};
}

// The error is why a challenge of a known type is not usable; it is empty for one of another type.
Result<ChallengeMessage, std::string> read_challenge(std::string_view directory_url, const nlohmann::json& object) {
    const std::optional<Way> way = read_way(text_of(object, "type"));
    if (!way) {
        return std::string();
    }
    ChallengeMessage challenge;
    challenge.way = *way;
    challenge.url = text_of(object, "url");
    if (!may_name_url(directory_url, challenge.url)) {
        return std::string("without an https URL");
    }
    const auto status = read_status<ChallengeMessage::Status>(object, challenge_states);
    if (!status) {
        return std::string("of an unknown status");
    }
    challenge.status = *status;
    challenge.error = read_error(object);
    if (*way == Way::dns_persist_01) {
        challenge.issuers = host_names_in(member_of(object, "issuer-domain-names"), limits::issuers_max);
        return challenge.issuers.empty() ? Result<ChallengeMessage, std::string>(std::string("without an issuer"))
                                         : std::move(challenge);
    }
    challenge.token = text_of(object, "token");
    return is_token(challenge.token) ? Result<ChallengeMessage, std::string>(std::move(challenge))
                                     : std::string("without a valid token");
}

}  // namespace

Result<OrderMessage, std::string> read_order(std::string_view directory_url, std::string_view body) {
    OrderMessage order;
    const auto json = read_object(body, order_states, order.status);
    if (!json) {
        return json.error();
    }
    order.error = read_error(*json);
    if (order.status == OrderMessage::Status::invalid) {
        return order;  // nothing else of it is used
    }
    if (std::string fault = read_authorizations(directory_url, member_of(*json, "authorizations"), order);
        !fault.empty()) {
        return fault;
    }
    order.finalize = text_of(*json, "finalize");
    if (!may_name_url(directory_url, order.finalize)) {
        return std::string("has no finalize that is an https URL");
    }
    order.certificate = text_of(*json, "certificate");
    if (order.status == OrderMessage::Status::valid && !may_name_url(directory_url, order.certificate)) {
        return std::string("has no certificate that is an https URL");
    }
    return order;
}

Result<AuthorizationMessage, std::string> read_authorization(std::string_view directory_url, std::string_view body) {
    AuthorizationMessage authorization;
    const auto json = read_object(body, authorization_states, authorization.status);
    if (!json) {
        return json.error();
    }
    const nlohmann::json& identifier = member_of(*json, "identifier");
    authorization.type = text_of(identifier, "type");
    authorization.value = text_of(identifier, "value");
    const nlohmann::json& wildcard = member_of(*json, "wildcard");
    authorization.is_wildcard = wildcard.is_boolean() && wildcard.get<bool>();
    const nlohmann::json& challenges = member_of(*json, "challenges");
    if (!challenges.is_array()) {
        return std::string("has no challenges");
    }
    if (challenges.size() > limits::challenges_max) {
        return "has " + std::to_string(challenges.size()) + " challenges; at most " +
               std::to_string(limits::challenges_max) + " are read";
    }
    for (const nlohmann::json& object : challenges) {
        const std::string type = printable(text_of(object, "type"), limits::type_max);
        Result<ChallengeMessage, std::string> challenge = read_challenge(directory_url, object);
        authorization.offered.push_back(challenge || challenge.error().empty() ? type : type + " " + challenge.error());
        if (challenge) {
            authorization.challenges.push_back(std::move(*challenge));
        }
    }
    return authorization;
}

}  // namespace ferrotunnel::acme
