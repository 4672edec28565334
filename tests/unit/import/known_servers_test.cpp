// The servers that are kept with a saved login.
#include "cli/known_servers.hpp"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace ferrotunnel::cli {
namespace {

namespace fs = std::filesystem;
using Servers = std::vector<std::string>;

class KnownFile {
public:
    KnownFile() {
        std::string pattern = (fs::temp_directory_path() / "known-servers-XXXXXX").string();
        folder_ = ::mkdtemp(pattern.data());
    }
    ~KnownFile() {
        std::error_code ignored;
        fs::remove_all(folder_, ignored);
    }
    std::string path() const { return folder_ / "login.servers"; }
    std::string text() const {
        std::ifstream file(path());
        std::ostringstream text;
        text << file.rdbuf();
        return text.str();
    }
    KnownServers of(const Join& login) const {
        KnownServers known;
        known.use(login, path());
        return known;
    }

private:
    fs::path folder_;
};

Join login_to(const std::string& server, const std::string& pin) {
    Join join;
    join.server = server;
    join.pin = pin;
    return join;
}

}  // namespace

TEST_CASE("known servers: those of a login are found again", "[known-servers]") {
    const KnownFile file;
    const Join login = login_to("a:1", "sha256:x");
    KnownServers known = file.of(login);
    CHECK(known.servers().empty());
    known.save({"b:1", "c:1"});
    CHECK(file.text() == "for a:1,sha256:x\nb:1\nc:1\n");
    CHECK(file.of(login).servers() == Servers{"b:1", "c:1"});
}

TEST_CASE("known servers: those of another login are not used", "[known-servers]") {
    const KnownFile file;
    KnownServers known = file.of(login_to("a:1", "sha256:x"));
    known.save({"b:1"});
    CHECK(file.of(login_to("a:2", "sha256:x")).servers().empty());
    CHECK(file.of(login_to("a:1", "sha256:y")).servers().empty());
    CHECK(file.of(login_to("a:1", "")).servers().empty());
}

TEST_CASE("known servers: without a pin nothing is kept", "[known-servers]") {
    const KnownFile file;
    KnownServers known;
    known.save({"b:1"});  // of no login
    known.use(login_to("a:1", ""), file.path());
    known.save({"b:1"});
    CHECK_FALSE(fs::exists(file.path()));
}

TEST_CASE("known servers: the file is written only when they change", "[known-servers]") {
    const KnownFile file;
    const Join login = login_to("a:1", "sha256:x");
    KnownServers known = file.of(login);
    known.save({"b:1"});
    fs::remove(file.path());
    known.save({"b:1"});
    known.save({});  // not connected yet
    CHECK_FALSE(fs::exists(file.path()));
    known.save({"c:1"});
    CHECK(file.of(login).servers() == Servers{"c:1"});
}

TEST_CASE("known servers: at most 16, and no long lines", "[known-servers]") {
    const KnownFile file;
    const Join login = login_to("a:1", "sha256:x");
    std::ofstream out(file.path());
    out << "for a:1,sha256:x\n" << std::string(10'000, 'x') << "\n\n";
    for (int i = 0; i < 20; ++i) {
        out << "s" << i << ":1\n";
    }
    out.close();
    const Servers servers = file.of(login).servers();
    CHECK(servers.size() == known_servers_max);
    CHECK(servers.front() == "s0:1");
    KnownServers known = file.of(login);
    known.save(Servers(20, "b:1"));
    CHECK(file.of(login).servers().size() == known_servers_max);
}

}  // namespace ferrotunnel::cli
