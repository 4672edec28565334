// Which paths of requests name a file below a folder, and which never do.
#include "files/file_path.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "base/percent.hpp"
#include "files/limits.hpp"
#include "support/seeded_random.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::files;

namespace {

std::string read(std::string_view path) {
    const auto found = read_file_path(path);
    return found ? found->text + (found->is_folder ? "|" : "") : "none";
}

std::string repeated(std::string_view text, std::size_t times) {
    std::string all;
    for (std::size_t i = 0; i < times; ++i) {
        all += text;
    }
    return all;
}

}  // namespace

TEST_CASE("a path is decoded once, and says whether it is that of a folder") {
    CHECK(read("/") == "|");
    CHECK(read("/index.html") == "index.html");
    CHECK(read("/css/site.css") == "css/site.css");
    CHECK(read("/docs/") == "docs|");
    CHECK(read("/a%20b/%C3%A4.txt") == "a b/\xc3\xa4.txt");
    CHECK(read("/%61%2Btoo;v=1") == "a+too;v=1");
    CHECK(read("/100%25") == "100%");
    CHECK(read("/%252e%252e/x") == "%2e%2e/x");  // a name that begins with a percent sign
}

TEST_CASE("what could mean another file names none") {
    for (const char* path : {"",
                             "x",
                             "*",
                             "//",
                             "//x",
                             "/a//b",
                             "/a//",
                             "/.",
                             "/..",
                             "/../etc/passwd",
                             "/a/../b",
                             "/a/./b",
                             "/a/..",
                             "/%2e%2e/x",
                             "/a/%2e",
                             "/%2E./x",
                             "/a%2Fb",
                             "/a%2fb",
                             "/..%2fetc",
                             "/a\\b",
                             "/a%5Cb",
                             "/%5c..%5c",
                             "/a%00",
                             "/a%00.html",
                             "/a%0ab",
                             "/a%7f",
                             "/%",
                             "/%2",
                             "/%zz",
                             "/a%2",
                             "/%C0%AE%C0%AE/x",
                             "/%c0%af",
                             "/%E0%80%AF",
                             "/%ff",
                             "/%F0%80%80%AF",
                             "/%C2%80",
                             "/%ED%A0%80"}) {
        INFO(path);
        CHECK(read(path) == "none");
    }
}

TEST_CASE("names with a dot in front are hidden, but for well-known ones") {
    CHECK(read("/.env") == "none");
    CHECK(read("/a/.git/config") == "none");
    CHECK(read("/%2egit/config") == "none");
    CHECK(read("/...") == "none");
    CHECK(read("/.well-known/security.txt") == ".well-known/security.txt");
    CHECK(read("/.well-known2/x") == "none");
    CHECK(read("/a.b/c.") == "a.b/c.");
}

TEST_CASE("names and depth are bounded") {
    CHECK(read('/' + std::string(limits::files_name_max, 'n')) != "none");
    CHECK(read('/' + std::string(limits::files_name_max + 1, 'n')) == "none");
    CHECK(read(repeated("/d", limits::files_path_segments_max)) != "none");
    CHECK(read(repeated("/d", limits::files_path_segments_max) + '/') != "none");
    CHECK(read(repeated("/d", limits::files_path_segments_max + 1)) == "none");
}

TEST_CASE("whatever is read has only names that are shown") {
    const char* const pieces[] = {"/",   "..",  ".",     "%2e", "%2F", "%5c",   "\\", "a",
                                  "%00", "%25", "%252e", "%C0", "%AF", "..%2f", "//", "%"};
    test::SeededRandom random(7);
    for (int i = 0; i < 20'000; ++i) {
        std::string path = "/";
        for (std::uint64_t n = random.below(8); n > 0; --n) {
            path += pieces[random.below(std::size(pieces))];
        }
        const auto found = read_file_path(path);
        if (!found) {
            continue;
        }
        INFO(path);
        REQUIRE_FALSE(found->text.starts_with('/'));
        REQUIRE(('/' + found->text + '/').find("/../") == std::string::npos);
        for (std::string_view rest = found->text; !rest.empty();) {
            const std::size_t slash = rest.find('/');
            REQUIRE(is_shown_name(rest.substr(0, slash)));
            rest.remove_prefix(slash == std::string_view::npos ? rest.size() : slash + 1);
        }
    }
}

TEST_CASE("a name that was written as a segment is read as that name") {
    for (const std::string name : {"a b", "100%", "x?y#z", "<i>&\"'", "\xc3\xa4\xe2\x82\xac", "a:b", "~a_b-c.d"}) {
        CHECK(read('/' + percent_encoded(name)) == name);
    }
}
