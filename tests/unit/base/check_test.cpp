#include "base/check.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <string>

namespace ferrotunnel {
namespace {

#ifdef NDEBUG
constexpr bool aborts_by_default = false;
#else
constexpr bool aborts_by_default = true;
#endif

// Restores what this build does by default.
struct BugsThrow {
    BugsThrow() { set_abort_on_bug(false); }
    ~BugsThrow() { set_abort_on_bug(aborts_by_default); }
};

TEST_CASE("an invariant that holds is silent", "[check]") {
    REQUIRE_NOTHROW(check(true, "true is true"));
}

TEST_CASE("a broken invariant throws in production, and says what and where", "[check]") {
    BugsThrow guard;
    try {
        check(false, "the sky is up");
        FAIL("check let a bug through");
    } catch (const BugError& bug) {
        std::string text = bug.what();
        REQUIRE_THAT(text, Catch::Contains("bug: violated: the sky is up"));
        REQUIRE_THAT(text, Catch::Contains("check_test.cpp"));
    }
}

TEST_CASE("a broken invariant aborts where that is wanted", "[check]") {
    pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        std::signal(SIGABRT, SIG_DFL);  // not Catch2's handler, which would report a failure
        (void)::close(STDERR_FILENO);
        set_abort_on_bug(true);
        try {
            check(false, "the sky is up");
        } catch (...) {
        }
        ::_exit(0);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFSIGNALED(status));
    REQUIRE(WTERMSIG(status) == SIGABRT);
}

}  // namespace
}  // namespace ferrotunnel
