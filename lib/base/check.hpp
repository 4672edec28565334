// Bugs, as opposed to operating errors and violations by a peer: a broken invariant ends here.
#pragma once

#include <source_location>
#include <stdexcept>

namespace ferrotunnel {

/// Thrown for a broken invariant when `abort_on_bug` is off. The driver closes the session it came from.
class BugError : public std::logic_error {
public:
    using std::logic_error::logic_error;
};

/// Tests and debug builds abort on a bug, so that the stack is kept; release builds throw BugError.
void set_abort_on_bug(bool on);

[[noreturn]] void report_bug(const char* what, std::source_location where);

/// States an invariant. `what` says what should have been true.
inline void check(bool holds, const char* what, std::source_location where = std::source_location::current()) {
    if (!holds) [[unlikely]] {
        report_bug(what, where);
    }
}

}  // namespace ferrotunnel
