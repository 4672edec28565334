// How much memory a process may use: the machine's, or less where a control group says so.
#include "runtime/machine_memory.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <string>

namespace ferrotunnel::runtime {
namespace {

namespace fs = std::filesystem;

/// Files of a system of its own.
class FakeRoot {
public:
    FakeRoot() {
        std::string pattern = (fs::temp_directory_path() / "machine_memory_XXXXXX").string();
        REQUIRE(::mkdtemp(pattern.data()) != nullptr);
        path_ = pattern;
    }
    ~FakeRoot() { fs::remove_all(path_); }
    FakeRoot(const FakeRoot&) = delete;
    FakeRoot& operator=(const FakeRoot&) = delete;

    void write(const std::string& path, const std::string& text) const {
        const fs::path file = path_ + path;
        fs::create_directories(file.parent_path());
        std::ofstream(file) << text;
    }
    std::uint64_t memory() const { return machine_memory(path_); }

private:
    std::string path_;
};

const std::uint64_t physical =
    static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES)) * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));

TEST_CASE("without control groups it is the machine's memory") {
    const FakeRoot root;
    CHECK(root.memory() == physical);
    root.write("/proc/self/cgroup", "0::/\n");
    CHECK(root.memory() == physical);
    root.write("/sys/fs/cgroup/memory.max", "max\n");
    CHECK(root.memory() == physical);
}

TEST_CASE("a limit of version 2 counts, also one of a group around it") {
    const FakeRoot root;
    root.write("/proc/self/cgroup", "0::/system.slice/ferrotunnel.service\n");
    root.write("/sys/fs/cgroup/system.slice/ferrotunnel.service/memory.max", "2097152\n");
    CHECK(root.memory() == 2'097'152);
    root.write("/sys/fs/cgroup/system.slice/memory.max", "1048576\n");
    CHECK(root.memory() == 1'048'576);
    root.write("/sys/fs/cgroup/system.slice/ferrotunnel.service/memory.max", "max\n");
    CHECK(root.memory() == 1'048'576);
}

TEST_CASE("in a container, whose path leads nowhere, the limit at the root counts") {
    const FakeRoot root;
    root.write("/proc/self/cgroup", "0::/docker/0123456789ab\n");
    root.write("/sys/fs/cgroup/memory.max", "3145728\n");
    CHECK(root.memory() == 3'145'728);
}

TEST_CASE("a limit of version 1 counts where its line names memory") {
    const FakeRoot root;
    root.write("/proc/self/cgroup", "12:cpu,cpuacct:/a\n4:memory:/b\n0::/c\n");
    root.write("/sys/fs/cgroup/memory/b/memory.limit_in_bytes", "4194304\n");
    root.write("/sys/fs/cgroup/memory/a/memory.limit_in_bytes", "1\n");
    CHECK(root.memory() == 4'194'304);
    root.write("/sys/fs/cgroup/memory/b/memory.limit_in_bytes", "9223372036854771712\n");  // what it says without one
    CHECK(root.memory() == physical);
}

TEST_CASE("what cannot be read limits nothing") {
    const FakeRoot root;
    root.write("/proc/self/cgroup", "nonsense\n::\n0::\n7:memory:/x\n");
    root.write("/sys/fs/cgroup/memory/x/memory.limit_in_bytes", "12 34x");
    root.write("/sys/fs/cgroup/memory.max", "-1\n");
    CHECK(root.memory() == 12);
    root.write("/sys/fs/cgroup/memory/x/memory.limit_in_bytes", "0");
    CHECK(root.memory() == physical);
    CHECK(machine_memory() > 0);
}

}  // namespace
}  // namespace ferrotunnel::runtime
