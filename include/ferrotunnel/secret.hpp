// A secret text such as a token: kept out of logs, copies and freed memory.
#pragma once

#include <cstddef>
#include <iosfwd>
#include <memory>
#include <string>
#include <string_view>

#include "ferrotunnel/export.hpp"

namespace ferrotunnel {

/// A secret text. It is move-only, so that copies are visible in the code; it overwrites its memory when it is
/// destroyed, and cannot be streamed. An empty Secret counts as "no secret". Distinct objects may be used from
/// different threads.
class FERROTUNNEL_EXPORT Secret {
public:
    Secret() noexcept = default;
    Secret(Secret&& other) noexcept;
    Secret& operator=(Secret&& other) noexcept;
    ~Secret();

    /// Reads the value of an environment variable, unchanged. Throws config_error if it is not set or empty.
    static Secret from_env(const char* variable);
    /// Reads a file of at most 4 KiB, and removes a leading byte order mark and trailing line ends; for a token also
    /// surrounding whitespace and quotation marks. Throws config_error if the file cannot be read, is empty, or is
    /// UTF-16. A file that other users may read is accepted, see `exposed`.
    static Secret from_file(const std::string& path);
    /// Takes over `text` and then overwrites it. Copies that the caller made are the caller's responsibility.
    static Secret from_string(std::string text);
    /// Makes a new random token in the form that `ferrotunnel token` prints: "ft1_" and 48 characters.
    static Secret generate();

    /// Makes an explicit copy.
    Secret copy() const;
    /// The text itself. The view lives as long as this object is neither moved nor destroyed.
    std::string_view reveal() const noexcept { return {text_.get(), size_}; }
    bool empty() const noexcept { return size_ == 0; }
    /// True if this has the form of a token from generate(). Any other token is weak: an attacker who has recorded a
    /// login can try guesses offline.
    bool is_strong() const;
    /// True if the secret came from a file that other users of the machine may read. Client and server log a warning.
    bool exposed() const noexcept { return !exposed_file_.empty(); }
    /// The file that other users may read; empty if there is none.
    const std::string& exposed_file() const noexcept { return exposed_file_; }

    friend std::ostream& operator<<(std::ostream&, const Secret&) = delete;

private:
    explicit Secret(std::string_view text);
    void wipe() noexcept;

    std::unique_ptr<char[]> text_;
    std::size_t size_ = 0;
    std::string exposed_file_;
};

}  // namespace ferrotunnel
