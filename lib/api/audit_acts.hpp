// Acts of administrators in the audit log: requests of the control API, and calls of the library.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "admin/resources.hpp"
#include "audit/audit_log.hpp"
#include "base/mutex.hpp"
#include "ferrotunnel/apply.hpp"

namespace ferrotunnel::detail {

/// Where a request has entered.
enum class ControlEntry : std::uint8_t { socket, dashboard, member };

/// Records the requests of the control API that change something, with who sent them and what came of them. For the
/// control thread, but for await_record().
class AuditedRequests {
public:
    /// Null: nothing is recorded. Before the thread starts.
    void set(std::shared_ptr<audit::AuditLog> log) { log_ = std::move(log); }

    /// Answers the request with `answer`, and records it.
    admin::Answer answer(const admin::Request& request, ControlEntry entry,
                         const std::function<admin::Answer()>& answer);
    /// Waits until the request that is being answered, if any, is recorded; no longer than `time`. For other threads.
    void await_record(std::chrono::milliseconds time);
    /// Wrong secrets were sent to the dashboard. `unreported`: others before, from any address.
    void note_wrong_secret(const std::string& address, std::uint64_t unreported) const;

private:
    class Answering {
    public:
        explicit Answering(AuditedRequests& of);
        ~Answering();
        Answering(const Answering&) = delete;
        Answering& operator=(const Answering&) = delete;

    private:
        AuditedRequests& of_;
    };

    admin::Answer answer_and_record(const admin::Request& request, ControlEntry entry,
                                    const std::function<admin::Answer()>& answer) const;

    std::shared_ptr<audit::AuditLog> log_;
    Mutex mutex_;
    ConditionVariable recorded_;
    bool is_answering_ GUARDED_BY(mutex_) = false;
};

/// The cause of what this thread does (program::ChangeCause): "SIGHUP". "library" without one.
std::string_view present_cause() noexcept;

/// A record of a call of the library, to which its arguments are added.
audit::Record library_act(std::string_view act);
/// Records a change of the settings: its keys, and none of the values. `log`: may be null.
void audit_change(audit::AuditLog* log, const ApplyReport& report);
/// Records that a reload was refused, unless audit_change() has recorded the refusal for the same cause.
void audit_refused_reload(audit::AuditLog& log, std::string_view outcome);

}  // namespace ferrotunnel::detail
