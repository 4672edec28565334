// Where lines go: a file, which is opened again when it was renamed, or standard error.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace ferrotunnel::plugins {

/// On one thread.
class LogOutput {
public:
    /// Opens the file, which is made where there is none; an empty path is standard error. Throws std::runtime_error.
    explicit LogOutput(std::string path);
    ~LogOutput();
    LogOutput(const LogOutput&) = delete;
    LogOutput& operator=(const LogOutput&) = delete;

    /// Opens the file again if its name is another file's now, or nobody's. What is wrong, if it cannot be opened:
    /// then lines go where they went before. Empty: all is well.
    std::string follow_name();

    /// How much to write at once.
    std::size_t piece_bytes() const noexcept { return is_regular_ ? 64 * 1'024 : 4'096; }

    /// Writes whole lines. Where nobody reads them they are given up after a time, which is shorter once `is_ending`.
    /// What is wrong; empty: they are written.
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
