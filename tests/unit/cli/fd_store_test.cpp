// What a service manager is told of sockets that have changed.
#include "cli/fd_store.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>

using namespace ferrotunnel;
using cli::FdStore;

namespace {

struct Opened {
    int descriptor = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    ~Opened() { ::close(descriptor); }
    PassedSocket as(const std::string& name) const { return {::fcntl(descriptor, F_DUPFD_CLOEXEC, 0), name}; }
};

std::vector<std::string> told(FdStore& kept, std::vector<PassedSocket> sockets) {
    const FdStore::Owned owned(std::move(sockets));
    std::vector<std::string> lines;
    for (const FdStore::Change& change : kept.changes(owned)) {
        lines.push_back(change.name + " " + std::to_string(change.descriptors.size()));
        kept.note(change);
    }
    return lines;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("only sockets that have changed are told, under their names") {
    const Opened web;
    const Opened port;
    const Opened other;
    FdStore kept;
    CHECK(told(kept, {web.as("http"), port.as("tcp-1"), other.as("")}) == Lines{"http 1", "tcp-1 1"});
    CHECK(told(kept, {port.as("tcp-1"), web.as("http")}).empty());  // other descriptors of the same sockets
    CHECK(told(kept, {web.as("http"), other.as("tcp-1")}) == Lines{"tcp-1 1"});
    CHECK(told(kept, {web.as("http")}) == Lines{"tcp-1 0"});
    CHECK(told(kept, {web.as("http"), port.as("http")}) == Lines{"http 2"});
    CHECK(told(kept, {port.as("http"), web.as("http")}).empty());
    CHECK(told(kept, {}) == Lines{"http 0"});
}

TEST_CASE("what the manager was not told is told again") {
    const Opened web;
    FdStore kept;
    const auto all = [&] {
        std::vector<PassedSocket> list;
        list.push_back(web.as("http"));
        return FdStore::Owned(std::move(list));
    };
    CHECK(kept.changes(all()).size() == 1);
    CHECK(kept.changes(all()).size() == 1);
}

TEST_CASE("a socket that could not be copied stays as the manager has it, and is told the next time") {
    const Opened web;
    const Opened port;
    FdStore kept;
    CHECK(told(kept, {web.as("http"), port.as("tcp-1")}) == Lines{"http 1", "tcp-1 1"});
    CHECK(told(kept, {web.as("http"), {-1, "tcp-1"}}).empty());
    CHECK(told(kept, {port.as("http"), {-1, "http"}, port.as("tcp-1")}).empty());  // one of two
    CHECK(told(kept, {web.as("http"), port.as("tcp-1"), {-1, "tcp-2"}}).empty());
    CHECK(told(kept, {web.as("http"), web.as("tcp-1")}) == Lines{"tcp-1 1"});

    std::vector<PassedSocket> sockets;
    sockets.push_back(web.as("http"));
    CHECK(FdStore::Owned(std::move(sockets)).is_complete());
    sockets = {};
    sockets.push_back({-1, "tcp-1"});
    CHECK_FALSE(FdStore::Owned(std::move(sockets)).is_complete());
}
