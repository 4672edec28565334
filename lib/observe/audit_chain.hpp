// Chain of the audit log: links the lines just before they are written, and continues what a file has.
//
//   opened --the lock of the file--> its end is read --> lines are linked, written, synced
//                '--another process has it--> wait
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "audit/audit_log.hpp"
#include "base/log.hpp"
#include "observe/access_file.hpp"
#include "observe/line_seal.hpp"

namespace ferrotunnel::observe {

class AuditChain final : public LineSeal {
public:
    /// `log` must outlive this object.
    AuditChain(std::shared_ptr<audit::AuditLog> events, Logger& log) : events_(std::move(events)), log_(log) {}

    /// Why no audit log can be continued in this file; empty if one can. Any thread.
    static std::string why_not(const AccessSink& sink);

    void opened() override;
    bool is_ready(const AccessSink& sink) override;
    void seal(std::string& lines, std::uint64_t dropped) override;
    void take_back(std::string_view lines, std::size_t torn) override;
    void note(const AccessSink& sink, bool is_written) override;
    void finish() override { is_ending_ = true; }
    std::chrono::milliseconds longest_sleep() const override;

private:
    void continue_file(const AccessSink& sink);

    const std::shared_ptr<audit::AuditLog> events_;
    Logger& log_;
    struct {
        bool is_open = false;         // it is locked, and its end was read
        bool begins = false;          // the next line is the first one since it was opened
        bool needs_line_end = false;  // it ends within a line
    } file_;
    bool was_locked_ = false;  // by another process, which was logged
    bool was_unsynced_ = false;
    bool is_ending_ = false;
    std::optional<std::string> torn_;  // the record for the fragment at the file's end
    audit::Head head_;                 // of all sealed lines
    std::string returned_;             // bodies of lines that the file before has not accepted
    std::uint64_t sealed_ = 0;         // lines that are not written yet
};

}  // namespace ferrotunnel::observe
