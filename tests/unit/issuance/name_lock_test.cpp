#include "issuance/name_lock.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

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

TEST_CASE("a released lock leaves no file, and one whose file was removed does not remove another's", "[issuance]") {
    const test::TemporaryFolder folder;
    const std::string file = folder / "a.example.test.lock";
    std::string fault;
    NameLock first;
    REQUIRE(first.acquire(file, fault));
    CHECK(std::filesystem::exists(file));
    first.release();
    CHECK_FALSE(std::filesystem::exists(file));

    REQUIRE(first.acquire(file, fault));
    std::filesystem::remove(file);  // by somebody
    NameLock second;
    REQUIRE(second.acquire(file, fault));
    first.release();
    CHECK(std::filesystem::exists(file));
    NameLock third;
    CHECK_FALSE(third.acquire(file, fault));
}

// Each of them opens files that another one is about to remove.
TEST_CASE("a lock that is removed when it is released still has one holder", "[issuance]") {
    const test::TemporaryFolder folder;
    const std::string file = folder / "a.example.test.lock";
    std::atomic<int> holders{0};
    std::atomic<int> most{0};
    const auto hold_often = [&] {
        for (int held = 0; held < 2'000;) {
            NameLock lock;
            std::string fault;
            if (lock.acquire(file, fault)) {
                ++held;
                const int now = ++holders;
                most = now > most ? now : most.load();
                --holders;
            }
        }
    };
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back(hold_often);
        }
    }
    CHECK(most == 1);
    CHECK_FALSE(std::filesystem::exists(file));
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
