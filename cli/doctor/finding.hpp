// What the checks of `ferrotunnel doctor` find.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace ferrotunnel::cli::doctor {

/// In the order of their weight.
enum class Severity : std::uint8_t {
    good,
    skipped,  // not tried: another check has failed, or it does not apply; `what` has the reason
    note,     // worth knowing; the tunnel works
    warning,  // the tunnel works, but not for every visitor, or not for long
    error,    // the tunnel, or one of its services, does not work
};

struct Finding {
    Severity severity = Severity::good;
    std::string what;    // a sentence
    std::string remedy;  // sentences; empty if there is nothing to do
};
using Findings = std::vector<Finding>;

inline Finding good(std::string what) {
    return {Severity::good, std::move(what), {}};
}
inline Finding skipped(std::string why) {
    return {Severity::skipped, std::move(why), {}};
}
inline Finding note(std::string what, std::string remedy = {}) {
    return {Severity::note, std::move(what), std::move(remedy)};
}
inline Finding warning(std::string what, std::string remedy) {
    return {Severity::warning, std::move(what), std::move(remedy)};
}
inline Finding fault(std::string what, std::string remedy) {
    return {Severity::error, std::move(what), std::move(remedy)};
}

/// The text of another program or of the library, with a full stop.
inline std::string as_sentence(std::string text) {
    if (!text.empty() && text.back() != '.') {
        text += '.';
    }
    return text;
}

/// The findings of one check.
struct Result {
    std::string side;  // "client" or "server"
    std::string check;
    Findings findings;
};

}  // namespace ferrotunnel::cli::doctor
