#include "reload_scheduler.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "ferrotunnel/program.hpp"
#include "single_mount.hpp"

namespace ferrotunnel::cli {
namespace {

constexpr const char* control_cause = "control request";

void print_outcome(const ReloadReport& report, const std::string& line, Output& output) {
    if (report.ok()) {
        output.line(line);
    } else {
        output.warning(line);
    }
}

double seconds_of(std::chrono::milliseconds time) {
    return static_cast<double>(time.count()) / 1000;
}

}  // namespace

ReloadScheduler::ReloadScheduler(ConfigReloader& reloader, ReloadRequests& requests, ServiceManager& manager,
                                 bool watched, Output& output)
    : reloader_(reloader), requests_(requests), manager_(manager) {
    if (!watched || !reloader_.can_be_read_again()) {
        return;
    }
    watch_.emplace();
    watch_->set_files(reloader_.files());
    if (!watch_->why().empty()) {
        output.warning(fmt::format("{} cannot be watched for changes ({}); send SIGHUP to reload it", reloader_.file(),
                                   watch_->why()));
    } else if (const std::string blind = unseen_changes_reason(reloader_.file()); !blind.empty()) {
        output.warning(fmt::format("{} {}", reloader_.file(), blind));
    }
}

ReloadReport ReloadScheduler::read(const char* cause) {
    const program::ChangeCause present(cause, reloader_.file());
    manager_.reloading();
    ReloadReport report = reloader_.reload();
    manager_.ready();
    if (watch_) {
        watch_->set_files(reloader_.files());
    }
    return report;
}

ReloadReport ReloadScheduler::reload(Output& output, const char* cause) {
    ReloadReport report = read(cause);
    held_ = held_ && !report.ok();
    last_reported_ = report.line(reloader_.file());
    print_outcome(report, last_reported_, output);
    if (is_replaced_elsewhere(reloader_.file())) {
        output.warning(fmt::format("{} {}", reloader_.file(), unseen_changes_reason(reloader_.file())));
    }
    return report;
}

ReloadAnswer ReloadScheduler::answer_to(const ReloadRequest& request, Output& output) {
    switch (request.what) {
        case ReloadRequest::What::try_out:
            return try_out(request.time, output);
        case ReloadRequest::What::confirm:
            return confirm(output);
        case ReloadRequest::What::compare:
            return reloader_.compare();
        case ReloadRequest::What::reload:
            break;
    }
    ReloadAnswer answer = reload(output, control_cause).answer();
    if (trial_) {
        answer.trial = std::chrono::ceil<std::chrono::milliseconds>(trial_->until - Clock::now());
    }
    return answer;
}

// A second trial only restarts the time of the first: the configuration before it is the trusted one.
ReloadAnswer ReloadScheduler::try_out(std::chrono::milliseconds time, Output& output) {
    std::shared_ptr<const Config> before = reloader_.in_effect();
    ReloadAnswer answer = reload(output, control_cause).answer();
    if (!answer.problems.empty()) {
        return answer;
    }
    if (!trial_) {
        trial_ = Trial{std::move(before), {}};
    }
    trial_->until = Clock::now() + time;
    requests_.set_trial(trial_->until);
    answer.trial = time;
    output.line(
        fmt::format("on trial for {:g} s: all changes made in this time are reverted at its end, unless confirmed",
                    seconds_of(time)));
    return answer;
}

ReloadAnswer ReloadScheduler::confirm(Output& output) {
    ReloadAnswer answer;
    if (!trial_) {
        answer.problems.emplace_back("No reload is on trial.");
        return answer;
    }
    trial_.reset();
    requests_.set_trial(std::nullopt);
    output.line("the trial is confirmed");
    return answer;
}

void ReloadScheduler::roll_back(Output& output) {
    const Trial trial = std::move(*trial_);
    trial_.reset();
    requests_.set_trial(std::nullopt);
    held_ = true;
    manager_.reloading();
    const program::ChangeCause cause("end of a trial", reloader_.file());
    const ReloadReport report = reloader_.roll_back(trial.before);
    manager_.ready();
    last_reported_ =
        fmt::format("the trial was not confirmed, the earlier settings are restored: {}", report.outcome());
    output.warning(last_reported_);
}

void ReloadScheduler::tick(Output& output) {
    while (const auto asked = requests_.next()) {
        requests_.answer(asked->first, answer_to(asked->second, output));
    }
    const auto now = Clock::now();
    if (trial_ && now >= trial_->until) {
        roll_back(output);
    }
    if (watch_) {
        check_files(now, output);
    }
}

// Whether a reload would change nothing. Prints nothing.
bool ReloadScheduler::is_as_read() {
    const ReloadAnswer answer = reloader_.compare();
    watch_->set_files(reloader_.files());
    return answer.problems.empty() && answer.changes.empty();
}

void ReloadScheduler::check_files(Clock::time_point now, Output& output) {
    watch_->process_events(now);
    const bool has_changes = watch_->has_changes();
    if (!watch_->consume_due(now) || (!has_changes && is_as_read())) {
        return;
    }
    if (held_) {
        output.warning(
            fmt::format("{} has changed; send SIGHUP or use `ferrotunnel reload` to apply it, because a trial was "
                        "reverted",
                        reloader_.file()));
        return;
    }
    const ReloadReport report = read("change of the file");
    std::string line = report.line(reloader_.file());
    const bool is_new = !report.unchanged() && (!report.applied.empty() || line != last_reported_);
    if (is_new) {
        print_outcome(report, line, output);
    }
    last_reported_ = std::move(line);
}

std::optional<std::chrono::milliseconds> ReloadScheduler::due_in() const {
    const auto now = Clock::now();
    std::optional<std::chrono::milliseconds> due = watch_ ? watch_->due_in(now) : std::nullopt;
    if (trial_) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(trial_->until - now);
        due = std::min(due.value_or(left), std::max(left, std::chrono::milliseconds(0)));
    }
    return due;
}

}  // namespace ferrotunnel::cli
