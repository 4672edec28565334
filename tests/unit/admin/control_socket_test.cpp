#include "admin/control_socket.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include "admin/folder.hpp"
#include "admin/limits.hpp"
#include "admin/search.hpp"
#include "support/temporary_folder.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::admin;
using test::TemporaryFolder;

namespace {

ControlSocket opened(const std::string& path) {
    auto socket = ControlSocket::open(path);
    INFO((socket ? std::string() : socket.error().text));
    REQUIRE(socket);
    return std::move(*socket);
}

std::string refusal_of(const std::string& path) {
    auto socket = ControlSocket::open(path);
    REQUIRE_FALSE(socket);
    CHECK(socket.error().error);
    return socket.error().text;
}

unsigned mode_of(const std::string& path) {
    struct stat status {};
    REQUIRE(::lstat(path.c_str(), &status) == 0);
    return status.st_mode & 0777U;
}

// A socket as a program leaves it that crashes.
void leave_dead(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    const runtime::Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    REQUIRE(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
}

std::vector<std::string> names_in(const std::string& folder) {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        names.push_back(entry.path().filename().string());
    }
    std::ranges::sort(names);
    return names;
}

}  // namespace

TEST_CASE("a control socket is its user's alone, and goes with its program") {
    const TemporaryFolder folder;
    const mode_t before = ::umask(0);
    {
        const ControlSocket socket = opened(folder / "made/server.sock");
        CHECK(socket.path() == folder / "made/server.sock");
        CHECK(mode_of(folder / "made") == 0700U);
        CHECK(mode_of(socket.path()) == 0600U);
        CHECK(probe_path(socket.path(), ::geteuid()) == Found::live);
        CHECK(names_in(folder / "made") == std::vector<std::string>{"server.sock"});
    }
    ::umask(before);
    CHECK(names_in(folder / "made").empty());
}

TEST_CASE("the socket of a program that has crashed is replaced, and cleaned away under any name") {
    const TemporaryFolder folder;
    leave_dead(folder / "server.sock");
    leave_dead(folder / "server-99999999.sock");
    leave_dead(folder / "client-99999999.sock");
    CHECK(probe_path(folder / "server.sock", ::geteuid()) == Found::dead);
    const ControlSocket socket = opened(folder / "server.sock");
    CHECK(socket.path() == folder / "server.sock");
    CHECK(probe_path(socket.path(), ::geteuid()) == Found::live);
    CHECK(names_in(folder.path()) == std::vector<std::string>{"client-99999999.sock", "server.sock"});
}

TEST_CASE("a running program keeps its socket, and another one gets a name of its own") {
    const TemporaryFolder folder;
    const std::string path = folder / "server.sock";
    const std::string process = std::to_string(::getpid());
    std::vector<ControlSocket> sockets;
    sockets.push_back(opened(path));
    sockets.push_back(opened(path));
    sockets.push_back(opened(path));
    CHECK(sockets[1].path() == folder / ("server-" + process + ".sock"));
    CHECK(sockets[2].path() == folder / ("server-" + process + "-1.sock"));
    while (sockets.size() < limits::admin_names_max) {
        sockets.push_back(opened(path));
    }
    CHECK(refusal_of(path).starts_with("running programs already use all names like"));
    sockets.pop_back();
    sockets.push_back(opened(path));
}

TEST_CASE("programs that begin at the same time get a socket each") {
    const TemporaryFolder folder;
    leave_dead(folder / "server.sock");
    constexpr int programs = 8;
    std::vector<std::string> paths(programs);
    std::vector<std::optional<ControlSocket>> sockets(programs);
    {
        std::vector<std::jthread> threads;
        for (std::size_t i = 0; i < programs; ++i) {
            threads.emplace_back([&, i] {
                if (auto socket = ControlSocket::open(folder / "server.sock")) {
                    paths[i] = socket->path();
                    sockets[i].emplace(std::move(*socket));
                }
            });
        }
    }
    std::ranges::sort(paths);
    CHECK(std::ranges::adjacent_find(paths) == paths.end());
    CHECK_FALSE(paths.front().empty());
    CHECK(std::ranges::count(paths, folder / "server.sock") == 1);
    for (const std::string& path : paths) {
        CHECK(probe_path(path, ::geteuid()) == Found::live);
    }
}

