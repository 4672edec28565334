// Answers to CAs from the webroot of another ACME client.
#include "api/challenge_answers.hpp"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include "api/limits.hpp"
#include "support/temporary_folder.hpp"

namespace ferrotunnel::detail {

namespace {

namespace fs = std::filesystem;

void put(const fs::path& file, const std::string& text) {
    fs::create_directories(file.parent_path());
    std::ofstream(file) << text;
}

const std::optional<std::string> no_answer;

}  // namespace

TEST_CASE("a webroot's tokens are answered, in the folder itself or where ACME clients put them", "[acme]") {
    const ferrotunnel::test::TemporaryFolder folder;
    ChallengeAnswers answers;
    put(fs::path(folder.path()) / "token-1", "token-1.thumb");
    CHECK(answers.http("token-1") == no_answer);
    answers.set_webroot(folder.path());
    CHECK(answers.http("token-1") == "token-1.thumb");
    CHECK(answers.http("token-2") == no_answer);
    CHECK(answers.tls("token-1") == no_answer);
    put(fs::path(folder.path()) / ".well-known/acme-challenge/token-2", "token-2.thumb");
    CHECK(answers.http("token-2") == "token-2.thumb");
    CHECK(answers.http("token-1") == no_answer);  // from now on the folder is a webroot with other files
    answers.set_webroot({});
    CHECK(answers.http("token-2") == no_answer);
    answers.set_webroot(folder / "none");
    CHECK(answers.http("token-2") == no_answer);
}

TEST_CASE("only small regular files with the name of a token are read", "[acme]") {
    const ferrotunnel::test::TemporaryFolder folder;
    ChallengeAnswers answers;
    answers.set_webroot(folder.path());
    put(fs::path(folder.path()) / "real", "real.thumb");
    put(fs::path(folder.path()) / "with.dot", "x");
    put(fs::path(folder.path()) / "below/inside", "x");
    fs::create_symlink("real", fs::path(folder.path()) / "link");
    REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
    CHECK(answers.http("real") == "real.thumb");
    for (const char* name : {"", ".", "..", "with.dot", "below/inside", "below", "link", "pipe", "../real", "%72eal"}) {
        CAPTURE(name);
        CHECK(answers.http(name) == no_answer);
    }
    CHECK(answers.http(std::string_view("real\0", 5)) == no_answer);
    CHECK(answers.http(std::string(129, 'a')) == no_answer);
}

TEST_CASE("limit: a webroot's file of the largest size is an answer, and a larger one is not", "[acme]") {
    const ferrotunnel::test::TemporaryFolder folder;
    ChallengeAnswers answers;
    answers.set_webroot(folder.path());
    put(fs::path(folder.path()) / "largest", std::string(limits::challenge_file_bytes_max, 'x'));
    put(fs::path(folder.path()) / "larger", std::string(limits::challenge_file_bytes_max + 1, 'x'));
    put(fs::path(folder.path()) / "empty", "");
    CHECK(answers.http("largest") == std::string(limits::challenge_file_bytes_max, 'x'));
    CHECK(answers.http("larger") == no_answer);
    CHECK(answers.http("empty") == "");
}

}  // namespace ferrotunnel::detail
