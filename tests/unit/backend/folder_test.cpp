// What can be opened below a folder, and what cannot: by openat2, and by steps where that is missing.
#include "backend/folder.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <set>

#include "files/file_path.hpp"
#include "support/seeded_random.hpp"
#include "support/temporary_folder.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::backend;
using ferrotunnel::test::TemporaryFolder;

namespace {

void put(const std::string& path, const std::string& text) {
    std::ofstream(path) << text;
}

// A folder `site` with a file beside it that nobody may have, and ways that lead there.
struct Site {
    Site() {
        std::filesystem::create_directories(outer / "site/a/b");
        put(outer / "secret.txt", "secret");
        put(outer / "site/index.html", "home");
        put(outer / "site/a/b/deep.txt", "deep");
        std::filesystem::create_symlink("../secret.txt", outer / "site/out");
        std::filesystem::create_symlink(outer / "secret.txt", outer / "site/absolute");
        std::filesystem::create_symlink("..", outer / "site/up");
        std::filesystem::create_symlink("a", outer / "site/within");
        std::filesystem::create_symlink("index.html", outer / "site/link.html");
        std::filesystem::create_symlink("/proc/self/cwd", outer / "site/magic");
        REQUIRE(::mkfifo((outer / "site/pipe").c_str(), 0600) == 0);
    }
    int root() const { return folder.get(); }

