// The destination of lines: a file, which is reopened after a rename, or standard error.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace ferrotunnel::plugins {

/// Used on one thread.
class LogOutput {
public:
    /// Opens the file, and creates it if it does not exist; an empty path is standard error. Throws std::runtime_error.
    explicit LogOutput(std::string path);
    ~LogOutput();
    LogOutput(const LogOutput&) = delete;
    LogOutput& operator=(const LogOutput&) = delete;

    /// Reopens the file if its name now belongs to another file or to none. Returns the problem if it cannot be opened:
    /// lines then still go to the old file. Empty: no problem.
    std::string follow_name();

    /// The number of bytes to write at once.
    std::size_t piece_bytes() const noexcept { return is_regular_ ? 64 * 1'024 : 4'096; }

    /// Writes whole lines. If they are not read they are dropped after a time, which is shorter once `is_ending`.
    /// Returns the problem; empty if they were written.
    std::string write(std::string_view lines, const std::atomic<bool>& is_ending);

private:
    int open_path() const;
    void use(int descriptor) noexcept;

    std::string path_;
    int descriptor_ = -1;
    bool is_regular_ = false;
    bool is_torn_ = false;  // the last line has no end
};

}  // namespace ferrotunnel::plugins
