// Messages of a CA: orders, authorizations and challenges (RFC 8555, 7.1.3 to 7.1.5).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "acme/challenge.hpp"
#include "acme/problem.hpp"
#include "base/result.hpp"

namespace ferrotunnel::acme {

struct OrderMessage {
    enum class Status : unsigned char { pending, ready, processing, valid, invalid };

    Status status = Status::pending;
    std::vector<std::string> authorizations{};  // URLs; at least one
    std::string finalize{};                     // URL
    std::string certificate{};                  // URL; never empty if it is valid
    std::optional<Problem> error{};
};

struct ChallengeMessage {
    enum class Status : unsigned char { pending, processing, valid, invalid };

    Way way = Way::http_01;
    Status status = Status::pending;
    std::string url{};
    std::string token{};                 // empty for DNS-PERSIST-01
    std::vector<std::string> issuers{};  // of DNS-PERSIST-01: at least one
    std::optional<Problem> error{};
};

struct AuthorizationMessage {
    enum class Status : unsigned char { pending, valid, invalid, deactivated, expired, revoked };

    Status status = Status::pending;
    std::string type{};   // of its identifier: "dns" or "ip"
    std::string value{};  // without "*."; as the CA spells it
    bool is_wildcard = false;
    /// Those of known ways that are usable.
    std::vector<ChallengeMessage> challenges{};
    /// The types of all challenges, and what makes those of known ways unusable: "http-01 without a valid token".
    std::vector<std::string> offered{};
};

/// These parse messages of a CA with this directory. The errors are worded to follow "the order" and "the
/// authorization": "has no status".
Result<OrderMessage, std::string> read_order(std::string_view directory_url, std::string_view body);
Result<AuthorizationMessage, std::string> read_authorization(std::string_view directory_url, std::string_view body);

}  // namespace ferrotunnel::acme
