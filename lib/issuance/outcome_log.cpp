#include "issuance/outcome_log.hpp"

#include <algorithm>
#include <chrono>
#include <string_view>
#include <utility>

#include "issuance/status_board.hpp"

namespace ferrotunnel::issuance {
namespace {

// Clients choose names, so they could fill a disk with their failures.
constexpr LogCategory client_names{"certificates of clients"};

std::string time_until(WallTime when, WallTime now) {
    const auto seconds = std::max<long long>(0, std::chrono::duration_cast<std::chrono::seconds>(when - now).count());
    constexpr long long of_minute = 60;
    constexpr long long of_hour = 60 * 60;
    return seconds < 2 * of_minute ? std::to_string(seconds) + " s"
           : seconds < 2 * of_hour ? std::to_string(seconds / of_minute) + " min"
                                   : std::to_string(seconds / of_hour) + " h";
}

long long days_until(WallTime when, WallTime now) {
    return std::chrono::duration_cast<std::chrono::hours>(when - now).count() / 24;
}

// Who decides whether the next attempt succeeds.
std::string_view judge_of(const NameEntry& entry, const IssuanceOutcome& outcome) {
    return outcome.problem.kind == acme::Problem::Kind::local ? "this server's own checks"
           : entry.is_at_staging                              ? "the staging CA, then the CA"
                                                              : "the CA";
}

void log_failure(Logger& log, const NameEntry& entry, const IssuanceOutcome& outcome, WallTime now) {
    log.warn(entry.chain ? "a certificate could not be renewed" : "a certificate could not be ordered",
             {{"name", entry.name},
              {"reason", outcome.problem.text},
              {"kind", acme::name_of(outcome.problem.kind)},
              {"failures", entry.failures},
              {"next_in", time_until(entry.next, now)},
              {"decided_by", judge_of(entry, outcome)}});
}

void log_hint(Logger& log, const NameEntry& entry, const IssuanceOutcome& outcome) {
    log.info("there is no wildcard certificate, which is optional: hosts below the domain get their own",
             {{"name", entry.name}, {"for_a_wildcard", outcome.problem.text}});
}

void log_issued(Logger& log, NameEntry& entry, const IssuanceOutcome& outcome, WallTime now) {
    log.log_at(std::exchange(entry.is_warned, false) ? LogLevel::warn : LogLevel::info, "certificate issued",
               {{"name", entry.name},
                {"ca", host_of_ca(outcome.ca)},
                {"way", entry.saved.way.empty() ? "none" : entry.saved.way},
                {"days", days_until(entry.chain->not_after, now)},
                {"renewal_in", time_until(entry.next, now)}});
}

}  // namespace

void log_outcome(Logger& log, NameEntry& entry, const IssuanceOutcome& outcome, const std::string& old_problem,
                 WallTime now, TimePoint steady_now) {
    const bool may_warn = entry.is_configured || log.may_write(LogLevel::warn, client_names, steady_now);
    switch (outcome.kind) {
        case IssuanceOutcome::Kind::issued:
            log_issued(log, entry, outcome, now);
            return;
        case IssuanceOutcome::Kind::renewed:
            log.log_at(std::exchange(entry.is_warned, false) ? LogLevel::warn : LogLevel::info,
                       "another process has issued a certificate",
                       {{"name", entry.name}, {"days", days_until(entry.chain->not_after, now)}});
            return;
        case IssuanceOutcome::Kind::busy:
            log.debug("another process orders this certificate", {{"name", entry.name}});
            return;
        case IssuanceOutcome::Kind::staged:
            log.info("an order at the staging CA has succeeded; the next one goes to the CA", {{"name", entry.name}});
            return;
        case IssuanceOutcome::Kind::postponed:
            if (entry.problem != old_problem && may_warn) {
                entry.is_warned = true;
                log.warn(
                    "an order has to wait",
                    {{"name", entry.name}, {"reason", outcome.problem.text}, {"next_in", time_until(entry.next, now)}});
            }
            return;
        case IssuanceOutcome::Kind::failed:
            if (outcome.is_hint) {
                if (entry.problem != old_problem) {
                    log_hint(log, entry, outcome);
                }
            } else if (may_warn) {
                entry.is_warned = true;
                log_failure(log, entry, outcome, now);
            }
            return;
    }
}

}  // namespace ferrotunnel::issuance
