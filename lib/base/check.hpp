// Checks of invariants, for bugs as opposed to operating errors and violations by a peer.
#pragma once

#include <stdexcept>

namespace ferrotunnel {

/// Thrown for a broken invariant when `abort_on_bug` is off. The driver closes the session it came from.
class BugError : public std::logic_error {
public:
    using std::logic_error::logic_error;
};

/// Sets whether a bug aborts. Tests and debug builds abort, so that the stack is kept; release builds throw BugError.
void set_abort_on_bug(bool on);

[[noreturn]] void report_bug(const char* what, const char* file, int line);

/// States an invariant. `what` says what should have been true. The place reported is the caller's; the built-ins are
/// used because clang 14, which builds the fuzz targets, has no std::source_location.
inline void check(bool holds, const char* what, const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
    if (!holds) [[unlikely]] {
        report_bug(what, file, line);
    }
}

}  // namespace ferrotunnel
