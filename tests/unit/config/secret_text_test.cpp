#include "config/secret_text.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "schema_rig.hpp"

namespace ferrotunnel::config {
namespace {

std::optional<std::string> secret_environment(const std::string& name) {
    return name == "KEY"     ? std::optional<std::string>("/hunter2")
           : name == "EMPTY" ? std::optional<std::string>("")
                             : std::nullopt;
}

struct Secrets {
    SecretSource source{[](const std::string& path) -> Result<std::string, FileError> {
                            if (path == "/etc/ft/key") {
                                return std::string("from a file");
                            }
                            return path == "/empty" ? Result<std::string, FileError>(std::string())
                                                    : FileError{"cannot read the file " + path};
                        },
                        [this](const Value& value) {
                            if (!value.has_variables()) {
                                on_inline_secret.push_back(value.key_path());
                            }
                        },
                        [](const std::string& path) { return path == "/etc/ft/there"; }};
    std::vector<std::string> on_inline_secret;
    Report report;
    Context context{report, secret_environment, "/etc/ft", {}};

    std::optional<std::string> read(const std::string& text) {
        const Node document = parse_document("x: " + text + "\n", report);
        return read_secret(Value(document.entries[0].value, context, "x", {1, 1}), source);
    }
    std::string problem(const std::string& text) {
        INFO(text);
        CHECK_FALSE(read(text));
        return only_line_of(report.take());
    }
};

}  // namespace

TEST_CASE("a secret is in a file, in a variable, or written out", "[secret]") {
    Secrets secrets;
    CHECK(secrets.read("file:key") == "from a file");
    CHECK(secrets.read("file:/etc/ft/key") == "from a file");
    CHECK(secrets.read("env:KEY") == "/hunter2");
    CHECK(secrets.read("${KEY}") == "/hunter2");
    CHECK(secrets.read("\"file:${NONE:-key}\"") == "from a file");
    CHECK(secrets.on_inline_secret.empty());
    CHECK(secrets.read("hunter2") == "hunter2");
    CHECK(secrets.on_inline_secret == std::vector<std::string>{"x"});
    CHECK(secrets.report.empty());
}

TEST_CASE("what is wrong with a secret is told without it", "[secret]") {
    Secrets secrets;
    const std::string expected = "expected a secret: file:PATH, env:NAME or the secret itself, found ";
    CHECK(secrets.problem("[hunter2]") == "1:4 x: " + expected + "a list");
    CHECK(secrets.problem("{hunter2: a}") == "1:4 x: " + expected + "keys of its own");
    CHECK(secrets.problem("") == "1:1 x: " + expected + "nothing");
    CHECK(secrets.problem("\"\"") == "1:4 x: " + expected + "a text");
    CHECK(secrets.problem("'file:'") == "1:4 x: " + expected + "a text");
    CHECK(secrets.problem("${EMPTY}") == "1:4 x: " + expected + "a text");
    CHECK(secrets.problem("hunter$2") == "1:4 x: a single $; write $$ for the character, ${NAME} for a variable");
    CHECK(secrets.problem("env:NONE") == "1:4 x: the variable NONE is not set");
    CHECK(secrets.problem("env:EMPTY") == "1:4 x: the variable EMPTY is empty");
    CHECK(secrets.problem("file:none") == "1:4 x: cannot read the file /etc/ft/none");
    CHECK(secrets.problem("file:/empty") == "1:4 x: the file is empty");
    for (const char* path : {"/hunter2", "./hunter2", "../hunter2", "~/hunter2"}) {
        CHECK(secrets.problem(path) ==
              "1:4 x: this is the path of a file, not a secret; write file:PATH, or put the secret into a variable");
    }
    CHECK(secrets.problem("there") ==
          "1:4 x: this is the path of a file, not a secret; write file:PATH, or put the secret into a variable");
    secrets.source.word = "token";
    CHECK(secrets.problem("there") ==
          "1:4 x: this is the path of a file, not a token; write file:PATH, or put the token into a variable");
}

TEST_CASE("without files and variables a secret is a text", "[secret]") {
    Secrets secrets;
    secrets.source = {};
    secrets.context.environment = {};
    CHECK(secrets.read("$hunter2") == "$hunter2");
    CHECK(secrets.problem("file:key") == "1:4 x: a secret cannot be in a file here");
    CHECK(secrets.problem("env:KEY") == "1:4 x: there are no variables here");
}

}  // namespace ferrotunnel::config
