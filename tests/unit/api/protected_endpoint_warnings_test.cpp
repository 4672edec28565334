// What a configuration leads to the program's own control API, as `check` finds it.
#include "api/protected_endpoint_warnings.hpp"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "ferrotunnel/config.hpp"
#include "support/temporary_folder.hpp"

using namespace ferrotunnel;

namespace {

// How many warnings there are for a client with these lines and a service at that backend.
std::size_t warnings(const std::string& lines, const std::string& local) {
    // The token comes from a variable's default, since a token in the file itself is another warning.
    const std::string text =
        "client:\n  server: 127.0.0.1:7835\n  token: \"${FERROTUNNEL_TEST_UNSET:-hunter2hunter2}\"\n" + lines +
        "  services: [{" + (local.starts_with("files:") ? "http: a.test" : "tcp: 0") + ", name: own, local: \"" +
        local + "\"}]\n";
    std::vector<Problem> problems;
    const Config config = Config::try_parse(text, "f.yml", problems);
    for (const Problem& problem : problems) {
        FAIL(to_text(problem));
    }
    return config.warnings().size();
}

std::size_t at_dashboard(const std::string& dashboard, const std::string& local) {
    return warnings("  control: off\n  dashboard: \"" + dashboard + "\"\n", local);
}

std::size_t at_socket(const std::string& control, const std::string& local) {
    return warnings("  control: " + control + "\n", "unix:" + local);
}

}  // namespace

TEST_CASE("own door warnings: each address at which a service's backend is dialled") {
    for (const char* local : {"127.0.0.1:4040", "localhost:4040", "LOCALHOST.:4040", "4040", ":4040", "0.0.0.0:4040",
                              "[::ffff:127.0.0.1]:4040", "[::ffff:0.0.0.0]:4040"}) {
        CAPTURE(local);
        CHECK(at_dashboard("127.0.0.1:4040", local) == 1);
    }
    for (const char* local : {"[::1]:4040", "localhost:4040", "LOCALHOST:4040", "4040", "[::]:4040"}) {
        CAPTURE(local);
        CHECK(at_dashboard("[::1]:4040", local) == 1);
    }
    for (const char* local : {"[::1]:4040", "127.0.0.1:4041", "localhost:4041", "192.0.2.1:4040", "files:/"}) {
        CAPTURE(local);
        CHECK(at_dashboard("127.0.0.1:4040", local) == 0);
    }
    CHECK(at_dashboard("127.0.0.1:0", "files:/") == 0);
}

TEST_CASE("own door warnings: each path to a control socket, whether it is there or not") {
    const test::TemporaryFolder folder;
    std::filesystem::create_directory(folder / "run");
    std::filesystem::create_directory_symlink(folder / "run", folder / "link");
    const std::string path = folder / "run/control.sock";
    const bool is_there = GENERATE(false, true);
    CAPTURE(is_there);
    if (is_there) {
        std::ofstream(path) << "";
        std::filesystem::create_symlink(path, folder / "other.sock");
        std::filesystem::create_hard_link(path, folder / "hard.sock");
        CHECK(at_socket(path, folder / "other.sock") == 1);
        CHECK(at_socket(path, folder / "hard.sock") == 1);
    }
    CHECK(at_socket(path, path) == 1);
    CHECK(at_socket(path, folder / "run//control.sock") == 1);
    CHECK(at_socket(path, folder / "run/../run/control.sock") == 1);
    CHECK(at_socket(path, folder / "link/control.sock") == 1);
    CHECK(at_socket(path, "/proc/self/root" + path) == 1);
    CHECK(at_socket(folder / "link/control.sock", path) == 1);
    CHECK(at_socket(path, folder / "run/another.sock") == 0);
}
