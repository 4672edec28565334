#include "order_wait.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "acme_text.hpp"

namespace ferrotunnel::cli {
namespace {

/// How long an order may take to begin. A name that is due waits for its turn; one that is not will not be ordered.
constexpr std::int64_t start_patience = 5;

const Json& row_of(const Json& answer, const std::string& name) {
    static const Json none;
    for (const Json& row : member_of(answer, "names")) {
        if (text_in(row, "name") == name) {
            return row;
        }
    }
    return none;
}

}  // namespace

OrderWait::OrderWait(const Json& before) {
    for (const Json& row : member_of(before, "names")) {
        watched_[text_in(row, "name")].attempts = number_in(row, "attempts");
    }
}

std::vector<std::string> OrderWait::update(const Json& now, std::int64_t seconds) {
    std::vector<std::string> lines;
    for (auto& [name, one] : watched_) {
        if (!one.has_ended) {
            std::string line = progress(name, one, row_of(now, name), seconds);
            if (!line.empty()) {
                lines.push_back(std::move(line));
            }
        }
    }
    return lines;
}

bool OrderWait::has_ended() const noexcept {
    return std::all_of(watched_.begin(), watched_.end(), [](const auto& one) { return one.second.has_ended; });
}

std::string OrderWait::end(Watched& one, bool is_good, std::string line) {
    one.has_ended = true;
    has_failed_ = has_failed_ || !is_good;
    return line;
}

std::string OrderWait::progress(const std::string& name, Watched& one, const Json& now, std::int64_t seconds) {
    if (!now.is_object()) {
        return end(one, true, fmt::format("{}: needs no certificate of its own any more", name));
    }
    const std::string state = text_in(now, "state");
    if (state != "ordering" && number_in(now, "attempts") > one.attempts) {
        const bool is_good = state == "valid" && text_in(now, "problem").empty();
        return end(one, is_good,
                   is_good ? fmt::format("{}: has a certificate of {}, which expires {}", name,
                                         text_in(now, "certificate_authority"), expiry_text(now))
                           : acme_problem_line(now));
    }
    if (state != "ordering" && !now.contains("next") && seconds > start_patience) {
        return end(one, true,
                   fmt::format("{}: is not ordered, since a wildcard covers it or no client offers it", name));
    }
    if (one.state == state) {
        return {};
    }
    one.state = state;
    return state == "ordering" ? fmt::format("{}: is being ordered", name)
                               : fmt::format("{}: waits for its order to start", name);
}

}  // namespace ferrotunnel::cli
