// What is added to the reason of a failed order: what this server has found, and what to do.
#pragma once

#include <cstdint>
#include <string>

#include "acme/challenge.hpp"
#include "acme/problem.hpp"
#include "issuance/self_check.hpp"
#include "issuance/settings.hpp"

namespace ferrotunnel::issuance {

/// Another answer than this server's, at an address of a name.
struct WrongAnswer {
    std::string text{};
    std::string remedy{};
};

/// `found`: with the verdict `elsewhere` or `occupied`. `port`: where a CA connects.
WrongAnswer explain_wrong_answer(const SelfCheckResult& found, std::uint16_t port);

/// What the self check has found that may be the cause of a failure.
struct SelfFinding {
    std::string unreachable{};  // what could not be reached, or what answered in this server's place
    std::string unresolved{};   // why the addresses are not known
};

/// The text of a problem with a validation by this way. `host`: of record_host().
std::string validation_text(const acme::Problem& problem, acme::Way way, const std::string& host,
                            const SelfFinding& found, const Settings& settings);

}  // namespace ferrotunnel::issuance
