// SIGINT, SIGTERM, SIGHUP and SIGUSR1 as something to wait for.
#pragma once

namespace ferrotunnel::cli {

/// Catches the signals: from its construction on they wait in a descriptor instead of ending the process. It must exist
/// before any other thread does: threads inherit that the signals are blocked. SIGPIPE is ignored from then on.
class Signals {
public:
    /// What take() returns for a SIGHUP of the kernel: the terminal is gone, and nobody can press Ctrl-C any more.
    static constexpr int terminal_gone = -1;
    /// What take() returns for a SIGINT of the kernel: somebody has pressed Ctrl-C.
    static constexpr int key_pressed = -2;

    /// `reloads`: SIGHUP asks to read the configuration again, and is caught even where the parent process
    /// wants SIGHUP to be ignored, as nohup does. A terminal that goes does not matter to such a program.
    explicit Signals(bool reloads = false);
    ~Signals();
    Signals(const Signals&) = delete;
    Signals& operator=(const Signals&) = delete;

    /// Readable when a signal has come.
    int descriptor() const noexcept { return descriptor_; }
    /// Takes one signal that has come, and returns its number, `terminal_gone` or `key_pressed`; 0: there is none.
    int take() noexcept;

private:
    int descriptor_;
    bool outlives_terminal_;
};

}  // namespace ferrotunnel::cli
