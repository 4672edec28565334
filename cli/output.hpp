// Lines for the user on the standard output.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace ferrotunnel::cli {

/// Never waits for who reads: a terminal that was stopped with Ctrl-S or a full pipe must not keep the program from
/// seeing a signal. Lines wait here until the descriptor takes them; beyond 1 MiB new ones are dropped and counted.
class Output {
public:
    explicit Output(int descriptor) : descriptor_(descriptor) {}
    /// Lines of one of several speakers: they go to `shared`, which outlives this, behind `prefix`.
    Output(Output& shared, std::string prefix)
        : descriptor_(shared.descriptor_), shared_(&shared), prefix_(std::move(prefix)) {}

    /// One line, made printable; its newline is added.
    void line(std::string_view text);

    int descriptor() const noexcept { return descriptor_; }
    bool wants_to_write() const noexcept { return !waiting_.empty(); }
    /// Writes what can be written at once.
    void write_some();
    /// Writes the rest, for at most so long.
    void finish(std::chrono::milliseconds patience);

private:
    int descriptor_;
    Output* shared_ = nullptr;
    std::string prefix_;
    std::string waiting_;
    std::size_t dropped_ = 0;
};

}  // namespace ferrotunnel::cli
