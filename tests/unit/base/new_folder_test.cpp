#include "ferrotunnel/detail/new_folder.hpp"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <fstream>

#include "support/temporary_folder.hpp"

using ferrotunnel::detail::make_folder;
namespace fs = std::filesystem;

namespace {

/// The mask of the process, for as long as this is there.
class Mask {
public:
    explicit Mask(mode_t mask) : before_(::umask(mask)) {}
    ~Mask() { ::umask(before_); }

private:
    mode_t before_;
};

unsigned mode_of(const fs::path& path) {
    return static_cast<unsigned>(fs::status(path).permissions());
}

}  // namespace

TEST_CASE("new folder: nobody else may write into it and those above it, whatever the mask is") {
    const ferrotunnel::test::TemporaryFolder room;
    const fs::path top = fs::path(room.path()) / "a";
    const char* const end = GENERATE("", "/");
    {
        const Mask mask(0);
        CHECK_FALSE(make_folder((top / "b" / "c").string() + end, 0700));
    }
    CHECK(mode_of(top) == 0755);
    CHECK(mode_of(top / "b") == 0755);
    CHECK(mode_of(top / "b" / "c") == 0700);
    {
        const Mask mask(077);
        CHECK_FALSE(make_folder(top / "d" / "e", 0755));
    }
    CHECK(mode_of(top / "d") == 0700);
    CHECK(mode_of(top / "d" / "e") == 0700);
}

TEST_CASE("new folder: what is there stays as it is") {
    const ferrotunnel::test::TemporaryFolder room;
    const fs::path folder = room.path();
    const fs::path there = folder / "there";
    fs::create_directory(there);
    fs::permissions(there, fs::perms::owner_all | fs::perms::group_all);
    fs::create_directory_symlink(there, folder / "link");
    CHECK_FALSE(make_folder(there, 0700));
    CHECK_FALSE(make_folder(folder / "link", 0700));
    CHECK_FALSE(make_folder(folder / "link" / "below", 0700));
    CHECK(fs::is_directory(there / "below"));
    CHECK(mode_of(there) == 0770);
    CHECK_FALSE(make_folder("", 0700));
    CHECK_FALSE(make_folder(".", 0700));
    CHECK_FALSE(make_folder("/", 0700));
}

TEST_CASE("new folder: what cannot be made says why") {
    const ferrotunnel::test::TemporaryFolder room;
    std::ofstream(fs::path(room.path()) / "file") << "x";
    CHECK(make_folder(fs::path(room.path()) / "file", 0700) == std::errc::file_exists);
    CHECK(make_folder(fs::path(room.path()) / "file" / "below" / "it", 0700) == std::errc::not_a_directory);
}
