// SIGINT, SIGTERM and SIGHUP as something to wait for.
#pragma once

namespace ferrotunnel::cli {

/// Catches the signals: from its construction on they wait in a descriptor instead of ending the process. It must exist
/// before any other thread does: threads inherit that the signals are blocked. SIGPIPE is ignored from then on.
class Signals {
public:
    /// With `hangup`, SIGHUP is caught too; otherwise it ends the process, as it does when the terminal is closed.
    explicit Signals(bool hangup = false);
    ~Signals();
    Signals(const Signals&) = delete;
    Signals& operator=(const Signals&) = delete;

    /// Readable when a signal has come.
    int descriptor() const noexcept { return descriptor_; }
    /// Takes one signal that has come, and returns its number; 0: there is none. A SIGHUP that the kernel sends, as the
    /// terminal is gone, comes as SIGTERM: nobody could press Ctrl-C any more.
    int take() noexcept;

private:
    int descriptor_;
};

}  // namespace ferrotunnel::cli
