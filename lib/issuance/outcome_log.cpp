#include "issuance/outcome_log.hpp"

#include <algorithm>
#include <chrono>

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

void log_failure(Logger& log, const NameEntry& entry, const IssuanceOutcome& outcome, WallTime now) {
    log.warn(entry.chain ? "a certificate could not be renewed" : "a certificate could not be ordered",
             {{"name", entry.name},
              {"reason", outcome.problem.text},
              {"kind", acme::name_of(outcome.problem.kind)},
              {"failures", entry.failures},
              {"next_in", time_until(entry.next, now)},
              {"next_at", entry.is_at_staging ? "the staging CA" : "the CA"}});
}

}  // namespace

void log_outcome(Logger& log, const NameEntry& entry, const IssuanceOutcome& outcome, const std::string& old_problem,
                 WallTime now, TimePoint steady_now) {
    const bool may_warn = entry.is_configured || log.may_write(LogLevel::warn, client_names, steady_now);
    switch (outcome.kind) {
        case IssuanceOutcome::Kind::issued:
            log.info("certificate issued", {{"name", entry.name},
                                            {"ca", host_of_ca(outcome.ca)},
                                            {"way", entry.saved.way.empty() ? "none" : entry.saved.way},
                                            {"days", days_until(entry.chain->not_after, now)},
                                            {"renewal_in", time_until(entry.next, now)}});
            return;
        case IssuanceOutcome::Kind::renewed:
            log.info("another process has issued a certificate",
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
                log.warn(
                    "an order has to wait",
                    {{"name", entry.name}, {"reason", outcome.problem.text}, {"next_in", time_until(entry.next, now)}});
            }
            return;
        case IssuanceOutcome::Kind::failed:
            if (may_warn) {
                log_failure(log, entry, outcome, now);
            }
            return;
    }
}

}  // namespace ferrotunnel::issuance
