#include <fcntl.h>
#include <signal.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "issuance/command_runner.hpp"
#include "issuance/limits.hpp"
#include "runtime/socket.hpp"
#include "runtime/worker.hpp"
#include "support/eventually.hpp"
#include "support/temporary_folder.hpp"

namespace ferrotunnel::issuance {
namespace {

// A runner on a worker's thread.
class CommandTest {
public:
    CommandTest() { worker_.start(); }
    ~CommandTest() { stop(); }

    void stop() {
        worker_.stop();
        worker_.join();
        runner_.reset();
    }
    void begin(std::vector<std::string> words, Duration time, Command::Done done) {
        worker_.post([this, words, time, done] { runner_->run(words, time, done); });
    }
    std::string run(std::vector<std::string> words, Duration time = std::chrono::minutes(5)) {
        std::promise<std::string> fault;
        begin(std::move(words), time, [&fault](std::string text) { fault.set_value(std::move(text)); });
        return fault.get_future().get();
    }

private:
    runtime::Worker worker_;
    std::unique_ptr<CommandRunner> runner_ = std::make_unique<CommandRunner>(worker_);
};

std::string text_in(const std::string& file) {
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
}

TEST_CASE("a command gets its words as they are, without a shell", "[issuance]") {
    const test::TemporaryFolder folder;
    CommandTest test;
    const std::string script = "printf '%s|' \"$@\" > \"$0\"";
    CHECK(test.run({"/bin/sh", "-c", script, folder / "out", "add", "_acme-challenge.a.example.test", "$(id) ; `x` *"})
              .empty());
    CHECK(text_in(folder / "out") == "add|_acme-challenge.a.example.test|$(id) ; `x` *|");
}

TEST_CASE("a command that fails says so, with the start of its error output", "[issuance]") {
    CommandTest test;
    CHECK_THAT(test.run({"/bin/sh", "-c", "echo no such zone >&2; exit 3"}),
               Catch::Contains("/bin/sh") && Catch::Contains("status 3") && Catch::Contains(": no such zone"));
    CHECK_THAT(test.run({"/bin/sh", "-c", "kill -9 $$"}), Catch::Contains("signal 9"));
    CHECK_THAT(test.run({"/nowhere/command"}), Catch::Contains("/nowhere/command") && Catch::Contains("No such file"));
    const std::string much = test.run({"/bin/sh", "-c", "yes abc | head -c 1000000 >&2; exit 1"});
    CHECK(much.size() < limits::command_output_max + 100);
    CHECK(test.run({"/bin/sh", "-c", "yes abc | head -c 1000000 >&2"}).empty());
    CHECK(test.run({"/bin/sh", "-c", "printf '\\033[31m' >&2; exit 1"}).find('\033') == std::string::npos);
}

TEST_CASE("a command is killed with its children when its time is over", "[issuance]") {
    const test::TemporaryFolder folder;
    CommandTest test;
    const std::string script = "sleep 1000 & echo $! > \"$0\"; sleep 1000";
    CHECK_THAT(test.run({"/bin/sh", "-c", script, folder / "child"}, std::chrono::seconds(1)),
               Catch::Contains("did not end within 1 s"));
    const pid_t child = std::stoi(text_in(folder / "child"));
    CHECK(test::eventually([child] { return ::kill(child, 0) != 0; }));
}

TEST_CASE("a command inherits no descriptor, and no signal that is ignored here", "[issuance]") {
    const test::TemporaryFolder folder;
    const runtime::Fd file(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    const runtime::Fd inherited(::fcntl(file.get(), F_DUPFD, 77));  // not close-on-exec
    REQUIRE(inherited);
    CommandTest test;
    const std::string path = "/proc/$$/fd/" + std::to_string(inherited.get());
    CHECK(test.run({"/bin/sh", "-c", "[ ! -e " + path + " ]"}).empty());
    ::setenv("FERROTUNNEL_TOKEN", "secret", 1);
    CHECK(test.run({"/bin/sh", "-c", "[ -z \"$FERROTUNNEL_TOKEN\" ] && [ -n \"$PATH\" ]"}).empty());
    ::unsetenv("FERROTUNNEL_TOKEN");
    CHECK(test.run({"/bin/sh", "-c", "cat > \"$0\"; echo hidden", folder / "in"}).empty());
    CHECK(text_in(folder / "in").empty());
}

TEST_CASE("so many commands run at once, and the next ones when they end", "[issuance]") {
    const test::TemporaryFolder folder;
    CommandTest test;
    constexpr std::size_t all = limits::commands_at_once_max + 1;
    std::atomic<std::size_t> ended{0};
    for (std::size_t i = 0; i < all; ++i) {
        const std::string script = "touch \"$0\"; while [ ! -e \"$1\" ]; do sleep 0.05; done";
        test.begin({"/bin/sh", "-c", script, folder / std::to_string(i), folder / "go"}, std::chrono::minutes(5),
                   [&ended](const std::string& fault) { ended += fault.empty() ? 1 : 0; });
    }
    const auto has_begun = [&](std::size_t i) { return std::filesystem::exists(folder / std::to_string(i)); };
    for (std::size_t i = 0; i + 1 < all; ++i) {
        REQUIRE(test::eventually([&] { return has_begun(i); }));
    }
    CHECK_FALSE(has_begun(all - 1));
    std::ofstream(folder / "go") << "";
    CHECK(test::eventually([&] { return ended == all; }));
}

TEST_CASE("a runner that ends kills its commands, and reports none", "[issuance]") {
    const test::TemporaryFolder folder;
    CommandTest test;
    bool was_reported = false;
    test.begin({"/bin/sh", "-c", "echo $$ > \"$0.new\"; mv \"$0.new\" \"$0\"; sleep 1000", folder / "pid"},
               std::chrono::minutes(5), [&](const std::string&) { was_reported = true; });
    REQUIRE(test::eventually([&] { return std::filesystem::exists(folder / "pid"); }));
    test.stop();
    CHECK(::kill(std::stoi(text_in(folder / "pid")), 0) != 0);
    CHECK_FALSE(was_reported);
}

}  // namespace
}  // namespace ferrotunnel::issuance
