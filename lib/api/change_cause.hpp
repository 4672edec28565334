// The cause of changes that this thread makes: program::ChangeCause.
#pragma once

#include <string>

namespace ferrotunnel::detail {

struct PresentCause {
    std::string cause;  // empty: a call of the library
    std::string file;
    bool has_refusal = false;  // the audit log has a line about a change that was refused

    static PresentCause& get() noexcept {
        thread_local PresentCause present;
        return present;
    }
};

}  // namespace ferrotunnel::detail
