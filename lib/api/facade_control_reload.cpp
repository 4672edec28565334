// Control requests about the program's configuration and its end, answered by the application's handlers.
#include "admin/resources.hpp"
#include "admin/stats_json.hpp"
#include "api/facade_control.hpp"
#include "base/mutex.hpp"

namespace ferrotunnel::detail {

using admin::Answer;
using admin::Json;

namespace {

Json lists_of(const ReloadAnswer& answer) {
    Json lists{{"applied", answer.applied}, {"needs_restart", answer.needs_restart}, {"problems", answer.problems}};
    lists.update(admin::list_of("unchanged", answer.same, [](const std::string& text) { return Json(text); }));
    lists["counts"] = Json{{"applied", answer.applied.size()},
                           {"unchanged", answer.same.size()},
                           {"needs_restart", answer.needs_restart.size()}};
    if (answer.trial) {
        lists["trial_seconds"] = static_cast<double>(answer.trial->count()) / 1000;
    }
    return lists;
}

Answer answer_of(const ReloadAnswer& answer) {
    if (answer.problems.empty()) {
        return {200, lists_of(answer)};
    }
    Answer refused = admin::refusal(
        422, "invalid",
        answer.applied.empty() ? "The configuration was not applied." : "The configuration was applied in part.");
    refused.body.update(lists_of(answer));
    return refused;
}

Json changes_of(const ReloadAnswer& answer) {
    return admin::list_of("changes", answer.changes, [](const ConfigChange& change) {
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
Answer FacadeControl::reload(const admin::ReloadRequest& request) const {
    if (request.confirm || request.try_seconds) {
        return try_reload(request.time());
    }
    ReloadHandler handler;
    {
        const MutexLock lock(mutex_);
        handler = handlers_.reload;
    }
    return handler ? answer_of(handler()) : can_not_reload();
}

Answer FacadeControl::try_reload(std::optional<std::chrono::milliseconds> time) const {
    TrialHandler handler;
    {
        const MutexLock lock(mutex_);
        handler = handlers_.trial;
    }
    if (!handler) {
        return can_not_reload();
    }
    const ReloadAnswer answer = handler(time);
    if (!time && !answer.problems.empty()) {
        return admin::refusal(409, "no_trial", answer.problems.front());
    }
    return answer_of(answer);
}

std::optional<ReloadAnswer> FacadeControl::compared() const {
    CompareHandler handler;
    {
        const MutexLock lock(mutex_);
        handler = handlers_.compare;
    }
    return handler ? std::optional(handler()) : std::nullopt;
}

Answer FacadeControl::compare() const {
    const std::optional<ReloadAnswer> answer = compared();
    if (!answer) {
        return can_not_reload();
    }
    if (!answer->problems.empty()) {
        Answer refused = admin::refusal(422, "invalid", "The configuration could not be applied.");
        refused.body["problems"] = answer->problems;
        return refused;
    }
    return {200, changes_of(*answer)};
}

// Also if the file has problems by now: the values in effect do not.
Answer FacadeControl::configuration() const {
    const std::optional<ReloadAnswer> answer = compared();
    if (!answer) {
        return can_not_reload();
    }
    Json json{{"effective", answer->effective}, {"problems", answer->problems}};
    json.update(changes_of(*answer));
    return {200, std::move(json)};
}

Answer FacadeControl::drain(std::optional<std::chrono::milliseconds> time) const {
    DrainHandler handler;
    {
        const MutexLock lock(mutex_);
        handler = handlers_.drain;
    }
    if (!handler) {
        return admin::refusal(501, "unsupported", "This program cannot be stopped from here.");
    }
    handler(time);
    return {202, Json{{"draining", true}}};
}

}  // namespace ferrotunnel::detail
