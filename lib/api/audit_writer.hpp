// The audit log of a server: opens, changes and ends what its events are written to.
#pragma once

#include <memory>
#include <string>
#include <system_error>

#include "audit/audit_log.hpp"
#include "base/log.hpp"
#include "base/mutex.hpp"
#include "observe/access_file.hpp"
#include "settings/settings.hpp"

namespace ferrotunnel::detail {

/// Thread-safe.
class AuditWriter {
public:
    AuditWriter(std::shared_ptr<audit::AuditLog> events, Logger& log) : events_(std::move(events)), log_(log) {}
    AuditWriter(const AuditWriter&) = delete;
    AuditWriter& operator=(const AuditWriter&) = delete;

    /// Opens the log of the settings, if any. `what`: the failed step.
    std::error_code open(const ServerSettings& settings, std::string& what);
    /// The server has started, with everything open.
    void note_start();

    /// Opens a file for a change of the settings. `why`: why not.
    static observe::AccessSink sink_at(const std::string& path, std::error_code& error, std::string& why);
    /// Events are written there from now on.
    void write_to(observe::AccessSink sink);
    /// The settings have turned it off.
    void turn_off();
    /// Another process writes to the file from now on.
    void hand_over();
    /// Opens the file again by its name.
    void reopen();
    /// Writes the remaining lines, and ends.
    void stop();

private:
    void end(const char* event);

    const std::shared_ptr<audit::AuditLog> events_;
    Logger& log_;
    Mutex mutex_;
    std::unique_ptr<observe::AccessFile> file_ GUARDED_BY(mutex_);
};

}  // namespace ferrotunnel::detail
