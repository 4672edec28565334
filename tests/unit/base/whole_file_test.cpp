#include "ferrotunnel/detail/whole_file.hpp"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <fstream>
#include <iterator>
#include <vector>

#include "support/temporary_folder.hpp"

using ferrotunnel::detail::left_over_of;
using ferrotunnel::detail::write_whole_file;
namespace fs = std::filesystem;

namespace {

std::string contents(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::vector<std::string> names_in(const fs::path& folder) {
    std::vector<std::string> names;
    for (const auto& each : fs::directory_iterator(folder)) {
        names.push_back(each.path().filename());
    }
    return names;
}

/// Files of this process can have so many bytes, as on a full disk.
class FileSizeLimit {
public:
    explicit FileSizeLimit(rlim_t bytes) : signal_(std::signal(SIGXFSZ, SIG_IGN)) {
        REQUIRE(::getrlimit(RLIMIT_FSIZE, &before_) == 0);
        const rlimit limit{bytes, before_.rlim_max};
        REQUIRE(::setrlimit(RLIMIT_FSIZE, &limit) == 0);
    }
    ~FileSizeLimit() {
        ::setrlimit(RLIMIT_FSIZE, &before_);
        std::signal(SIGXFSZ, signal_);
    }

private:
    void (*signal_)(int);
    rlimit before_{};
};

}  // namespace

TEST_CASE("whole file: it belongs to whom it is for") {
    const ferrotunnel::test::TemporaryFolder room;
    const fs::path path = fs::path(room.path()) / "key";
    const bool is_root = ::geteuid() == 0;  // only root may give files away
    const uid_t owner = is_root ? 12'345 : ::geteuid();
    const gid_t group = is_root ? 23'456 : ::getegid();
    CHECK_FALSE(write_whole_file(path, "text", {.owner = owner, .group = group}));
    struct stat made {};
    REQUIRE(::stat(path.c_str(), &made) == 0);
    CHECK(made.st_uid == owner);
    CHECK(made.st_gid == group);
    if (!is_root) {
        CHECK(write_whole_file(path, "other", {.owner = 0}) == std::errc::operation_not_permitted);
        CHECK(contents(path) == "text");
        CHECK(names_in(room.path()).size() == 1);
    }
}

TEST_CASE("whole file: a new one has its mode and nothing stays beside it") {
    const ferrotunnel::test::TemporaryFolder room;
    const fs::path path = fs::path(room.path()) / "key";
    const bool is_lasting = GENERATE(true, false);
    CHECK_FALSE(write_whole_file(path, "first", {.mode = 0600, .replaces = false, .is_lasting = is_lasting}));
    CHECK(contents(path) == "first");
    CHECK(static_cast<unsigned>(fs::status(path).permissions()) == 0600);
    CHECK(write_whole_file(path, "second", {.replaces = false}) == std::errc::file_exists);
    CHECK(contents(path) == "first");
    CHECK_FALSE(write_whole_file(path, "third", {.is_lasting = is_lasting}));
    CHECK(contents(path) == "third");
    CHECK(names_in(room.path()).size() == 1);
}

TEST_CASE("whole file: a link is replaced, and one that leads nowhere counts as there") {
    const ferrotunnel::test::TemporaryFolder room;
    const fs::path folder = room.path();
    fs::create_symlink(folder / "other", folder / "link");
    CHECK(write_whole_file(folder / "link", "a", {.replaces = false}) == std::errc::file_exists);
    CHECK_FALSE(write_whole_file(folder / "link", "a", {}));
    CHECK(fs::is_regular_file(fs::symlink_status(folder / "link")));
    CHECK_FALSE(fs::exists(folder / "other"));
}

TEST_CASE("whole file: where it does not fit, nothing is there that was not there before") {
    const ferrotunnel::test::TemporaryFolder room;
    const fs::path folder = room.path();
    REQUIRE_FALSE(write_whole_file(folder / "old", "whole", {}));
    {
        const FileSizeLimit limit(3);
        CHECK(write_whole_file(folder / "new", "too much", {.replaces = false}) == std::errc::file_too_large);
        CHECK(write_whole_file(folder / "old", "too much", {}) == std::errc::file_too_large);
    }
    CHECK(contents(folder / "old") == "whole");
    CHECK(names_in(folder) == std::vector<std::string>{"old"});
    CHECK(write_whole_file(folder / "none" / "new", "a", {}) == std::errc::no_such_file_or_directory);
}

TEST_CASE("whole file: what killed processes left behind is removed by a later write, once it is old") {
    const ferrotunnel::test::TemporaryFolder room;
    const fs::path folder = room.path();
    const auto put = [&](const char* name, std::chrono::minutes age) {
        std::ofstream(folder / name) << "a part";
        fs::last_write_time(folder / name, fs::file_time_type::clock::now() - age);
        return folder / name;
    };
    const fs::path left = put("key.123.new", std::chrono::minutes(61));
    const fs::path running = put("key.124.new", std::chrono::minutes(59));
    const fs::path others = put("key.pem.123.new", std::chrono::hours(100));
    const fs::path unlike = put("key.12a.new", std::chrono::hours(100));
    const bool replaces = GENERATE(true, false);
    if (!replaces) {  // a file that is there is no obstacle
        std::ofstream(folder / "key") << "first";
    }
    CHECK_FALSE(write_whole_file(folder / "other", "a", {.cleans = false}));
    CHECK(fs::exists(left));
    CHECK(!write_whole_file(folder / "key", "a", {.replaces = replaces}) == replaces);
    CHECK_FALSE(fs::exists(left));
    CHECK(fs::exists(running));
    CHECK(fs::exists(others));
    CHECK(fs::exists(unlike));
}

TEST_CASE("whole file: which name a file that was left behind belongs to") {
    CHECK(left_over_of("key.123.new") == "key");
    CHECK(left_over_of("a.b.0.new") == "a.b");
    for (const char* name :
         {"key.new", "key..new", "key.12a.new", "key.123", "key.123.new.old", ".new", "", "123.new"}) {
        CHECK(left_over_of(name).empty());
    }
}
