// Makes bugs throw while it exists, as in release builds, so that a test can see a violated precondition.
#pragma once

#include "base/check.hpp"

namespace ferrotunnel::test {

class BugsThrow {
public:
    BugsThrow() { set_abort_on_bug(false); }
    ~BugsThrow() { set_abort_on_bug(aborts_by_default); }
    BugsThrow(const BugsThrow&) = delete;
    BugsThrow& operator=(const BugsThrow&) = delete;

private:
#ifdef NDEBUG
    static constexpr bool aborts_by_default = false;
#else
    static constexpr bool aborts_by_default = true;
#endif
};

}  // namespace ferrotunnel::test
