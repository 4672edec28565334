// Reads a file again when it has changed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>

namespace ferrotunnel::plugins {

/// Reads a regular file of up to `size_max` bytes of UTF-8 without a byte order mark. Throws std::runtime_error with
/// words that follow its name. May block.
std::string read_file(const std::string& path, std::size_t size_max);

/// The fault of a file of CA certificates, which libcurl reads itself; empty if there is none. May block.
std::string ca_file_fault(const std::string& path);

/// Used on one thread at a time.
class WatchedFile {
public:
    WatchedFile(std::string path, std::size_t size_max) : path_(std::move(path)), size_max_(size_max) {}

    const std::string& path() const noexcept { return path_; }
    /// The text, on the first call and when the file has changed since the last one: its size, its time, or another
    /// file of that name. Throws like read_file(), once for each unreadable state.
    std::optional<std::string> changed();

private:
    // Device, inode, size, and seconds and nanoseconds of the last change; all 0 if the file does not exist.
    using State = std::tuple<std::uint64_t, std::uint64_t, std::int64_t, std::int64_t, std::int64_t>;

    static State state_of(const std::string& path) noexcept;

    std::string path_;
    std::size_t size_max_;
    std::optional<State> seen_;
};

}  // namespace ferrotunnel::plugins
