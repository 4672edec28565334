#include "doctor/run_checks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>

namespace ferrotunnel::cli::doctor {
namespace {

// Shared with the threads, which may outlive the examination.
struct Board {
    std::vector<Check> checks;
    std::vector<std::optional<Findings>> ended;
    std::vector<bool> has_begun;  // of the examining thread only
    std::mutex mutex;             // guards `ended`
    std::condition_variable change;
};

// Whether a check found an error, or has examined nothing.
bool has_failed(const Findings& findings) {
    const auto is = [](Severity severity) {
        return [severity](const Finding& finding) { return finding.severity == severity; };
    };
    return std::ranges::any_of(findings, is(Severity::error)) || std::ranges::all_of(findings, is(Severity::skipped));
}

Findings findings_of(const Check& check, Deadline deadline) {
    try {
        return check.run(deadline);
    } catch (const std::exception& problem) {
        return {fault(fmt::format("The check itself failed: {}.", problem.what()), {})};
    }
}

std::thread begin(const std::shared_ptr<Board>& board, std::size_t index, Deadline deadline) {
    return std::thread([board, index, deadline] {
        Findings findings = findings_of(board->checks[index], deadline);
        const std::lock_guard lock(board->mutex);
        board->ended[index] = std::move(findings);
        board->change.notify_all();
    });
}

enum class Readiness { waits, ready, failed };

// `why` gets the name of the needed check that has failed. Called with the lock.
Readiness readiness_of(const Board& board, std::size_t index, std::string& why) {
    const Check& check = board.checks[index];
    const auto contains = [](const std::vector<std::string>& names, const std::string& name) {
        return std::ranges::find(names, name) != names.end();
    };
    bool waits = false;
    for (std::size_t i = 0; i < index; ++i) {
        const Check& other = board.checks[i];
        const bool is_needed = contains(check.needs, other.name);
        if (other.side != check.side || (!is_needed && !contains(check.after, other.name))) {
            continue;
        }
        if (!board.ended[i]) {
            waits = true;
        } else if (is_needed && has_failed(*board.ended[i])) {
            why = other.name;
            return Readiness::failed;
        }
    }
    return waits ? Readiness::waits : Readiness::ready;
}

// Begins what is ready, and skips what cannot be tried. Called with the lock. Whether all have ended.
bool advance(const std::shared_ptr<Board>& board, std::vector<std::thread>& threads, Deadline deadline) {
    for (std::size_t i = 0; i < board->checks.size(); ++i) {
        if (board->has_begun[i]) {
            continue;
        }
        std::string why;
        const Readiness readiness = readiness_of(*board, i, why);
        board->has_begun[i] = readiness != Readiness::waits;
        if (readiness == Readiness::ready) {
            threads[i] = begin(board, i, deadline);
        } else if (readiness == Readiness::failed) {
            board->ended[i] = Findings{skipped(fmt::format("Not tried because of `{}`.", why))};
        }
    }
    return std::ranges::all_of(board->ended, [](const auto& one) { return one.has_value(); });
}

// The results at the end. Called with the lock.
Examination examination_of(const Board& board, std::chrono::milliseconds limit) {
    Examination examination;
    for (std::size_t i = 0; i < board.checks.size(); ++i) {
        const Check& check = board.checks[i];
        const bool is_late = !board.ended[i] && board.has_begun[i];
        Findings findings;
        if (board.ended[i]) {
            findings = *board.ended[i];
        } else if (is_late) {
            findings.push_back(
                fault(fmt::format("No result within {:.3g} s.", std::chrono::duration<double>(limit).count()),
                      "The machine or a file system does not respond; run it again."));
        } else {
            findings.push_back(skipped("Not tried: the time was over."));
        }
        examination.is_late.push_back(is_late);
        examination.results.push_back({check.side, check.name, std::move(findings)});
    }
    return examination;
}

}  // namespace

Examination run_checks(std::vector<Check> checks, std::chrono::milliseconds limit) {
    // A check returns before `deadline`; the rest of the time is for its thread to be scheduled.
    constexpr std::chrono::milliseconds spare{1'000};
    const Deadline end = std::chrono::steady_clock::now() + limit;
    const Deadline deadline = end - std::min(spare, limit / 10);
    const auto board = std::make_shared<Board>();
    board->ended.resize(checks.size());
    board->has_begun.resize(checks.size());
    board->checks = std::move(checks);

    std::vector<std::thread> threads(board->checks.size());
    std::unique_lock lock(board->mutex);
    while (!advance(board, threads, deadline)) {
        if (board->change.wait_until(lock, end) == std::cv_status::timeout) {
            break;
        }
    }
    Examination examination = examination_of(*board, limit);
    lock.unlock();
    // Joined, so that the subjects of the checks end here and not on a thread that the process does not wait for.
    for (std::size_t i = 0; i < threads.size(); ++i) {
        if (threads[i].joinable()) {
            examination.is_late[i] ? threads[i].detach() : threads[i].join();
        }
    }
    return examination;
}

}  // namespace ferrotunnel::cli::doctor
