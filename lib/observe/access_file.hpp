// Writer thread of the access log, and of the audit log: to a file, or to a stream of the process.
//
// Lines that cannot be written (a full disk, a pipe without a reader) stay here and are retried; meanwhile the lanes
// fill, and drop. So memory stays bounded, no line is torn, and no worker waits.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>

#include "access/lanes.hpp"
#include "base/log.hpp"
#include "base/mutex.hpp"
#include "observe/line_seal.hpp"

namespace ferrotunnel::observe {

/// The destination of lines. Closes what it has opened.
class AccessSink {
public:
    static constexpr std::string_view standard_output = "stdout";
    static constexpr std::string_view standard_error = "stderr";

    AccessSink() = default;
    AccessSink(AccessSink&& other) noexcept;
    AccessSink& operator=(AccessSink&& other) noexcept;
    ~AccessSink();

    /// Opens the file of this name for appending, and creates it with mode 0640 if necessary; or uses a stream of the
    /// process.
    /// `reads`: the file's present end will be read, too.
    static AccessSink open(const std::string& path, std::error_code& error, bool reads = false);

    int descriptor() const noexcept { return descriptor_; }
    const std::string& path() const noexcept { return path_; }
    bool is_file() const noexcept { return owned_; }
    /// Whether writing never waits for a reader: a file of a disk, which a stream of the process can be, too.
    bool is_regular() const noexcept;

private:
    int descriptor_ = -1;
    bool owned_ = false;
    std::string path_;
};

class AccessFile {
public:
    /// `log` must outlive this object. `seal`: makes the lines of an audit log; null for an access log.
    AccessFile(std::shared_ptr<access::Lanes> lanes, AccessSink sink, Logger& log,
               std::unique_ptr<LineSeal> seal = nullptr);
    /// Writes the remaining lines, for at most access::end_time.
    ~AccessFile();
    AccessFile(const AccessFile&) = delete;
    AccessFile& operator=(const AccessFile&) = delete;

    /// Opens the file by its name again, since it was moved. Later lines go to the new one. Thread-safe.
    void reopen();
    /// Writes to another sink from now on. Thread-safe.
    void set(AccessSink sink);

private:
    using Clock = std::chrono::steady_clock;

    void run(const std::stop_token& ending);
    std::chrono::milliseconds longest_sleep() const;
    bool take_lines();
    bool write_taken();
    void apply_requests();
    bool write_some();
    void leave_torn_line();
    void finish();
    void report_dropped(bool at_once);
    void log_failure(int error);

    const std::shared_ptr<access::Lanes> lanes_;
    Logger& log_;
    const std::unique_ptr<LineSeal> seal_;
    const std::string name_;  // for messages
    // Orders of other threads.
    Mutex mutex_;
    std::optional<AccessSink> next_sink_ GUARDED_BY(mutex_);
    bool reopens_ GUARDED_BY(mutex_) = false;
    // Only for the writer thread.
    AccessSink sink_;
    std::string rest_;    // not written yet
    std::size_t at_ = 0;  // bytes of `rest_` before this position are written
    bool is_failing_ = false;
    std::uint64_t dropped_ = 0;  // not reported yet
    std::uint64_t lost_ = 0;     // not sealed yet: their number is a line
    Clock::time_point reported_at_{};
    std::jthread thread_;  // last: it uses all of the above
};

}  // namespace ferrotunnel::observe
