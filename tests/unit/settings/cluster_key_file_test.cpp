#include "ferrotunnel/detail/cluster_key_file.hpp"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <string>

#include "ferrotunnel/error.hpp"
#include "support/temporary_folder.hpp"

using namespace ferrotunnel;
using Catch::Contains;
using Catch::StartsWith;
using detail::ClusterKeyFile;
using detail::ClusterKeyStep;

namespace {

class KeyFile {
public:
    std::string path() const { return std::string(folder_.path()) + "/cluster.key"; }
    void write(std::string_view text, mode_t mode = 0600) const {
        std::ofstream(path()) << text;
        REQUIRE(::chmod(path().c_str(), mode) == 0);
    }
    // Makes the step, and writes the result.
    ClusterKeyFile make(ClusterKeyStep step) const {
        ClusterKeyFile made = detail::next_cluster_key_file(path(), step);
        write(made.text.reveal());
        return made;
    }
    std::string error_of(ClusterKeyStep step) const {
        try {
            (void)detail::next_cluster_key_file(path(), step);
        } catch (const config_error& error) {
            return error.what();
        }
        return {};
    }

private:
    const ferrotunnel::test::TemporaryFolder folder_;
};

// The lines of a file that are keys.
std::string keys_in(const Secret& text) {
    const std::string_view all = text.reveal();
    return std::string(all.substr(all.find("ftc1_")));
}

}  // namespace

TEST_CASE("cluster key file: a new one has one key, another each time") {
    const ClusterKeyFile made = detail::new_cluster_key_file();
    CHECK_THAT(made.first, StartsWith("key 1 (") && !Contains("ftc1_"));
    CHECK(made.second.empty());
    CHECK_THAT(std::string(made.text.reveal()), StartsWith("# The key of a cluster"));
    CHECK(keys_in(made.text).size() == 58);
    CHECK(detail::new_cluster_key_file().first != made.first);
}

TEST_CASE("cluster key file: the three steps of a replacement") {
    const KeyFile file;
    const ClusterKeyFile old = detail::new_cluster_key_file();
    file.write(old.text.reveal());
    CHECK_THAT(file.error_of(ClusterKeyStep::change), StartsWith(file.path()) && Contains("--rotate adds one"));
    CHECK_THAT(file.error_of(ClusterKeyStep::finish), Contains("--rotate adds one"));

    const ClusterKeyFile both = file.make(ClusterKeyStep::add);
    CHECK(both.first == old.first);
    CHECK_THAT(both.second, StartsWith("key 2 ("));
    CHECK_THAT(keys_in(both.text), StartsWith(keys_in(old.text)));
    CHECK_THAT(file.error_of(ClusterKeyStep::add), Contains("two keys") && Contains("--switch is the next step"));
    CHECK_THAT(file.error_of(ClusterKeyStep::finish), Contains("old key first") && Contains("--switch"));

    const ClusterKeyFile changed = file.make(ClusterKeyStep::change);
    CHECK(changed.first == both.second);
    CHECK(changed.second == both.first);
    CHECK_THAT(file.error_of(ClusterKeyStep::add), Contains("--finish removes the old one"));
    CHECK_THAT(file.error_of(ClusterKeyStep::change), Contains("--finish is the next step"));

    const ClusterKeyFile last = file.make(ClusterKeyStep::finish);
    CHECK(last.first == both.second);
    CHECK(last.second.empty());
    CHECK_THAT(keys_in(changed.text), StartsWith(keys_in(last.text)));
    CHECK_THAT(file.make(ClusterKeyStep::add).second, StartsWith("key 3 ("));
}

TEST_CASE("cluster key file: files that cannot be used are named with the reason") {
    const KeyFile file;
    CHECK_THAT(file.error_of(ClusterKeyStep::add), StartsWith(file.path()) && Contains("No such file"));
    file.write("secret text");
    CHECK_THAT(file.error_of(ClusterKeyStep::add), Contains("is not a cluster key") && !Contains("secret text"));
    file.write(detail::new_cluster_key_file().text.reveal(), 0644);
    CHECK_THAT(file.error_of(ClusterKeyStep::add), Contains("other users may access it"));
    // Number 16777215, of 32 zero bytes.
    file.write("ftc1_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAD___-z2VxD");
    CHECK_THAT(file.error_of(ClusterKeyStep::add), Contains("make a new file"));
}