TEST_CASE("a program takes only its own socket away") {
    const TemporaryFolder folder;
    {
        const ControlSocket first = opened(folder / "server.sock");
        std::filesystem::remove(first.path());
        leave_dead(first.path());
    }
    CHECK(names_in(folder.path()) == std::vector<std::string>{"server.sock"});
}

TEST_CASE("where others can write, there is no control socket") {
    const TemporaryFolder folder;
    for (const mode_t mode : {0777U, 0770U, 01777U}) {
        REQUIRE(::chmod(folder.path().c_str(), mode) == 0);
        CHECK(refusal_of(folder / "server.sock").starts_with("other users can write to the folder"));
        CHECK(distrust_of_socket(folder / "server.sock"));
    }
    REQUIRE(::chmod(folder.path().c_str(), 0755) == 0);
    CHECK_FALSE(distrust_of_folder(folder.path(), ::geteuid()));
    CHECK(distrust_of_folder(folder.path(), ::geteuid() + 1));
}

TEST_CASE("root asks programs of other users, each in a folder of its own") {
    if (::geteuid() != 0) {
        return;  // nobody else can make files of others
    }
    constexpr uid_t other = 61184;
    const TemporaryFolder folder;
    const ControlSocket socket = opened(folder / "server.sock");
    CHECK_FALSE(distrust_of_socket(socket.path()));
    REQUIRE(::chown(socket.path().c_str(), other, other) == 0);
    CHECK(distrust_of_socket(socket.path()));  // another user's in root's folder
    REQUIRE(::chown(folder.path().c_str(), other, other) == 0);
    CHECK_FALSE(distrust_of_socket(socket.path()));
    REQUIRE(::chown(socket.path().c_str(), 0, 0) == 0);
    CHECK(distrust_of_socket(socket.path()));
    CHECK(distrust_of_folder(folder.path(), 0));  // where it makes its own it believes nobody else
}

TEST_CASE("what can be no socket is refused with words") {
    const TemporaryFolder folder;
    std::ofstream(folder / "file.sock") << "mine";
    CHECK(refusal_of(folder / "file.sock").ends_with("exists and is not a socket"));
    CHECK(std::filesystem::file_size(folder / "file.sock") == 4);
    CHECK(refusal_of(folder / std::string(120, 'x')).ends_with("of a socket has more than 107 bytes"));
    CHECK(refusal_of(folder / "a/b/c.sock").starts_with("cannot make the folder"));
    CHECK(refusal_of(folder / "file.sock/x.sock").ends_with("is not a folder"));
}

TEST_CASE("names without an ending and without a folder") {
    CHECK(folder_of("server.sock") == ".");
    CHECK(folder_of("/server.sock") == "/");
    CHECK(folder_of("/run/x/server.sock") == "/run/x");
    const std::string process = std::to_string(::getpid());
    CHECK(name_with_process("/run/a.b/ctl", 0) == "/run/a.b/ctl-" + process);
    CHECK(name_with_process("/run/x/.hidden", 2) == "/run/x/.hidden-" + process + "-2");
}

TEST_CASE("programs are found where they put their sockets") {
    const TemporaryFolder folder;
    REQUIRE(::setenv("RUNTIME_DIRECTORY", (folder.path() + ":/elsewhere").c_str(), 1) == 0);
    const std::string wanted = usual_path("server");
    CHECK(wanted == folder / "server.sock");
    const auto mine = [&] {
        std::vector<FoundSocket> sockets = find_sockets().sockets;
        std::erase_if(sockets, [&](const FoundSocket& one) { return folder_of(one.path) != folder.path(); });
        return sockets;
    };
    {
        const ControlSocket first = opened(wanted);
        const ControlSocket second = opened(wanted);
        const ControlSocket client = opened(usual_path("client"));
        leave_dead(folder / "client-1.sock");
        leave_dead(folder / "other.sock");
        const std::vector<FoundSocket> found = mine();
        REQUIRE(found.size() == 3);
        CHECK(found[0].side == "client");
        CHECK(found[1].path == second.path());
        CHECK(found[2].path == first.path());
        REQUIRE(::chmod(folder.path().c_str(), 0777) == 0);
        CHECK(mine().empty());
        CHECK(std::ranges::count_if(find_sockets().problems, [](const std::string& problem) {
                  return problem.starts_with("other users can write to the folder");
              }) == 1);
    }
    ::unsetenv("RUNTIME_DIRECTORY");
}
