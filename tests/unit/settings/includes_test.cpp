// Configurations of several files: what they mean together, and that messages name the right one.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "ferrotunnel/config.hpp"
#include "settings/includes.hpp"

namespace ferrotunnel {
namespace {

using Texts = std::vector<std::string>;

class IncludesFolder {
public:
    IncludesFolder() {
        std::string name = (std::filesystem::temp_directory_path() / "ferrotunnel-includes-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        path_ = name;
    }
    ~IncludesFolder() { std::filesystem::remove_all(path_); }
    std::string write(const std::string& name, const std::string& text) const {
        const std::filesystem::path file = std::filesystem::path(path_) / name;
        std::filesystem::create_directories(file.parent_path());
        std::ofstream(file) << text;
        return file.string();
    }
    /// What is wrong with the file "main.yml"; this folder's name is left out.
    Texts problems() const {
        std::vector<Problem> found;
        (void)Config::try_load(path_ + "/main.yml", found);
        Texts texts;
        for (const Problem& problem : found) {
            texts.push_back(to_text(problem));
            for (std::size_t at = texts.back().find(path_ + '/'); at != std::string::npos;
                 at = texts.back().find(path_ + '/')) {
                texts.back().erase(at, path_.size() + 1);
            }
        }
        return texts;
    }
    Config load() const { return Config::load(path_ + "/main.yml"); }

private:
    std::string path_;
};

std::string token_text() {
    static const std::string text(Secret::generate().reveal());
    return text;
}

Texts names_of(const Config& config) {
    Texts names;
    for (const Tcp& tcp : config.client_section().services) {
        names.push_back(tcp.name);
    }
    return names;
}

}  // namespace

TEST_CASE("files that are included add to groups and lists") {
    const IncludesFolder folder;
    folder.write(
        "main.yml",
        "include: conf.d/\nclient:\n  server: a.example.com\n  services:\n    - {tcp: 1, local: 1, name: a}\n");
    folder.write("conf.d/20.yml", "client: {services: [{tcp: 3, local: 3, name: c}]}\n");
    folder.write("conf.d/10.yaml", "client:\n  services: [{tcp: 2, local: 2, name: b}]\n  token: \"file:token\"\n");
    folder.write("conf.d/.hidden.yml", "client: {nonsense: 1}\n");
    folder.write("conf.d/readme.txt", "no yaml: [\n");
    folder.write("conf.d/token", token_text());
    const Config config = folder.load();
    CHECK(names_of(config) == Texts{"a", "b", "c"});
    CHECK(config.client_section().has_token);
    CHECK(config.files().size() == 5);  // itself, the folder, two files and the token

    folder.write("one.yml", "client: {server: a.example.com, token: " + token_text() +
                                ", services: [{tcp: 1, local: 1, name: a}, {tcp: 2, local: 2, name: b}, {tcp: 3, "
                                "local: 3, name: c}]}\n");
    folder.write("main.yml", "include: one.yml\n");
    CHECK(folder.load() == config);
}

TEST_CASE("a pattern includes the names that match, and one item stands for a list") {
    const IncludesFolder folder;
    folder.write("main.yml", "include: [\"conf.d/t*.yml\", last.yml]\nserver: {token: " + token_text() + "}\n");
    folder.write("conf.d/t1.yml", "server: {token: " + std::string(Secret::generate().reveal()) + "}\n");
    folder.write("conf.d/u1.yml", "nonsense: 1\n");
    folder.write("last.yml",
                 "server: {token: [{name: last, secret: " + std::string(Secret::generate().reveal()) + "}]}\n");
    CHECK(folder.load().server_section().tokens == 3);
}

TEST_CASE("messages name the file that they are about") {
    const IncludesFolder folder;
    folder.write("main.yml", "include: [a.yml, b.yml]\nserver:\n  workers: 1\n  token: " + token_text() + "\n");
    folder.write("a.yml", "server:\n  workers: 2\n  bnid: x\n");
    folder.write("b.yml", "server:\n  bind: nowhere:x\n  http: {head_timeout: soon}\n");
    CHECK(folder.problems() == Texts{"a.yml:2:3: server.workers: is already set at main.yml:3",
                                     "a.yml:3:3: server.bnid: no such key; did you mean bind?",
                                     "b.yml:3:24: server.http.head_timeout: expected a time like 500ms, 30s, 2m or 1h, "
                                     "or a number of seconds, found \"soon\""});
    folder.write("a.yml", "server:\n  workers: 2: 3\n");
    CHECK(folder.problems().at(0).starts_with("a.yml:2:"));
}

TEST_CASE("what is found wrong with the whole is told at its place in the file that was included") {
    const IncludesFolder folder;
    folder.write("main.yml", "include: a.yml\nserver: {token: " + token_text() + "}\n");
    folder.write("a.yml", "server:\n  bind: nowhere\n");
    std::vector<Problem> problems = folder.load().server().check();
    REQUIRE(problems.size() == 1);
    CHECK(problems[0].file.ends_with("/a.yml"));
    CHECK(problems[0].line == 2);
}

TEST_CASE("what cannot be included is told at the line that names it") {
    const IncludesFolder folder;
    folder.write("main.yml",
                 "include:\n  - nothing.yml\n  - /dev/null\n  - none/\n  - main.yml\n  - a.yml\n  - a.yml\n"
                 "server: {token: " +
                     token_text() + "}\n");
    folder.write("a.yml", "server: {workers: 1}\n");
    const Texts problems = folder.problems();
    REQUIRE(problems.size() == 5);
    CHECK(problems[0] == "main.yml:2:5: include[0]: cannot read the file \"nothing.yml\": No such file or directory");
    CHECK(problems[1] == "main.yml:3:5: include[1]: cannot read the file \"/dev/null\": it is not a regular file");
    CHECK(problems[2] == "main.yml:4:5: include[2]: cannot read the folder \"none/\": No such file or directory");
    CHECK(problems[3] == "main.yml:5:5: include[3]: the file \"main.yml\" is already a part of this configuration");
    CHECK(problems[4] == "main.yml:7:5: include[5]: the file \"a.yml\" is already a part of this configuration");
}

TEST_CASE("files may be included at most so deep, and so many") {
    const IncludesFolder folder;
    const auto chain = [&](std::size_t depth) {
        folder.write("main.yml", "include: 1.yml\nserver: {token: " + token_text() + "}\n");
        for (std::size_t i = 1; i <= depth; ++i) {
            folder.write(std::to_string(i) + ".yml",
                         i == depth ? "server: {workers: 1}\n" : "include: " + std::to_string(i + 1) + ".yml\n");
        }
    };
    chain(detail::include_depth_max);
    CHECK(folder.problems().empty());
    chain(detail::include_depth_max + 1);
    CHECK(folder.problems().size() == 1);

    folder.write("main.yml", "include: many/\nserver: {token: " + token_text() + "}\n");
    for (std::size_t i = 0; i < detail::included_files_max; ++i) {
        folder.write("many/" + std::to_string(i) + ".yml", "log: {}\n");
    }
    CHECK(folder.problems().empty());
    folder.write("many/more.yml", "log: {}\n");
    CHECK(folder.problems().size() == 1);
}

TEST_CASE("the whole configuration is shown with its defaults, and without secrets") {
    const IncludesFolder folder;
    const std::string guessable = "hunter2-and-more";
    folder.write("main.yml", "include: a.yml\nserver:\n  token: [{name: a, secret: " + token_text() +
                                 "}, \"file:t\"]\n  workers: 3\n");
    folder.write(
        "a.yml",
        "server: {token: {name: b, secret: " + guessable +
            "}, timing: {ping_interval: 2s}}\n"
            "client:\n  server: h:1\n  token: env:NOBODY\n  proxy: \"http://me:sesame@proxy:1\"\n"
            "  services:\n    - {http: a.x, local: 1, request_headers: {set: {Authorization: sesame, X-Env: live}}}\n");
    folder.write("t", token_text());
    std::vector<Problem> ignored;
    const std::string text =
        Config::try_load(folder.write("main.yml", "include: a.yml\nserver:\n  token: [{name: a, secret: " +
                                                      token_text() + "}, \"file:t\"]\n  workers: 3\n"),
                         ignored)
            .effective();
    INFO(text);
    for (const char* secret : {"sesame", "hunter2"}) {
        CHECK(text.find(secret) == std::string::npos);
    }
    CHECK(text.find(token_text()) == std::string::npos);
    for (const char* shown :
         {"workers: 3\n", "\"file:t\"", "\"env:NOBODY\"", "ping_interval: 2s\n", "dead_interval: 45s  # default\n",
          "name: a\n", "name: b\n", "X-Env: live\n", "secret: \"(hidden)\"\n", "Authorization: \"(hidden)\""}) {
        CHECK(text.find(shown) != std::string::npos);
    }
    // What is shown can be read again, but for what is hidden.
    std::vector<Problem> problems;
    (void)Config::try_parse(text, folder.write("shown.yml", ""), problems);
    for (const Problem& problem : problems) {
        INFO(to_text(problem));
        CHECK((problem.key.find("token") != std::string::npos || problem.text.find("hidden") != std::string::npos));
    }
}

}  // namespace ferrotunnel
