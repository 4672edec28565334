// Control requests about the program's configuration and its end, answered by the application's handlers.
#include "admin/resources.hpp"
#include "admin/stats_json.hpp"
#include "api/facade_control.hpp"
#include "base/mutex.hpp"

namespace ferrotunnel::detail {

using admin::Answer;
using admin::Json;

namespace {

Json lists_of(const ReloadAnswer& came) {
    Json lists{{"applied", came.applied}, {"needs_restart", came.needs_restart}, {"problems", came.problems}};
    lists.update(admin::list_of("unchanged", came.same, [](const std::string& text) { return Json(text); }));
    lists["counts"] = Json{{"applied", came.applied.size()},
                           {"unchanged", came.same.size()},
                           {"needs_restart", came.needs_restart.size()}};
    if (came.trial) {
        lists["trial_seconds"] = static_cast<double>(came.trial->count()) / 1000;
    }
    return lists;
}

Answer answer_of(const ReloadAnswer& came) {
    if (came.problems.empty()) {
        return {200, lists_of(came)};
    }
    Answer refused = admin::refusal(
        422, "invalid",
        came.applied.empty() ? "The configuration was not applied." : "The configuration was applied in part.");
    refused.body.update(lists_of(came));
    return refused;
}

Json changes_of(const ReloadAnswer& came) {
    return admin::list_of("changes", came.changes, [](const ConfigChange& change) {
        Json row{{"key", change.key}, {"needs_restart", change.needs_restart}};
        const auto put = [&row](const char* key, const std::string& value) {
            if (!value.empty()) {
                row[key] = value;
            }
        };
        put("before", change.before);
        put("now", change.now);
        put("place", change.place);
        return row;
    });
}

Answer can_not_reload() {
    return admin::refusal(501, "unsupported", "This program cannot reload its configuration.");
}

}  // namespace

// Handlers are called without the lock.
Answer FacadeControl::reload() const {
    ReloadHandler handler;
    {
        const MutexLock lock(mutex_);
        handler = reload_;
    }
    return handler ? answer_of(handler()) : can_not_reload();
}

Answer FacadeControl::try_reload(std::optional<std::chrono::milliseconds> time) const {
    TrialHandler handler;
    {
        const MutexLock lock(mutex_);
        handler = trial_;
    }
    if (!handler) {
        return can_not_reload();
    }
    const ReloadAnswer came = handler(time);
    if (!time && !came.problems.empty()) {
        return admin::refusal(409, "no_trial", came.problems.front());
    }
    return answer_of(came);
}

std::optional<ReloadAnswer> FacadeControl::compared() const {
    CompareHandler handler;
    {
        const MutexLock lock(mutex_);
        handler = compare_;
    }
    return handler ? std::optional(handler()) : std::nullopt;
}

Answer FacadeControl::compare() const {
    const std::optional<ReloadAnswer> came = compared();
    if (!came) {
        return can_not_reload();
    }
    if (!came->problems.empty()) {
        Answer refused = admin::refusal(422, "invalid", "The configuration could not be applied.");
        refused.body["problems"] = came->problems;
        return refused;
    }
    return {200, changes_of(*came)};
}

// Also if the file has problems by now: the values in effect do not.
Answer FacadeControl::configuration() const {
    const std::optional<ReloadAnswer> came = compared();
    if (!came) {
        return can_not_reload();
    }
    Json json{{"effective", came->effective}, {"problems", came->problems}};
    json.update(changes_of(*came));
    return {200, std::move(json)};
}

Answer FacadeControl::drain(std::optional<std::chrono::milliseconds> time) const {
    DrainHandler handler;
    {
        const MutexLock lock(mutex_);
        handler = drain_;
    }
    if (!handler) {
        return admin::refusal(501, "unsupported", "This program cannot be stopped from here.");
    }
    handler(time);
    return {202, Json{{"draining", true}}};
}

}  // namespace ferrotunnel::detail
