// Answers to CAs from the webroot of another ACME client.
#include "api/challenge_answers.hpp"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>

#include "api/limits.hpp"
#include "support/temporary_folder.hpp"
#include "unit/directory/fake_values.hpp"

namespace ferrotunnel::detail {

namespace {

namespace fs = std::filesystem;

void put(const fs::path& file, const std::string& text) {
    fs::create_directories(file.parent_path());
    std::ofstream(file) << text;
}

struct Webroot {
    const ferrotunnel::test::TemporaryFolder folder;
    const fs::path answers = fs::path(folder.path()) / ".well-known/acme-challenge";
};

const std::optional<std::string> no_answer;

}  // namespace

TEST_CASE("a webroot's tokens are answered, from where ACME clients put them", "[acme]") {
    const Webroot webroot;
    ChallengeAnswers answers;
    put(webroot.answers / "token", "token.thumb");
    put(fs::path(webroot.folder.path()) / "other", "a page");
    CHECK(answers.http("token") == no_answer);
    answers.set_webroot(webroot.folder.path());
    CHECK(answers.http("token") == "token.thumb");
    CHECK(answers.http("unknown") == no_answer);
    CHECK(answers.http("other") == no_answer);
    CHECK(answers.tls("token") == no_answer);
    answers.set_webroot({});
    CHECK(answers.http("token") == no_answer);
    answers.set_webroot(webroot.folder / "none");
    CHECK(answers.http("token") == no_answer);
}

TEST_CASE("an answer that another member of the cluster has published is given here, too", "[acme]") {
    directory::test::FakeCluster cluster;
    issuance::ClusterShare other(std::make_shared<directory::test::FakeValues>(cluster, "a"));
    const auto own =
        std::make_shared<const issuance::ClusterShare>(std::make_shared<directory::test::FakeValues>(cluster, "b"));
    REQUIRE(other.publish_answer(acme::Way::http_01, "token", "token.thumb"));
    REQUIRE(other.publish_answer(acme::Way::tls_alpn_01, "a.example.com", "PEM"));
    ChallengeAnswers answers;
    CHECK(answers.http("token") == no_answer);
    CHECK(answers.tls("a.example.com") == no_answer);
    answers.set_cluster(own);
    CHECK(answers.http("token") == "token.thumb");
    CHECK(answers.http("not a token") == no_answer);
    CHECK(answers.tls("a.example.com") == "PEM");
    CHECK(answers.tls("b.example.com") == no_answer);
    other.withdraw_answer(acme::Way::http_01, "token");
    CHECK(answers.http("token") == no_answer);
}

TEST_CASE("only small regular files with the name of a token are read", "[acme]") {
    const Webroot webroot;
    ChallengeAnswers answers;
    answers.set_webroot(webroot.folder.path());
    put(webroot.answers / "real", "real.thumb");
    put(webroot.answers / "with.dot", "x");
    put(webroot.answers / "below/inside", "x");
    fs::create_symlink("real", webroot.answers / "link");
    REQUIRE(::mkfifo((webroot.answers / "pipe").c_str(), 0600) == 0);
    CHECK(answers.http("real") == "real.thumb");
    for (const char* name : {"", ".", "..", "with.dot", "below/inside", "below", "link", "pipe", "../real", "%72eal"}) {
        CAPTURE(name);
        CHECK(answers.http(name) == no_answer);
    }
    CHECK(answers.http(std::string_view("real\0", 5)) == no_answer);
    CHECK(answers.http(std::string(129, 'a')) == no_answer);
}

TEST_CASE("limit: a webroot's file of the largest size is an answer, and a larger one is not", "[acme]") {
    const Webroot webroot;
    ChallengeAnswers answers;
    answers.set_webroot(webroot.folder.path());
    put(webroot.answers / "largest", std::string(limits::challenge_file_bytes_max, 'x'));
    put(webroot.answers / "larger", std::string(limits::challenge_file_bytes_max + 1, 'x'));
    put(webroot.answers / "empty", "");
    CHECK(answers.http("largest") == std::string(limits::challenge_file_bytes_max, 'x'));
    CHECK(answers.http("larger") == no_answer);
    CHECK(answers.http("empty") == "");
}

}  // namespace ferrotunnel::detail
