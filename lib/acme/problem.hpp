// Why an order failed.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace ferrotunnel::acme {

struct HttpReply;

struct Problem {
    enum class Kind : unsigned char {
        unreachable,  // no usable response, or 5xx: another CA, or later
        overdue,      // the CA validates or issues, but not in time: another CA, or later
        limited,      // 429 or rateLimited: another CA, or later
        account,      // the account is unknown, deactivated, or needs an external one
        refused,      // the order itself: profile, names, CAA
        validation,   // the CA could not validate: another way, or the staging CA
        wrong_chain,  // the CA issued something else
        local,        // here: a file, a command, the clock
    };

    Kind kind = Kind::unreachable;
    std::string type{};  // the CA's: "malformed", without its prefix; empty if it is not the CA's
    std::string text{};  // a sentence for people, printable, at most limits::text_max
    std::optional<std::chrono::seconds> retry_after{};
};

std::string_view name_of(Problem::Kind kind) noexcept;

/// The problem that this response reports (RFC 7807), with the details of its subproblems.
Problem read_problem(const HttpReply& reply);

}  // namespace ferrotunnel::acme
