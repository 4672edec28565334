// Lines for the user on the standard output.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ferrotunnel::cli {

/// Writes lines to a descriptor without ever waiting for the reader: a terminal that was stopped with Ctrl-S, or a full
/// pipe, must not keep the program from handling a signal. Lines are buffered until the descriptor accepts them; beyond
/// 1 MiB new ones are dropped and counted.
///
/// A quiet output (--quiet) has only results: warnings go to the standard error stream, and other lines nowhere.
class Output {
public:
    explicit Output(int descriptor, bool quiet = false) : descriptor_(descriptor), is_quiet_(quiet) {}
    /// A view of `shared`, which must outlive this object: puts `prefix` in front of each line.
    Output(Output& shared, std::string prefix)
        : descriptor_(shared.descriptor_), is_quiet_(shared.is_quiet_), shared_(&shared), prefix_(std::move(prefix)) {}

    bool is_quiet() const noexcept { return is_quiet_; }

    /// Writes one line, made printable; the newline is added.
    void line(std::string_view text);
    /// A line about something that went wrong.
    void warning(std::string_view text);
    /// A line that only a quiet output has.
    void result(std::string_view text);
    /// Sets the lines that stay below all others, each cut to the terminal's width; only for terminals. Writes nothing
    /// if they have not changed. Without lines, the present ones are erased.
    void footer(const std::vector<std::string>& lines);

    int descriptor() const noexcept { return descriptor_; }
    bool wants_to_write() const noexcept { return !waiting_.empty(); }
    /// Writes what can be written without waiting.
    void write_some();
    /// Writes the buffered lines, for at most this long.
    void finish(std::chrono::milliseconds patience);

private:
    void add(std::string_view text);

    int descriptor_;
    bool is_quiet_;
    Output* shared_ = nullptr;
    std::string prefix_;
    std::string waiting_;
    std::string footer_;  // as last written
    std::size_t footer_lines_ = 0;
    std::size_t dropped_ = 0;
};

}  // namespace ferrotunnel::cli
