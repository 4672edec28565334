#include "issuance/name_lock.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <csignal>
#include <string>

#include "support/temporary_folder.hpp"

namespace ferrotunnel::issuance {
namespace {

TEST_CASE("a name has one holder among processes, and a killed one does not keep it", "[issuance]") {
    const test::TemporaryFolder folder;
    const std::string file = folder / "a.example.test.lock";
    std::array<int, 2> ready{};
    REQUIRE(::pipe(ready.data()) == 0);
    const pid_t other = ::fork();
    REQUIRE(other >= 0);
    if (other == 0) {
        NameLock lock;
        std::string fault;
        const char outcome = lock.acquire(file, fault) ? '1' : '0';
        (void)!::write(ready[1], &outcome, 1);
        for (;;) {
            ::pause();
        }
    }
    char outcome = 0;
    REQUIRE(::read(ready[0], &outcome, 1) == 1);
    CHECK(outcome == '1');
    NameLock lock;
    std::string fault = "before";
    CHECK_FALSE(lock.acquire(file, fault));
    CHECK(fault.empty());  // held is not a fault
    CHECK_FALSE(lock.is_held());

    REQUIRE(::kill(other, SIGKILL) == 0);
    REQUIRE(::waitpid(other, nullptr, 0) == other);
    CHECK(lock.acquire(file, fault));
    CHECK(lock.is_held());
    NameLock second;
    CHECK_FALSE(second.acquire(file, fault));
    lock.release();
    CHECK(second.acquire(file, fault));
    ::close(ready[0]);
    ::close(ready[1]);
}

TEST_CASE("a lock whose file cannot be opened says why", "[issuance]") {
    const test::TemporaryFolder folder;
    NameLock lock;
    std::string fault;
    CHECK_FALSE(lock.acquire(folder / "none/a.lock", fault));
    CHECK_THAT(fault, Catch::Contains("none/a.lock") && Catch::Contains("No such file"));
}

}  // namespace
}  // namespace ferrotunnel::issuance
