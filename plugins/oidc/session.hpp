// A visitor's session, and a login that has begun: what the visitor's browser keeps, sealed, in cookies.
#pragma once

#include <cstdint>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ferrotunnel::plugins {

/// The present time, as in sessions.
inline std::int64_t unix_seconds() {
    return static_cast<std::int64_t>(std::time(nullptr));
}

/// A visitor that has logged in.
struct Session {
    static constexpr std::size_t size_max = 3'500;  // sealed; browsers keep cookies of 4,096 bytes with their names

    std::string id;  // random, for log-out
    std::string provider;
    std::string issuer;  // the provider and the client that it belongs to: another one of that name does not count
    std::string client_id;
    std::string subject;
    std::string email;  // only if the provider has verified it; empty: none
    std::vector<std::string> groups{};
    std::vector<std::pair<std::string, std::string>> claims{};  // for the backend
    std::int64_t ends = 0;                                      // seconds since 1970
};

std::string to_text(const Session& session);
std::optional<Session> session_of(std::string_view text);

/// A login between the redirect to the provider and its answer.
struct PendingLogin {
    static constexpr std::int64_t lifetime = 600;  // seconds
    static constexpr std::size_t target_max = 2'048;

    std::string state;  // 22 characters
    std::string provider;
    std::string nonce;
    std::string verifier;
    std::string target;  // path and query of the request
    std::int64_t ends = 0;
};

std::string to_text(const PendingLogin& login);
std::optional<PendingLogin> pending_login_of(std::string_view text);

}  // namespace ferrotunnel::plugins
