// Several files are written together: all of them, or nothing is left.
#include <stdlib.h>

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>

#include "cli/import/file_group.hpp"
#include "cli/import/output_files.hpp"

using namespace ferrotunnel::cli::importing;
namespace fs = std::filesystem;

namespace {

/// A folder that ends with the test.
struct Folder {
    fs::path path;

    Folder() {
        std::string name = (fs::temp_directory_path() / "ferrotunnel-group-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        path = name;
    }
    ~Folder() { fs::remove_all(path); }

    std::size_t entries() const {
        return static_cast<std::size_t>(std::distance(fs::directory_iterator(path), fs::directory_iterator()));
    }
};

std::string content(const fs::path& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

Draft with_secrets() {
    Draft draft;
    draft.client.set("server", "edge");
    draft.client.set("token", draft.secret(Side::client, "token", "sesame", {}));
    draft.server.set("bind", "0.0.0.0:7000");
    return draft;
}

}  // namespace

TEST_CASE("files of an import get their names together", "[output]") {
    const Folder folder;
    const OutputFiles files(with_secrets(), folder.path / "new" / "edge.yml");
    const auto written = files.write();
    CHECK(written.size() == 3);
    CHECK(content(folder.path / "new" / "token") == "sesame\n");
    CHECK(fs::status(folder.path / "new" / "token").permissions() == (fs::perms::owner_read | fs::perms::owner_write));
    CHECK(fs::exists(folder.path / "new" / "edge-server.yml"));
    CHECK(fs::exists(folder.path / "new" / "edge-client.yml"));
    CHECK(std::distance(fs::directory_iterator(folder.path / "new"), fs::directory_iterator()) == 3);
}

TEST_CASE("nothing is left of an import that fails", "[output]") {
    const Folder folder;
    for (const std::string taken : {"token", "edge-server.yml", "edge-client.yml"}) {
        INFO(taken);
        const OutputFiles files(with_secrets(), folder.path / "edge.yml");
        std::ofstream(folder.path / taken) << "mine\n";  // after `existing` was asked
        CHECK_THROWS_AS(files.write(), std::system_error);
        CHECK(folder.entries() == 1);
        CHECK(content(folder.path / taken) == "mine\n");
        fs::remove(folder.path / taken);
    }
    // A link that leads nowhere is a name, too.
    fs::create_symlink(folder.path / "nowhere", folder.path / "edge-client.yml");
    CHECK_THROWS_AS(OutputFiles(with_secrets(), folder.path / "edge.yml").write(), std::system_error);
    CHECK(folder.entries() == 1);
}

TEST_CASE("folders that an import made end with it", "[output]") {
    const Folder folder;
    {
        FileGroup group(folder.path / "a" / "b");
        group.add(folder.path / "a" / "b" / "one", "1", 0600);
        CHECK(fs::exists(folder.path / "a" / "b"));
        CHECK_FALSE(fs::exists(folder.path / "a" / "b" / "one"));
    }
    CHECK(folder.entries() == 0);
    std::ofstream(folder.path / "file") << "x";
    CHECK_THROWS_AS(FileGroup(folder.path / "file" / "below"), std::system_error);
    CHECK(folder.entries() == 1);
}
