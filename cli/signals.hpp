// Delivers SIGINT, SIGTERM, SIGHUP and SIGUSR1 by a descriptor.
#pragma once

namespace ferrotunnel::cli {

/// Catches the signals: after its construction they wait in a descriptor instead of ending the process. It must exist
/// before any other thread starts, since threads inherit the blocked signals. SIGPIPE is ignored from then on.
class Signals {
public:
    /// take() returns this for a SIGHUP from the kernel: the terminal is closed, and nobody can press Ctrl-C any more.
    static constexpr int terminal_gone = -1;
    /// take() returns this for a SIGINT from the kernel: a user has pressed Ctrl-C.
    static constexpr int key_pressed = -2;

    /// `reloads`: SIGHUP requests a reload, and is caught even if the parent process ignores SIGHUP, as nohup does. A
    /// closed terminal does not matter to such a program.
    explicit Signals(bool reloads = false);
    ~Signals();
    Signals(const Signals&) = delete;
    Signals& operator=(const Signals&) = delete;

    /// Readable when a signal has arrived.
    int descriptor() const noexcept { return descriptor_; }
    /// Takes one signal and returns its number, `terminal_gone` or `key_pressed`; 0 if there is none.
    int take() noexcept;

private:
    int descriptor_;
    bool outlives_terminal_;
};

}  // namespace ferrotunnel::cli
