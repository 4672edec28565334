#include "directory/claim_record.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "directory/claim_file.hpp"
#include "support/seeded_random.hpp"
#include "unit/transport/pipes.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::directory;
using namespace ferrotunnel::login;
using transport::test::TemporaryDirectory;

namespace {

constexpr TokenId alice_token{0xa7, 0x60, 0xfc, 0x5a, 0x0e, 0x03, 0x46, 0x1b};
constexpr TokenId bob_token{0, 1, 2, 3, 4, 5, 6, 255};

ClaimRecord some() {
    ClaimRecord record;
    record.hosts.push_back({alice_token, "app.example.com", "/", {}});
    record.hosts.push_back(
        {bob_token, "*.example.com", "~ /a b/[0-9]+", std::chrono::sys_seconds{std::chrono::seconds(1'700'000'000)}});
    record.hosts.push_back({bob_token, "tls.example.com", "tls", {}});
    record.assigned.push_back({alice_token, "my web service", "bcdf2345.t.example.com"});
    record.assigned.push_back({bob_token, "", "bcdf2346.t.example.com"});
    record.ports.push_back({alice_token, 2222});
    record.ports.push_back({bob_token, 65'535});
    record.ports.push_back({bob_token, 2222, Transport::udp});
    record.ports.push_back({bob_token, 2223, Transport::tcp, "127.0.0.2"});
    return record;
}

std::string text_of(const std::filesystem::path& file) {
    std::ifstream in(file);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

}  // namespace

TEST_CASE("claims are read as they were written", "[claims]") {
    CHECK(read_claims(write_claims(some())) == some());
    CHECK(write_claims(some()).find("\nhost a760fc5a0e03461b 0 app.example.com /\n") != std::string::npos);
    CHECK(read_claims(write_claims({})) == ClaimRecord{});
}

TEST_CASE("what cannot be read of claims is skipped", "[claims]") {
    const std::string good = write_claims(some());
    for (const char* line :
         {"", "host", "host a760fc5a0e03461b", "host a760fc5a0e03461b 0", "host a760fc5a0e03461b 0 x",
          "host A760fc5a0e03461b 0 x /", "host a760 0 x /", "host a760fc5a0e03461b -1 x /",
          "host a760fc5a0e03461b 99999999999 x /", "host a760fc5a0e03461b 1x x /", "port a760fc5a0e03461b 0",
          "port a760fc5a0e03461b 65536", "port a760fc5a0e03461b 22 ", "udp a760fc5a0e03461b 0",
          "assigned a760fc5a0e03461b", "else"}) {
        INFO(line);
        CHECK(read_claims(good + line + '\n') == some());
    }
    CHECK(read_claims(good + "port a760fc5a0e03461b 22") == some());  // half a line
    CHECK(read_claims("ferrotunnel claims 2\nport a760fc5a0e03461b 22\n") == ClaimRecord{});
    CHECK(read_claims("port a760fc5a0e03461b 22\n") == ClaimRecord{});
}

TEST_CASE("any bytes are read as claims without harm", "[claims]") {
    ferrotunnel::test::SeededRandom random(7);
    const std::string good = write_claims(some());
    for (int round = 0; round < 20'000; ++round) {
        std::string text = good;
        for (std::uint64_t i = random.between(1, 4); i > 0; --i) {
            text[random.below(text.size())] = static_cast<char>(random.below(256));
        }
        text.resize(random.below(text.size() + 1));
        const ClaimRecord record = read_claims(text);
        CHECK(record.hosts.size() <= 3);
    }
}

TEST_CASE("a token that has more than can be written down does not make the server forget those of others",
          "[claims]") {
    const auto hosts_of = [](const ClaimRecord& record, const TokenId& owner) {
        return std::count_if(record.hosts.begin(), record.hosts.end(),
                             [&](const ClaimRecord::Host& host) { return host.owner == owner; });
    };
    ClaimRecord record;
    for (int i = 0; i < 100; ++i) {
        record.hosts.push_back({alice_token, "h" + std::to_string(i) + ".example.com", "/" + std::string(i, 'x'), {}});
    }
    record.hosts.push_back({bob_token, "shop.example.com", "/", {}});
    record.ports.push_back({bob_token, 2222});
    SECTION("all that there is room for stays") {
        ClaimRecord same = record;
        share_out(same);
        CHECK(same == record);
    }
    SECTION("too many") {
        share_out(record, 50, 50'000);
        CHECK(hosts_of(record, bob_token) == 1);
        CHECK(record.ports.size() == 1);
        CHECK(hosts_of(record, alice_token) == 47);  // 50 without the two others and the file's first line
    }
    SECTION("too long") {
        share_out(record, 50'000, 5'000);
        CHECK(hosts_of(record, bob_token) == 1);
        CHECK(record.ports.size() == 1);
        CHECK(hosts_of(record, alice_token) > 40);
        CHECK(write_claims(record).size() <= 5'000);
    }
    SECTION("of two who want too much each has the same") {
        for (int i = 0; i < 200; ++i) {
            record.hosts.push_back({bob_token, "b" + std::to_string(i) + ".example.com", "/", {}});
        }
        share_out(record, 100, 100'000);
        CHECK(std::abs(hosts_of(record, alice_token) - hosts_of(record, bob_token)) <= 1);
        CHECK(hosts_of(record, alice_token) >= 48);
    }
}

TEST_CASE("no more claims are read than are kept", "[claims]") {
    std::string text = "ferrotunnel claims 1\n";
    for (std::size_t i = 0; i < ClaimRecord::entries_max + 1; ++i) {
        text += "host a760fc5a0e03461b 0 h" + std::to_string(i) + ".example.com /\n";
    }
    CHECK(read_claims(text).hosts.size() == ClaimRecord::entries_max);
}

TEST_CASE("the file of claims is private, replaced as a whole, and one server's", "[claims]") {
    TemporaryDirectory folder;
    const std::filesystem::path directory = folder.path() / "a" / "state";
    ClaimFile file(directory);
    CHECK(file.read() == ClaimRecord{});
    REQUIRE(file.own());
    REQUIRE(file.own());
    ClaimFile other(directory);
    CHECK_FALSE(other.own());
    REQUIRE(file.write(some()).empty());
    struct stat about {};
    REQUIRE(::stat((directory / "claims").c_str(), &about) == 0);
    CHECK((about.st_mode & 0777) == 0600);
    CHECK(other.read() == some());
    REQUIRE(file.write({}).empty());
    CHECK(text_of(directory / "claims") == write_claims({}));
}

TEST_CASE("what a server has left that was killed while it wrote claims goes with the next one", "[claims]") {
    TemporaryDirectory folder;
    for (const char* name : {"claims.new", "claims.123.new", "claims", "other.new"}) {
        std::ofstream(folder.path() / name) << "x";
    }
    ClaimFile file(folder.path());
    REQUIRE(file.own());
    CHECK_FALSE(std::filesystem::exists(folder.path() / "claims.new"));
    CHECK_FALSE(std::filesystem::exists(folder.path() / "claims.123.new"));
    CHECK(std::filesystem::exists(folder.path() / "claims"));
    CHECK(std::filesystem::exists(folder.path() / "other.new"));
}

TEST_CASE("a file of claims that is none, or cannot be written, is told and survived", "[claims]") {
    TemporaryDirectory folder;
    ClaimFile file(folder.path());
    std::filesystem::create_directory(folder.path() / "claims");
    CHECK(file.read() == ClaimRecord{});
    CHECK(file.write(some()).find("cannot be written") != std::string::npos);
    CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
    std::filesystem::remove(folder.path() / "claims");
    std::filesystem::create_symlink("/dev/zero", folder.path() / "claims");
    CHECK(file.read() == ClaimRecord{});
    ClaimFile nowhere("/proc/none/state");
    CHECK_FALSE(nowhere.own());
    CHECK_FALSE(nowhere.write(some()).empty());
}
