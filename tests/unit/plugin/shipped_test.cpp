#include "plugin/shipped.hpp"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "ferrotunnel/plugin_info.hpp"
#include "plugin/loader.hpp"
#include "support/temporary_folder.hpp"

using ferrotunnel::plugin::find_shipped;
using ferrotunnel::plugin::shipped_fault;
using ferrotunnel::plugin::ShippedSearch;
namespace fs = std::filesystem;

TEST_CASE("shipped plugins are in the first folder that exists", "[shipped]") {
    const ferrotunnel::test::TemporaryFolder root;
    ShippedSearch search{"", root / "app/bin/ferrotunnel", root / "usr/lib/ferrotunnel/plugins"};
    CHECK(find_shipped(search) == search.installed);  // none exists

    fs::create_directories(search.installed);
    CHECK(find_shipped(search) == search.installed);
    fs::create_directories(root / "app/bin/plugins/modules");
    CHECK(find_shipped(search) == root / "app/bin/plugins/modules");
    fs::create_directories(root / "app/lib/ferrotunnel/plugins");
    CHECK(find_shipped(search) == root / "app/lib/ferrotunnel/plugins");

    search.named = root / "nowhere";
    CHECK(find_shipped(search) == root / "nowhere");  // what is named is the only one
}

TEST_CASE("no plugin is loaded from a folder that others may write into", "[shipped]") {
    const ferrotunnel::test::TemporaryFolder root;
    const std::string folder = root / "plugins";
    CHECK(shipped_fault(folder, "").empty());  // it does not exist
    fs::create_directory(folder);
    for (const mode_t mode : {0700U, 0755U, 0555U}) {
        REQUIRE(::chmod(folder.c_str(), mode) == 0);
        CHECK(shipped_fault(folder, "").empty());
    }
    for (const mode_t mode : {0775U, 0757U, 01777U}) {
        REQUIRE(::chmod(folder.c_str(), mode) == 0);
        CHECK_THAT(shipped_fault(folder, ""), Catch::Contains("others may write into " + folder));
    }
}

namespace {

const ft_library* built_in_library(const ft_host*) {
    return nullptr;
}

}  // namespace

TEST_CASE("a plugin that is built in goes by the name of a shipped one", "[shipped]") {
    namespace plugin = ferrotunnel::plugin;
    CHECK_FALSE(plugin::shipped_file("x-built-in").is_there);
    ferrotunnel::add_built_in_plugin("x-built-in", built_in_library);
    const plugin::ShippedFile file = plugin::shipped_file("x-built-in");
    CHECK(file.is_there);
    CHECK(file.fault.empty());
    const auto loaded = plugin::load(file.path);
    REQUIRE(loaded);
    CHECK(loaded->entry == built_in_library);
    CHECK(plugin::shipped_types().front() == "x-built-in");
    const auto other = plugin::load("built-in:nobody");
    REQUIRE_FALSE(other);
    CHECK(other.error() == "is not in this program");
}