    const TemporaryFolder outer;
    const runtime::Fd folder{[this] {
        std::filesystem::create_directories(outer / "site");
        return ::open((outer / "site").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
    }()};
};

std::string content(const Opened& opened) {
    std::string text(64, '\0');
    const ssize_t size = ::read(opened.fd.get(), text.data(), text.size());
    REQUIRE(size >= 0);
    text.resize(static_cast<std::size_t>(size));
    return text;
}

std::set<Lookup> lookups() {
    return {Lookup::steps, usable_lookup()};
}

}  // namespace

TEST_CASE("files and folders below a folder are opened", "[folder]") {
    const Site site;
    for (const Lookup lookup : lookups()) {
        const auto file = open_below(site.root(), "a/b/deep.txt", lookup);
        REQUIRE(file);
        CHECK_FALSE(file->is_folder);
        CHECK(file->stamp.size == 4);
        CHECK(file->stamp.modified > 0);
        CHECK(content(*file) == "deep");
        const auto root = open_below(site.root(), "", lookup);
        REQUIRE(root);
        CHECK(root->is_folder);
        const auto folder = open_below(site.root(), "a/b", lookup);
        REQUIRE(folder);
        CHECK(folder->is_folder);
        const auto below = open_below(folder->fd.get(), "deep.txt", lookup);
        REQUIRE(below);
        CHECK(content(*below) == "deep");
    }
}

TEST_CASE("nothing outside of a folder is opened, nor what is not a file", "[folder]") {
    const Site site;
    const runtime::Fd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un where{};
    where.sun_family = AF_UNIX;
    const std::string path = site.outer / "site/socket";
    path.copy(where.sun_path, sizeof where.sun_path - 1);
    REQUIRE(::bind(listener.get(), reinterpret_cast<const sockaddr*>(&where), sizeof where) == 0);
    for (const Lookup lookup : lookups()) {
        for (const char* name :
             {"none", "index.html/", "index.html/x", "a/none", "..", "../secret.txt", "a/../../secret.txt", "out",
              "absolute", "up", "up/secret.txt", "within", "within/b/deep.txt", "link.html", "magic",
              "magic/index.html", "pipe", "socket", "/etc/passwd"}) {
            INFO(name << ' ' << static_cast<int>(lookup));
            const auto opened = open_below(site.root(), name, lookup);
            REQUIRE_FALSE(opened);
            CHECK(opened.error() == std::errc::no_such_file_or_directory);
        }
        CHECK(open_below(site.root(), std::string(300, 'n'), lookup).error() == std::errc::no_such_file_or_directory);
    }
}

TEST_CASE("no device is opened", "[folder]") {
    const runtime::Fd devices(::open("/dev", O_PATH | O_DIRECTORY | O_CLOEXEC));
    for (const Lookup lookup : lookups()) {
        for (const char* name : {"null", "zero", "tty"}) {
            CHECK_FALSE(open_below(devices.get(), name, lookup));
        }
    }
}

TEST_CASE("a file that may not be read says so", "[folder]") {
    const Site site;
    if (::geteuid() == 0) {
        return;  // may read everything
    }
    std::filesystem::permissions(site.outer / "site/index.html", std::filesystem::perms::none);
    for (const Lookup lookup : lookups()) {
        CHECK(open_below(site.root(), "index.html", lookup).error() == std::errc::permission_denied);
    }
}

TEST_CASE("no spelling of a path reaches a file outside of the folder", "[folder]") {
    const Site site;
    struct stat secret {};
    REQUIRE(::stat((site.outer / "secret.txt").c_str(), &secret) == 0);
    const char* const pieces[] = {"/",      "..",  ".",     "%2e%2e", "%2F",  "%5c",       "\\",         "a",
                                  "b",      "up",  "out",   "within", "%00",  "//",        "secret.txt", "%252e",
                                  "%C0%AE", "..;", "magic", "%2e",    "....", "link.html", "index.html", "deep.txt"};
    ferrotunnel::test::SeededRandom random(11);
    std::size_t reached = 0;
    for (int i = 0; i < 30'000; ++i) {
        std::string path = "/";
        for (std::uint64_t n = random.below(9); n > 0; --n) {
            path += std::string(pieces[random.below(std::size(pieces))]) + (random.chance(60) ? "/" : "");
        }
        const auto read = files::read_file_path(path);
        // What the parser of paths lets through, and what it does not: the lookup alone has to hold the bound too.
        const std::string below = read ? read->text : path.substr(1);
        for (const Lookup lookup : lookups()) {
            const auto opened = open_below(site.root(), below, lookup);
            if (!opened) {
                continue;
            }
            ++reached;
            INFO(path);
            struct stat found {};
            REQUIRE(::fstat(opened->fd.get(), &found) == 0);
            REQUIRE((found.st_dev != secret.st_dev || found.st_ino != secret.st_ino));
            const std::string real = std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(opened->fd.get()));
            REQUIRE((real + '/').starts_with(std::filesystem::canonical(site.outer / "site").string() + '/'));
        }
    }
    CHECK(reached > 1'000);
}

TEST_CASE("a folder is listed without what visitors may not have", "[folder]") {
    const Site site;
    put(site.outer / "site/.env", "secret");
    std::filesystem::create_directory(site.outer / "site/.well-known");
    put(site.outer / "site/a\\b", "no name for a path");
    const auto listing = list_folder(site.root());
    REQUIRE(listing);
    std::set<std::string> names;
    for (const files::ListingEntry& entry : listing->entries) {
        names.insert(entry.name + (entry.is_folder ? "/" : ""));
    }
    CHECK(names == std::set<std::string>{"a/", "index.html", ".well-known/"});
    CHECK_FALSE(listing->is_cut);
}

TEST_CASE("a listing has at most so many entries, and says that there are more", "[folder]") {
    const TemporaryFolder folder;
    for (std::size_t i = 0; i < limits::files_listing_max; ++i) {
        put(folder / std::to_string(i), "");
    }
    const runtime::Fd root(::open(folder.path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    CHECK(list_folder(root.get())->entries.size() == limits::files_listing_max);
    CHECK_FALSE(list_folder(root.get())->is_cut);
    put(folder / "one-more", "");
    CHECK(list_folder(root.get())->entries.size() == limits::files_listing_max);
    CHECK(list_folder(root.get())->is_cut);
}

TEST_CASE("a folder is looked up again each time, through links", "[folder]") {
    const Site site;
    const std::string link = site.outer / "current";
    std::filesystem::create_directory_symlink("site", link);
    const Folder folder(link, false);
    const auto first = folder.open();
    REQUIRE(first);
    CHECK(open_below(first->get(), "index.html"));
    std::filesystem::create_directory(site.outer / "next");
    std::filesystem::remove(link);
    CHECK(folder.open().error() == std::errc::no_such_file_or_directory);
    std::filesystem::create_directory_symlink("next", link);
    const auto second = folder.open();
    REQUIRE(second);
    CHECK_FALSE(open_below(second->get(), "index.html"));
    CHECK(Folder(site.outer / "secret.txt", false).open().error() == std::errc::not_a_directory);
}

TEST_CASE("the answers of one service that wait are bounded", "[folder]") {
    Folder folder("/", false);
    std::vector<PermitPtr> places;
    for (std::size_t i = 0; i < limits::files_transfers_max; ++i) {
        REQUIRE(places.emplace_back(folder.acquire_permit()));
    }
    CHECK_FALSE(folder.acquire_permit());
    places.pop_back();
    CHECK(folder.acquire_permit());
}
