#include "api/audit_writer.hpp"

#include <utility>

#include "api/audit_acts.hpp"
#include "audit/record.hpp"
#include "ferrotunnel/version.hpp"
#include "observe/audit_chain.hpp"

namespace ferrotunnel::detail {

std::error_code AuditWriter::open(const ServerSettings& settings, std::string& what) {
    if (settings.audit_log.empty()) {
        return {};
    }
    std::error_code error;
    std::string why;
    observe::AccessSink sink = sink_at(settings.audit_log, error, why);
    if (error) {
        what = "open the audit log " + settings.audit_log + (why.empty() ? "" : ": " + why);
        return error;
    }
    write_to(std::move(sink));
    return {};
}

observe::AccessSink AuditWriter::sink_at(const std::string& path, std::error_code& error, std::string& why) {
    observe::AccessSink sink = observe::AccessSink::open(path, error, true);
    if (!error) {
        why = observe::AuditChain::why_not(sink);
        error = why.empty() ? std::error_code() : std::make_error_code(std::errc::invalid_argument);
    }
    return sink;
}

void AuditWriter::note_start() {
    audit::Record record("started");
    record.add("program", "ferrotunnel " + std::string(version_string));
    events_->write(record);
}

void AuditWriter::write_to(observe::AccessSink sink) {
    const MutexLock lock(mutex_);
    if (file_) {
        file_->set(std::move(sink));
    } else {
        file_ = std::make_unique<observe::AccessFile>(events_->lanes(), std::move(sink), log_,
                                                      std::make_unique<observe::AuditChain>(events_, log_));
    }
    events_->switch_on(true);
}

// The file is closed without the lock: its thread logs, and the handler of the log may call reopen().
void AuditWriter::end(const char* event) {
    std::unique_ptr<observe::AccessFile> file;
    {
        const MutexLock lock(mutex_);
        if (!file_) {
            return;
        }
        file.swap(file_);
        events_->write(audit::Record(event));
        events_->switch_on(false);
    }
    file.reset();  // writes the remaining lines
    events_->note_failing(false);
}

void AuditWriter::turn_off() {
    end("turned_off");
}

void AuditWriter::hand_over() {
    end("replaced");
}

void AuditWriter::stop() {
    end("stopped");
}

void AuditWriter::reopen() {
    const MutexLock lock(mutex_);
    if (file_) {
        file_->reopen();
    }
}

}  // namespace ferrotunnel::detail
