#include "issuance/local_authority.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <fstream>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "issuance/limits.hpp"
#include "support/eventually.hpp"
#include "support/recording_logger.hpp"
#include "support/temporary_folder.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::issuance;
using namespace ferrotunnel::test;
namespace fs = std::filesystem;

namespace {

std::size_t count_files(const fs::path& folder) {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

struct TestAuthority {
    explicit TestAuthority(const fs::path& folder, const std::string& domain = "",
                           TokenHosts::Bounds bounds = {issuance::limits::local_hosts_max,
                                                        issuance::limits::local_hosts_per_token_max}) {
        LocalSettings settings;
        settings.folder = folder;
        settings.domain = domain;
        authority.emplace(settings,
                          LocalAuthority::Needs{log, [this] { note_change(); },
                                                [this](std::string_view) { return is_offered.load(); },
                                                [this](std::string_view host) { return host == covered; }, bounds});
    }

    void note_change() {
        ++changes;
        files_reported = count_files(authority->certificates());
    }

    RecordingLogger log;
    std::atomic<int> changes{0};
    std::atomic<std::size_t> files_reported{0};
    std::atomic<bool> is_offered{true};
    std::string covered = "covered.localhost";
    std::optional<LocalAuthority> authority;
};

std::string file_text(const fs::path& file) {
    std::ifstream in(file);
    return {std::istreambuf_iterator<char>(in), {}};
}

mode_t file_mode(const fs::path& file) {
    struct stat about {};
    return ::stat(file.c_str(), &about) == 0 ? about.st_mode & 07777U : 0U;
}

}  // namespace

TEST_CASE("local authority: files are only for their user, and a restart keeps the CA", "[local-authority]") {
    const TemporaryFolder folder;
    const fs::path at = fs::path(folder.path()) / "https-self";
    std::string ca;
    {
        TestAuthority made(at, "tunnel.test");
        made.authority->prepare();
        CHECK(made.changes == 1);
        CHECK(made.log.count("a CA for local development was made") > 0);
        ca = made.authority->facts()->certificate;
        CHECK(made.authority->facts()->file == at / "ca.pem");
    }
    CHECK(file_mode(at) == 0700);
    CHECK(file_mode(at / "ca.key") == 0600);
    CHECK(file_mode(at / "certificates") == 0700);
    CHECK(file_mode(at / "certificates/tunnel.test.pem") == 0600);
    CHECK(file_text(at / "ca.pem") == ca);
    CHECK(file_text(at / "ca.pem").find("PRIVATE") == std::string::npos);
    const std::string certificate = file_text(at / "certificates/tunnel.test.pem");
    TestAuthority again(at, "tunnel.test");
    again.authority->prepare();
    CHECK(again.authority->facts()->certificate == ca);
    CHECK(again.changes == 0);
    CHECK(file_text(at / "certificates/tunnel.test.pem") == certificate);
}

TEST_CASE("local authority: hosts get certificates within the constraints only", "[local-authority]") {
    const TemporaryFolder folder;
    TestAuthority made(fs::path(folder.path()) / "ca", "tunnel.test");
    LocalAuthority& authority = *made.authority;
    authority.prepare();
    authority.start();
    const fs::path certificates = authority.certificates();
    for (const char* host : {"covered.localhost", "app.tunnel.test", "evil.example.com", "127.0.0.1", "../x", "a b", "",
                             "_machine", "*.localhost", "app.localhost"}) {
        authority.offered(host, "office");
    }
    REQUIRE(eventually([&] { return fs::exists(certificates / "app.localhost.pem"); }));
    REQUIRE(eventually([&] { return made.log.count("do not allow this name") == 2; }));  // evil.example.com, _machine
    authority.offered("last.localhost", "office");
    REQUIRE(eventually([&] { return fs::exists(certificates / "last.localhost.pem"); }));
    authority.stop();
    CHECK(count_files(certificates) == 4);  // and those of the machine and of the domain
    CHECK(made.log.count("do not allow this name") == 2);
}

TEST_CASE("local authority: hosts are bounded, and those in use stay", "[local-authority]") {
    const TemporaryFolder folder;
    constexpr std::size_t hosts_max = 20;  // the usual one takes minutes with a sanitizer
    TestAuthority made(fs::path(folder.path()) / "ca", "", {hosts_max, hosts_max});
    LocalAuthority& authority = *made.authority;
    authority.prepare();
    authority.start();
    const fs::path certificates = authority.certificates();
    for (std::size_t i = 0; i < hosts_max; ++i) {
        authority.offered("h" + std::to_string(i) + ".localhost", "office");
    }
    REQUIRE(eventually([&] { return count_files(certificates) == hosts_max + 1; }));
    authority.offered("one-more.localhost", "office");
    REQUIRE(eventually([&] { return made.log.count("as many as it may") > 0; }));
    CHECK_FALSE(fs::exists(certificates / "one-more.localhost.pem"));
    made.is_offered = false;
    authority.offered("one-more.localhost", "office");
    REQUIRE(eventually([&] { return fs::exists(certificates / "one-more.localhost.pem"); }));
    authority.stop();
    CHECK(count_files(certificates) == 2);
}

TEST_CASE("local authority: one token has a share of the hosts, and leaves places to others", "[local-authority]") {
    const TemporaryFolder folder;
    constexpr std::size_t share = 5;
    TestAuthority made(fs::path(folder.path()) / "ca", "", {20, share});
    LocalAuthority& authority = *made.authority;
    authority.prepare();
    const fs::path certificates = authority.certificates();
    for (int i = 0; i < 100; ++i) {  // before the thread can take any out of the queue
        authority.offered("h" + std::to_string(i) + ".localhost", "greedy");
    }
    authority.offered("app.localhost", "modest");
    authority.start();
    REQUIRE(eventually([&] { return fs::exists(certificates / "app.localhost.pem"); }));
    REQUIRE(eventually([&] { return count_files(certificates) == share + 2; }));
    REQUIRE(eventually([&] { return made.log.count("as many as it may") == 1; }));
    authority.offered("x.localhost", "greedy");
    authority.offered("y.localhost", "modest");
    REQUIRE(eventually([&] { return fs::exists(certificates / "y.localhost.pem"); }));
    CHECK_FALSE(fs::exists(certificates / "x.localhost.pem"));
    made.is_offered = false;  // its hosts give way to its new ones, and those of others stay
    authority.offered("x.localhost", "greedy");
    REQUIRE(eventually([&] { return fs::exists(certificates / "x.localhost.pem"); }));
    authority.stop();
    CHECK(count_files(certificates) == 4);
    CHECK(fs::exists(certificates / "app.localhost.pem"));
    CHECK(made.log.count("as many as it may") == 1);
}

TEST_CASE("local authority: certificates of an earlier run count for who offers their hosts", "[local-authority]") {
    const TemporaryFolder folder;
    const fs::path at = fs::path(folder.path()) / "ca";
    const auto run = [&](const std::vector<std::string>& hosts) {
        TestAuthority made(at, "", {4, 2});
        made.authority->prepare();
        for (const std::string& host : hosts) {
            made.authority->offered(host + ".localhost", "office");
        }
        made.authority->start();
        REQUIRE(eventually(
            [&] { return fs::exists(at / "certificates" / (hosts[hosts.size() > 1 ? 1 : 0] + ".localhost.pem")); }));
        REQUIRE(eventually([&] { return made.log.count("as many as it may") == (hosts.size() > 2 ? 1 : 0); }));
        made.authority->stop();
        return count_files(at / "certificates") - 1;
    };
    CHECK(run({"a", "b"}) == 2);
    CHECK(run({"a", "b", "c"}) == 2);
    CHECK(run({"c", "d"}) == 4);  // the others are kept, as there is room
    CHECK(run({"e"}) == 1);       // until there is none: nobody has offered those four in this run
}

TEST_CASE("local authority: hosts with a certificate from elsewhere take no place in the queue", "[local-authority]") {
    const TemporaryFolder folder;
    TestAuthority made(fs::path(folder.path()) / "ca", "tunnel.test", {20, 2});
    made.authority->prepare();
    for (int i = 0; i < 10; ++i) {
        made.authority->offered("h" + std::to_string(i) + ".tunnel.test", "office");
    }
    made.authority->offered("a.b.tunnel.test", "office");
    made.authority->start();
    REQUIRE(eventually([&] { return fs::exists(made.authority->certificates() / "a.b.tunnel.test.pem"); }));
    made.authority->stop();
    CHECK(made.log.count("as many as it may") == 0);
}

TEST_CASE("local authority: new certificates are gathered into few reports", "[local-authority]") {
    const TemporaryFolder folder;
    TestAuthority made(fs::path(folder.path()) / "ca");
    constexpr std::size_t hosts = 100;
    const auto start = std::chrono::steady_clock::now();
    made.authority->prepare();
    made.authority->start();
    for (std::size_t i = 0; i < hosts; ++i) {
        made.authority->offered("h" + std::to_string(i) + ".localhost", "office");
    }
    REQUIRE(eventually([&] { return made.files_reported == hosts + 1; }));  // also the last
    made.authority->stop();
    const auto passed = std::chrono::steady_clock::now() - start;
    INFO(made.changes << " reports of " << hosts << " hosts");
    CHECK(made.changes <= 1 + passed / issuance::limits::local_gather_time);
}

TEST_CASE("local authority: reports of names are bounded", "[local-authority]") {
    const TemporaryFolder folder;
    TestAuthority made(fs::path(folder.path()) / "ca");
    made.authority->prepare();
    made.authority->start();
    for (std::size_t i = 0; i < issuance::limits::local_reports_max + 10; ++i) {
        made.authority->offered("h" + std::to_string(i) + ".example.com", "office");
        made.authority->offered("h0.example.com", "office");
    }
    made.authority->offered("last.localhost", "office");
    REQUIRE(eventually([&] { return fs::exists(made.authority->certificates() / "last.localhost.pem"); }));
    made.authority->stop();
    CHECK(made.log.count("do not allow this name") <= static_cast<int>(issuance::limits::local_reports_max));
}

TEST_CASE("local authority: a damaged or exposed CA is reported, and stays", "[local-authority]") {
    const TemporaryFolder folder;
    const fs::path at = fs::path(folder.path()) / "ca";
    TestAuthority(at).authority->prepare();
    const fs::path key = at / "ca.key";
    std::string remedy = "to make another CA, remove " + at.string();
    SECTION("damaged") {
        std::ofstream(key) << "damaged";
    }
    SECTION("readable by others") {
        fs::permissions(key, fs::perms(0644));
    }
    SECTION("a link") {
        fs::rename(key, fs::path(folder.path()) / "elsewhere");
        fs::create_symlink(fs::path(folder.path()) / "elsewhere", key);
    }
    SECTION("a folder") {
        fs::remove(key);
        fs::create_directory(key);
        fs::permissions(key, fs::perms(0700));
    }
    const bool was_regular = fs::is_regular_file(fs::symlink_status(key));
    const std::string before = was_regular ? file_text(key) : "";
    TestAuthority again(at);
    again.authority->prepare();
    CHECK(again.log.count(remedy) > 0);
    CHECK_FALSE(again.authority->facts());
    CHECK((!was_regular || file_text(key) == before));
    CHECK(fs::exists(again.authority->certificates() / "_machine.pem"));
}

TEST_CASE("local authority: a folder of others is refused", "[local-authority]") {
    const TemporaryFolder folder;
    const fs::path at = fs::path(folder.path()) / "ca";
    SECTION("others may write") {
        fs::create_directory(at);
        fs::permissions(at, fs::perms(0777));
    }
    SECTION("a link") {
        fs::create_directory(fs::path(folder.path()) / "other");
        fs::create_symlink(fs::path(folder.path()) / "other", at);
    }
    SECTION("of another user") {
        if (::geteuid() != 0) {
            WARN("left out: only root can give a folder away");
            return;
        }
        fs::create_directory(at);
        REQUIRE(::chown(at.c_str(), 1, 1) == 0);
    }
    CHECK_THROWS_AS(TestAuthority(at), std::system_error);
}

TEST_CASE("local authority: certificates of another CA are replaced, and damaged ones", "[local-authority]") {
    const TemporaryFolder folder;
    const fs::path at = fs::path(folder.path()) / "ca";
    {
        TestAuthority made(at);
        made.authority->prepare();
        made.authority->start();
        made.authority->offered("app.localhost", "office");
        REQUIRE(eventually([&] { return fs::exists(at / "certificates/app.localhost.pem"); }));
    }
    fs::remove(at / "ca.key");
    std::ofstream(at / "certificates/odd.pem") << "damaged";
    TestAuthority again(at);
    again.authority->prepare();
    CHECK(again.changes == 1);  // that of the machine
    CHECK(count_files(at / "certificates") == 1);
    CHECK(file_text(at / "ca.pem") == again.authority->facts()->certificate);
}

TEST_CASE("local authority: files that killed processes left behind are removed", "[local-authority]") {
    const TemporaryFolder folder;
    const fs::path at = fs::path(folder.path()) / "ca";
    TestAuthority(at).authority->prepare();
    const auto put = [&](const char* name, std::chrono::hours age) {
        std::ofstream(at / name) << "a key";
        fs::last_write_time(at / name, fs::file_time_type::clock::now() - age);
        return at / name;
    };
    const std::vector<fs::path> left{put("ca.key.1.new", std::chrono::hours(25)),
                                     put("certificates/a.localhost.pem.2.new", std::chrono::hours(25))};
    const fs::path running = put("certificates/a.localhost.pem.3.new", std::chrono::hours(23));
    TestAuthority again(at);
    for (const fs::path& one : left) {
        CHECK_FALSE(fs::exists(one));
    }
    CHECK(fs::exists(running));
}

TEST_CASE("local authority: of several that start at once one makes the CA", "[local-authority]") {
    const TemporaryFolder folder;
    const fs::path at = fs::path(folder.path()) / "ca";
    std::vector<std::unique_ptr<TestAuthority>> all;
    for (int i = 0; i < 8; ++i) {
        all.push_back(std::make_unique<TestAuthority>(at));
    }
    std::vector<std::thread> threads;
    for (const auto& one : all) {
        threads.emplace_back([&one] { one->authority->prepare(); });
    }
    std::set<std::string> authorities;
    for (std::size_t i = 0; i < all.size(); ++i) {
        threads[i].join();
        REQUIRE(all[i]->authority->facts());
        authorities.insert(all[i]->authority->facts()->certificate);
    }
    CHECK(authorities.size() == 1);
}
